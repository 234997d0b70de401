package main

import (
	"fmt"
	"io"
	"strings"
)

//go:generate sh -c "go run . man > curlew.1"

// man writes the man page.
func man(s std, args []string) error {
	if len(args) > 0 {
		return usagef("curlew man takes no arguments, got %q", args[0])
	}
	return written(writeMan(s.out))
}

func writeMan(w io.Writer) error {
	var b strings.Builder
	b.WriteString(".\\\" Made from the tables of cmd/curlew by \"go generate\" in that folder; do not edit.\n.TH CURLEW 1\n.SH NAME\ncurlew \\- talk WebSocket\n.SH SYNOPSIS\n.B curlew\n[options] <url>...\n")
	for _, c := range commands {
		if c.help != "" {
			fmt.Fprintf(&b, ".br\n.B curlew %s\n", roff(c.name))
			if c.args != "" {
				b.WriteString(roff(c.args) + "\n")
			}
		}
	}
	b.WriteString(".SH DESCRIPTION\n")
	for paragraph := range strings.SplitSeq(description, "\n\n") {
		fmt.Fprintf(&b, "%s\n.PP\n", roff(strings.ReplaceAll(paragraph, "`", "")))
	}
	b.WriteString(".SH EXAMPLES\n")
	for _, e := range examples {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s.\n", roff(e.line), roff(strings.ToUpper(e.help[:1])+e.help[1:]))
	}
	for _, g := range groups {
		fmt.Fprintf(&b, ".SH %s\n%s.\n", strings.ToUpper("options: "+string(g.name)), roff(strings.ToUpper(g.help[:1])+g.help[1:]))
		for _, o := range inGroup(g.name) {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s.\n", roff(o.written()), roff(o.help))
			if o.curl != "" {
				fmt.Fprintf(&b, "%s.\n", roff(o.differs()))
			}
		}
	}
	b.WriteString(".SH COMMANDS\n")
	for _, c := range commands {
		if c.help != "" {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(c.written()), roff(c.sentences()))
		}
	}
	fmt.Fprintf(&b, ".SH CONSOLE\n%s\n", roff(strings.ReplaceAll(consoleText, "`", "")))
	for _, name := range commandList() {
		c := consoleCommands[name]
		fmt.Fprintf(&b, ".TP\n.B /%s\n%s.\n", roff(strings.TrimSpace(name+" "+c.args)), roff(c.help))
	}
	b.WriteString(".SH EXIT CODES\n")
	for _, e := range sortedExits() {
		fmt.Fprintf(&b, ".TP\n.B %d\n%s.\n", e.code, roff(e.cause))
	}
	fmt.Fprintf(&b, ".SH VARIABLES OF --write-out\n%s\n", roff(strings.ReplaceAll(variablesText, "`", "")))
	for _, v := range onlyOurs {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s.\n", roff(v.name), roff(v.help))
	}
	b.WriteString(".SH ENVIRONMENT\n")
	for _, e := range environment {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s.\n", roff(e.names), roff(e.help))
	}
	b.WriteString(".SH FILES\n.TP\n.B ~/.curlewrc\nOptions that are read first.\n.TP\n.B ~/.netrc\nUsers and passwords, for --netrc.\n.SH SEE ALSO\n.BR curl (1)\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// differs is a sentence on how the option differs from curl's.
func (o *option) differs() string {
	switch rest, ours := strings.CutPrefix(o.curl, onlyHere); {
	case ours:
		return "Not in curl" + rest
	case strings.HasPrefix(o.curl, "the same"):
		return "In curl it is " + o.curl
	}
	return "In curl: " + o.curl
}

// roff is text as troff shows it unchanged.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, `"`, `\(dq`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	text = strings.ReplaceAll(text, "\n.", "\n\\&.")
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	return b.String()
}
