package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// paste is the command that reads a curl command, as browsers' "Copy as cURL"
// gives it, from standard input.
func paste(s std, args []string) error {
	if len(args) > 0 && isPasted(args[0]) {
		return newConfig(s).run(args)
	}
	text, err := io.ReadAll(&textReader{ReadCloser: io.NopCloser(s.in)})
	if err != nil {
		return readError(err)
	}
	c := newConfig(s)
	if err := c.parsePasted(string(text), args); err != nil {
		return err
	}
	return c.perform()
}

// pastedStart matches curl, and what a terminal shows before a command.
var pastedStart = regexp.MustCompile(`^\s*(?:[^\n'"|;&]*[$#%>❯➜][ \t]*)?(\S*[/\\])?curl(\.exe)?(?:\s|$)`)

// isPasted reports whether an argument is a whole curl command.
func isPasted(arg string) bool {
	return len(arg) > len("curl.exe") && beginsCurl(arg)
}

func beginsCurl(text string) bool {
	return pastedStart.MatchString(text) && !strings.Contains(pastedStart.FindString(text), "://")
}

// parsePasted takes a curl command's options, and those of more.
func (c *config) parsePasted(text string, more []string) error {
	args, err := pastedArgs(text)
	if err != nil {
		return err
	}
	if err := c.parse(args); err != nil {
		return err
	}
	c.pasted = true
	c.urls = slices.DeleteFunc(c.urls, func(url string) bool { return url == "" })
	return c.parse(more)
}

// pastedArgs are the arguments of a curl command, without a method GET, which a
// handshake has anyway.
func pastedArgs(text string) ([]string, error) {
	at := pastedStart.FindStringIndex(text)
	if at == nil {
		got := "nothing on standard input"
		if first := strings.Fields(text); len(first) > 0 {
			got = fmt.Sprintf("%q", cut([]byte(first[0])))
		}
		return nil, usagef("expected a command that begins with curl, got %s", got)
	}
	args, err := shellWords(text[at[1]:])
	if err != nil {
		return nil, asUsage(err)
	}
	return withoutMethod(args), nil
}

// withoutMethod leaves out -X GET.
func withoutMethod(args []string) []string {
	var kept []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "-XGET" || args[i] == "--request=GET":
		case (args[i] == "-X" || args[i] == "--request") && i+1 < len(args) && args[i+1] == "GET":
			i++
		default:
			kept = append(kept, args[i])
		}
	}
	return kept
}
