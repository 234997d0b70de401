package main

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A splitter splits a command into words as a POSIX shell does, with $'…' of
// bash, or as Windows' command prompt and its programs do.
type splitter struct {
	windows bool
	blanks  string
	rest    string
	newLine bool // the word begins a line that is no continuation
	word    strings.Builder
}

// shellWords splits a command. What only a shell could do is an error.
func shellWords(text string) ([]string, error) {
	s := splitter{blanks: " \t\r\n", rest: strings.ReplaceAll(text, "\\\r\n", "\\\n")}
	if forWindows(text) {
		if at := windowsOperator(text); at >= 0 {
			return nil, onlyShell(text[at:])
		}
		s = splitter{windows: true, blanks: " \t", rest: withoutCarets(strings.TrimSpace(text))}
	}
	var words []string
	for s.skip() {
		if s.newLine && beginsCurl(s.rest) {
			return nil, usagef("expected one curl command and nothing else, got a second one")
		}
		if err := s.next(); err != nil {
			return nil, err
		}
		words = append(words, s.word.String())
	}
	return words, nil
}

var (
	ofWindows = regexp.MustCompile(`\^(?:\r?\n|["&|<>]|%\^)`)
	caretFeed = regexp.MustCompile(`\^\r?\n\r?\n`) // a line break that is meant
	caretLine = regexp.MustCompile(`\^\r?\n`)
	caretChar = regexp.MustCompile("\\^(%)\\^(\\w)|\\^([^\\w\\s:=+~'/.,?;()*`-])")
)

// forWindows reports whether a command is one for Windows' command prompt:
// there is a caret before what it keeps from it, and ' does not quote.
func forWindows(text string) bool {
	quote := strings.IndexAny(text, `'"`)
	return ofWindows.MatchString(text) && (quote < 0 || text[quote] == '"')
}

// withoutCarets is what the command prompt makes of a command or, within plain
// quotes, where it would leave the carets, what browsers meant by them.
func withoutCarets(text string) string {
	text = caretLine.ReplaceAllString(caretFeed.ReplaceAllString(text, "\n"), " ")
	return caretChar.ReplaceAllString(text, "$1$2$3")
}

// windowsOperator is where a command for the command prompt has an operator of
// it, -1 if it has none.
func windowsOperator(text string) int {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '^':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte("&|<>", c) >= 0:
			return i
		}
	}
	return -1
}

// skip goes to the next word, and reports whether there is one.
func (s *splitter) skip() bool {
	s.newLine = false
	for {
		before := s.rest
		s.rest = strings.TrimLeft(before, s.blanks)
		s.newLine = s.newLine || strings.Contains(before[:len(before)-len(s.rest)], "\n")
		switch {
		case s.windows:
			return s.rest != ""
		case strings.HasPrefix(s.rest, "\\\n"):
			s.rest = s.rest[2:]
		case s.rest == "\\": // what it goes on with was not copied
			s.rest = ""
		case endsLine.MatchString(s.rest): // in PowerShell
			s.rest = s.rest[1:]
		case strings.HasPrefix(s.rest, "#"):
			_, s.rest, _ = strings.Cut(s.rest, "\n")
		default:
			return s.rest != ""
		}
	}
}

var endsLine = regexp.MustCompile("^`[ \t]*\r?\n")

// next takes the first word off.
func (s *splitter) next() error {
	s.word.Reset()
	if first, _ := utf8.DecodeRuneInString(s.rest); strings.ContainsRune("“”‘’", first) {
		return usagef(`expected the quotes " or ', got those of a text: %s`, cut([]byte(s.rest)))
	}
	for i := 0; i < len(s.rest); {
		if strings.IndexByte(s.blanks, s.rest[i]) >= 0 {
			s.rest = s.rest[i:]
			return nil
		}
		n, err := s.part(i)
		if err != nil {
			return err
		}
		i += n
	}
	s.rest = ""
	return nil
}

// part takes the part of the word that begins at i, and returns how long it is.
func (s *splitter) part(i int) (n int, err error) {
	rest := s.rest[i:]
	switch {
	case rest[0] == '\'':
		n, err = quoted(&s.word, rest[1:], '\'', nil)
	case rest[0] == '"':
		return s.doubleQuoted(rest)
	case strings.HasPrefix(rest, "$'"):
		n, err = quoted(&s.word, rest[2:], '\'', ansiEscape)
		n++
	case !s.windows && (strings.IndexByte(";&|<>", rest[0]) >= 0 || expands.MatchString(rest)):
		if before := s.rest[:i]; before == "1" || before == "2" { // of 2>file
			rest = s.rest
		}
		return 0, onlyShell(rest)
	case rest[0] == '\\' && len(rest) > 1:
		if rest[1] != '\n' {
			s.word.WriteByte(rest[1])
		}
		n = 1
	default:
		s.word.WriteByte(rest[0])
	}
	return 1 + n, err
}

// doubleQuoted takes what begins with a double quote.
func (s *splitter) doubleQuoted(rest string) (n int, err error) {
	if s.windows {
		n, err = doubled(&s.word, rest[1:])
		return 1 + n, err
	}
	if n, err = quoted(&s.word, rest[1:], '"', doubleEscape); err != nil {
		return 0, err
	}
	for i := 1; i < n; i++ {
		if rest[i] == '\\' {
			i++
		} else if expands.MatchString(rest[i:]) {
			return 0, onlyShell(rest[i:])
		}
	}
	return 1 + n, nil
}

// expands matches what a POSIX shell replaces by something else.
var expands = regexp.MustCompile("^(?:\\$(?:[A-Za-z_]\\w*|\\{[^}]*}?|\\([^)]*\\)?)|`[^`]*`?)")

// onlyShell is the error for what text begins with.
func onlyShell(text string) error {
	what := expands.FindString(text)
	if what == "" {
		what = strings.Fields(text)[0]
	}
	return usagef("expected one curl command and nothing else, got %q, on which only a shell can act; leave it out, or quote it", cut([]byte(what)))
}

// doubled takes what is up to the closing quote, as Windows' programs do, to
// whom two quotes are one that is meant.
func doubled(b *strings.Builder, s string) (int, error) {
	n, err := quoted(b, s, '"', doubleEscape)
	for err == nil && n < len(s) && s[n] == '"' {
		b.WriteByte('"')
		var more int
		more, err = quoted(b, s[n+1:], '"', doubleEscape)
		n += 1 + more
	}
	return n, err
}

// quoted takes what is up to the closing quote, and returns how long it was, the
// quote included. escape, if not nil, writes what stands behind a backslash and
// returns how long that was.
func quoted(b *strings.Builder, s string, quote byte, escape func(*strings.Builder, string) int) (int, error) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return i + 1, nil
		case s[i] == '\\' && escape != nil && i+1 < len(s):
			i += escape(b, s[i+1:])
		default:
			b.WriteByte(s[i])
		}
	}
	return 0, errors.New("expected a closing " + string(quote) + " in the command, got its end")
}

// doubleEscape is a backslash in double quotes.
func doubleEscape(b *strings.Builder, s string) int {
	switch {
	case strings.IndexByte("$`\"\\", s[0]) >= 0:
		b.WriteByte(s[0])
	case s[0] != '\n':
		b.WriteString(`\` + s[:1])
	}
	return 1
}

var ansiHex = regexp.MustCompile(`^(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8}))`)

// ansiEscape is a backslash in $'…'.
func ansiEscape(b *strings.Builder, s string) int {
	if m := ansiHex.FindStringSubmatch(s); m != nil {
		n, _ := strconv.ParseUint(m[1]+m[2]+m[3], 16, 32) // matched
		if m[1] != "" {
			b.WriteByte(byte(n))
		} else {
			b.WriteRune(rune(n))
		}
		return len(m[0])
	}
	if at := strings.IndexByte("abefnrtv", s[0]); at >= 0 {
		b.WriteByte("\a\b\x1b\f\n\r\t\v"[at])
	} else {
		b.WriteByte(s[0])
	}
	return 1
}
