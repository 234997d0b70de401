package auth

import (
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Netrc holds the entries of a netrc file. The zero value has none. Formatting it
// does not show them.
type Netrc struct{ entries []netrcEntry }

// Format implements [fmt.Formatter]. It shows no passwords.
func (n Netrc) Format(s fmt.State, _ rune) { io.WriteString(s, "auth.Netrc{…}") }

// netrcEntry is one machine, or the default if any is set.
type netrcEntry struct {
	any                   bool
	host, login, password string
}

// Find returns the credentials for host: those of the first entry for that
// machine, or else those of the first default. If login is not empty, only entries
// with this login or without one count. Host names are compared ignoring case.
func (n Netrc) Find(host, login string) (user, password string, ok bool) {
	for _, any := range []bool{false, true} {
		for _, e := range n.entries {
			if e.any != any || !any && !strings.EqualFold(e.host, host) {
				continue
			}
			if login == "" || e.login == "" || e.login == login {
				return max(login, e.login), e.password, true // the same, or one is empty
			}
		}
	}
	return "", "", false
}

// Credentials combines the netrc file with the user part of the URL, as curl does.
// If the file is required (--netrc, CURL_NETRC_REQUIRED), only the file counts. If
// it is optional (--netrc-optional, CURL_NETRC_OPTIONAL), a password in the URL
// takes precedence, and a user name without one selects the entry.
func (n Netrc) Credentials(host string, in *url.Userinfo, required bool) (user, password string, ok bool) {
	if in == nil || required {
		return n.Find(host, "")
	}
	user = in.Username()
	if password, ok = in.Password(); ok {
		return user, password, true
	}
	if found, password, ok := n.Find(host, user); ok {
		return found, password, true
	}
	return user, "", user != ""
}

// ParseNetrc parses a netrc file. An entry begins with machine NAME or default.
// Then follow login, password and account, with a value each. Macros (from macdef
// NAME to an empty line) are skipped. A # in the place of a word begins a comment,
// which ends with the line. A value may be quoted by ", and then may contain the
// escapes \n, \r, \t, \" and \\. An error has the number of the line, but shows
// nothing of the file.
func ParseNetrc(data []byte) (Netrc, error) {
	s := &netrcScanner{rest: strings.TrimPrefix(string(data), "\ufeff"), line: 1}
	var n Netrc
	for s.skipToWord(); s.rest != "" && s.err == nil; s.skipToWord() {
		n.entry(s)
	}
	if s.err != nil {
		return Netrc{}, s.err
	}
	return n, nil
}

// entry reads one word of the file and its value.
func (n *Netrc) entry(s *netrcScanner) {
	switch word := s.word(); word {
	case "machine":
		n.entries = append(n.entries, netrcEntry{host: s.value(word)})
	case "default":
		n.entries = append(n.entries, netrcEntry{any: true})
	case "macdef":
		s.skipMacro()
	case "login", "password", "account":
		if len(n.entries) == 0 {
			s.fail("expected machine or default before " + word)
			return
		}
		n.entries[len(n.entries)-1].set(s, word)
	default:
		s.fail("expected machine, default, login, password, account or macdef, got another word")
	}
}

func (e *netrcEntry) set(s *netrcScanner, word string) {
	field := map[string]*string{"login": &e.login, "password": &e.password, "account": new(string)}[word]
	if *field != "" {
		s.fail("expected one " + word + " per entry, got a second")
	}
	*field = s.value(word)
}

// netrcScanner reads words from rest, which begins in line. err is its first
// error.
type netrcScanner struct {
	rest string
	line int
	err  error
}

func (s *netrcScanner) fail(what string) {
	if s.err == nil {
		s.err = fmt.Errorf("netrc line %d: %s", s.line, what)
	}
}

const netrcSpace = " \t\r\n"

// skip skips n bytes and counts their lines.
func (s *netrcScanner) skip(n int) {
	s.line += strings.Count(s.rest[:n], "\n")
	s.rest = s.rest[n:]
}

func (s *netrcScanner) skipSpace() { s.skip(len(s.rest) - len(strings.TrimLeft(s.rest, netrcSpace))) }

// skipToWord skips white space and comments.
func (s *netrcScanner) skipToWord() {
	for s.skipSpace(); strings.HasPrefix(s.rest, "#"); s.skipSpace() {
		s.skip(len(s.nextLine()))
	}
}

// nextLine returns the rest of the current line, with its newline.
func (s *netrcScanner) nextLine() string {
	if end := strings.IndexByte(s.rest, '\n'); end >= 0 {
		return s.rest[:end+1]
	}
	return s.rest
}

// skipMacro skips everything up to the next empty line, and that line.
func (s *netrcScanner) skipMacro() {
	for s.rest != "" {
		line := s.nextLine()
		s.skip(len(line))
		if strings.Trim(line, netrcSpace) == "" {
			return
		}
	}
}

// word reads up to the next white space.
func (s *netrcScanner) word() string {
	end := strings.IndexAny(s.rest, netrcSpace)
	if end < 0 {
		end = len(s.rest)
	}
	word := s.rest[:end]
	s.skip(end)
	return word
}

// value reads the value of the word of.
func (s *netrcScanner) value(of string) string {
	s.skipSpace()
	switch {
	case s.rest == "":
		s.fail("expected a value for " + of + ", got the end of the file")
		return ""
	case s.rest[0] == '"':
		return s.quoted()
	}
	return s.word()
}

// quoted reads a quoted value, which must end on its line.
func (s *netrcScanner) quoted() string {
	var value strings.Builder
	for i := 1; i < len(s.rest) && s.rest[i] != '\n'; i++ {
		c := s.rest[i]
		if c == '"' {
			s.skip(i + 1)
			if s.rest != "" && strings.IndexByte(netrcSpace, s.rest[0]) < 0 {
				s.fail("expected white space after a closing quote")
			}
			return value.String()
		}
		if c == '\\' && i+1 < len(s.rest) && s.rest[i+1] != '\n' {
			i++
			c = unescape(s.rest[i])
		}
		value.WriteByte(c)
	}
	s.fail("expected a closing quote on the same line")
	return ""
}

// unescape returns what a backslash and c stand for.
func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}
