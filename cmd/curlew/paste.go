package main

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// paste is the command that reads a curl command, as browsers' "Copy as cURL"
// gives it, from standard input.
func paste(s std, args []string) error {
	text, err := io.ReadAll(s.in)
	if err != nil {
		return readError(err)
	}
	c := newConfig(s)
	if err := c.parsePasted(string(text), args); err != nil {
		return err
	}
	return c.perform()
}

// isPasted reports whether an argument is a whole curl command.
func isPasted(arg string) bool {
	return strings.HasPrefix(arg, "curl ") || strings.HasPrefix(arg, "curl.exe ")
}

// parsePasted takes a curl command's options, and those of more.
func (c *config) parsePasted(text string, more []string) error {
	words, err := shellWords(text)
	if err != nil {
		return asUsage(err)
	}
	if len(words) == 0 || words[0] != "curl" && words[0] != "curl.exe" {
		return usagef("expected a command that begins with curl")
	}
	if err := c.parse(withoutMethod(words[1:])); err != nil {
		return err
	}
	c.pasted = true
	c.urls = slices.DeleteFunc(c.urls, func(url string) bool { return url == "" })
	return c.parse(more)
}

// withoutMethod leaves out -X GET, which a handshake is anyway.
func withoutMethod(args []string) []string {
	var kept []string
	for i := 0; i < len(args); i++ {
		if (args[i] == "-X" || args[i] == "--request") && i+1 < len(args) && args[i+1] == "GET" {
			i++
			continue
		}
		kept = append(kept, args[i])
	}
	return kept
}

var (
	caretFeed = regexp.MustCompile(`\^\r?\n\r?\n`) // a line break that is meant
	caretLine = regexp.MustCompile(`\^\r?\n`)
	caretChar = regexp.MustCompile(`\^(.)`)
)

// shellWords splits a command as a POSIX shell does, with $'…' of bash, and, if
// it has ^", one for Windows' command prompt.
func shellWords(text string) ([]string, error) {
	if strings.Contains(text, `^"`) {
		text = caretFeed.ReplaceAllString(text, "\n")
		text = caretChar.ReplaceAllString(caretLine.ReplaceAllString(text, " "), "$1")
	}
	var words []string
	for rest := text; ; {
		rest = strings.TrimLeft(strings.ReplaceAll(rest, "\\\r\n", "\\\n"), " \t\r\n")
		if strings.HasPrefix(rest, "\\\n") {
			rest = rest[2:]
			continue
		}
		if rest == "" {
			return words, nil
		}
		word, after, err := shellWord(rest)
		if err != nil {
			return nil, err
		}
		words, rest = append(words, word), after
	}
}

// shellWord takes the first word off.
func shellWord(s string) (word, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); {
		var n int
		switch {
		case strings.IndexByte(" \t\r\n", s[i]) >= 0:
			return b.String(), s[i:], nil
		case s[i] == '\'':
			n, err = quoted(&b, s[i+1:], '\'', nil)
		case s[i] == '"':
			n, err = quoted(&b, s[i+1:], '"', doubleEscape)
		case strings.HasPrefix(s[i:], "$'"):
			n, err = quoted(&b, s[i+2:], '\'', ansiEscape)
			n++
		case s[i] == '\\' && i+1 < len(s):
			if s[i+1] != '\n' {
				b.WriteByte(s[i+1])
			}
			n = 1
		default:
			b.WriteByte(s[i])
		}
		if err != nil {
			return "", "", err
		}
		i += 1 + n
	}
	return b.String(), "", nil
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
