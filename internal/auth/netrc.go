package auth

import (
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Netrc holds the entries of a netrc file. The zero value has none. Its
// parts do not show when it is formatted.
type Netrc struct{ entries []netrcEntry }

// Format keeps passwords out of whatever a Netrc is printed to.
func (n Netrc) Format(s fmt.State, _ rune) { io.WriteString(s, "auth.Netrc{…}") }

// netrcEntry is one machine, or with any set the default.
type netrcEntry struct {
	any                   bool
	host, login, password string
}

// Find returns the credentials for host: of the first entry for that machine,
// or else of the first default. If login is not empty, only entries with this
// login, or with none, count. Host names are compared without regard to case.
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

// Credentials combines the netrc file with what the URL says, as curl does.
// Required (--netrc, CURL_NETRC_REQUIRED): the file alone counts. Optional
// (--netrc-optional, CURL_NETRC_OPTIONAL): a password in the URL wins, and a
// user name alone selects the entry.
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

// ParseNetrc reads a netrc file: entries of the words machine NAME or
// default, followed by login, password and account with a value each. Macros
// (macdef NAME up to an empty line) are skipped; # where a word may stand
// begins a comment up to the end of the line. A value may be quoted by ", and
// then holds \n, \r, \t, \", \\ for the usual. An error names the line and
// shows nothing of the file.
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

// entry takes one word of the file and its value.
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
			s.fail("want machine or default before " + word)
			return
		}
		n.entries[len(n.entries)-1].set(s, word)
	default:
		s.fail("want machine, default, login, password, account or macdef, got another word")
	}
}

func (e *netrcEntry) set(s *netrcScanner, word string) {
	field := map[string]*string{"login": &e.login, "password": &e.password, "account": new(string)}[word]
	if *field != "" {
		s.fail("want one " + word + " per entry, got a second")
	}
	*field = s.value(word)
}

// netrcScanner takes words from rest, which begins in the given line. After
// the first failure err stays.
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

// skip drops n bytes and counts their lines.
func (s *netrcScanner) skip(n int) {
	s.line += strings.Count(s.rest[:n], "\n")
	s.rest = s.rest[n:]
}

func (s *netrcScanner) skipSpace() { s.skip(len(s.rest) - len(strings.TrimLeft(s.rest, netrcSpace))) }

// skipToWord drops white space and comments.
func (s *netrcScanner) skipToWord() {
	for s.skipSpace(); strings.HasPrefix(s.rest, "#"); s.skipSpace() {
		s.skip(len(s.nextLine()))
	}
}

// nextLine is what is left of the present line, with its newline.
func (s *netrcScanner) nextLine() string {
	if end := strings.IndexByte(s.rest, '\n'); end >= 0 {
		return s.rest[:end+1]
	}
	return s.rest
}

// skipMacro drops everything up to and with the next empty line.
func (s *netrcScanner) skipMacro() {
	for s.rest != "" {
		line := s.nextLine()
		s.skip(len(line))
		if strings.Trim(line, netrcSpace) == "" {
			return
		}
	}
}

// word takes what there is up to white space.
func (s *netrcScanner) word() string {
	end := strings.IndexAny(s.rest, netrcSpace)
	if end < 0 {
		end = len(s.rest)
	}
	word := s.rest[:end]
	s.skip(end)
	return word
}

// value takes the value of the given word.
func (s *netrcScanner) value(of string) string {
	s.skipSpace()
	switch {
	case s.rest == "":
		s.fail("want a value for " + of + ", got the end of the file")
		return ""
	case s.rest[0] == '"':
		return s.quoted()
	}
	return s.word()
}

// quoted takes a quoted value, which ends on its line.
func (s *netrcScanner) quoted() string {
	var value strings.Builder
	for i := 1; i < len(s.rest) && s.rest[i] != '\n'; i++ {
		c := s.rest[i]
		if c == '"' {
			s.skip(i + 1)
			if s.rest != "" && strings.IndexByte(netrcSpace, s.rest[0]) < 0 {
				s.fail("want white space behind a closing quote")
			}
			return value.String()
		}
		if c == '\\' && i+1 < len(s.rest) && s.rest[i+1] != '\n' {
			i++
			c = unescape(s.rest[i])
		}
		value.WriteByte(c)
	}
	s.fail("want a closing quote on the same line")
	return ""
}

// unescape is what a backslash and c stand for.
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
