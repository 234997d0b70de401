package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

//go:generate sh -c "go run . docs > ../../docs/tool.md"

// docsHead is what docs/tool.md begins with.
const docsHead = `# The tool

<!-- Made from the tables of cmd/curlew by "go generate" in that folder; do not edit. -->

    curlew [options] <url>...

`

// description is for the documents.
const description = "`curlew` opens a WebSocket session with the URL. Once the connection is there, each line of standard input is sent as a\n" +
	"TEXT message (an empty line is an empty message), and each message that comes is written to standard output with a newline\n" +
	"behind it. PINGs are answered. After the input's end, receiving goes on until the server closes, `--count` messages have\n" +
	"come, or nothing has come for `--linger` seconds; then curlew closes with code 1000. SIGINT does so at once, a second one\n" +
	"ends the program.\n\n" +
	"A URL may be ws:// or wss://; http:// and https:// mean the same, as does no scheme and ws://. With several URLs there is\n" +
	"one session after the other, and standard input belongs to the first.\n\n" +
	"Options are curl's wherever curl has one of that name and meaning. A switch is turned off by `--no-` and its name; values\n" +
	"follow as in `--name value`, `--name=value`, `-x value` or `-xvalue`. Times are in seconds, fractions allowed. Options of\n" +
	"curl that have no meaning for WebSocket are refused with the reason."

// consoleText is about the console, for the documents.
const consoleText = "Where input and output are a terminal (and TERM is not `dumb`), lines are edited as in a shell (arrows, Ctrl-A, Ctrl-E, Ctrl-W, Ctrl-U, Ctrl-Y) and\n" +
	"kept in a history between runs (arrows; Ctrl-R searches it, and again for older lines). Messages that come are shown above the\n" +
	"line. Below it a status line says what the session's state is, how many messages were sent and received, and how long the\n" +
	"last PING, of `/ping` or `--ping-interval`, waited for its PONG. A pasted text of several lines is one message; Alt-Enter, or\n" +
	"a backslash before Enter, begins another line of it. Ctrl-C and Ctrl-D close. A line that begins with `/` is a command, with\n" +
	"`//` a message that begins with `/`:"

// codesText is about codes of curl that one may look for, for the documents.
const codesText = "Credentials that are refused are 22 where the server does it, as with curl, whose 67 is for the logins of other protocols;\n" +
	"7 where an HTTP proxy does it, and 97 where a SOCKS proxy does. 60 is also what 51 was before curl 7.62. The script\n" +
	"`cmd/curlew/testdata/script/codes.txtar` makes every one of them happen."

// docs writes docs/tool.md.
func docs(s std, args []string) error {
	return written(writeDocs(s.out))
}

func writeDocs(w io.Writer) error {
	var b strings.Builder
	b.WriteString(docsHead + description + "\n\n## Examples\n\n```sh\n")
	for _, e := range examples {
		fmt.Fprintf(&b, "# %s\n%s\n", e.help, e.line)
	}
	b.WriteString("```\n\n## Commands\n\n")
	for _, c := range commands {
		if c.help != "" {
			fmt.Fprintf(&b, "- `curlew %s`: %s\n", c.written(), strings.TrimSuffix(c.sentences(), "."))
		}
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s: %s\n\n| option | what it does | curl |\n|---|---|---|\n", g.name, g.help)
		for _, o := range inGroup(g.name) {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.ReplaceAll(o.written(), "|", `\|`), cell(o.help), cell(cmp.Or(o.curl, "the same")))
		}
	}
	fmt.Fprintf(&b, "\n## Console\n\n![a session at a terminal](console.svg)\n\n%s\n\n", consoleText)
	for _, name := range commandList() {
		c := consoleCommands[name]
		fmt.Fprintf(&b, "- `/%s`: %s\n", strings.TrimSpace(name+" "+c.args), c.help)
	}
	b.WriteString("\n## Exit codes\n\nBelow 100 they are curl's, where curl has a number for the cause.\n\n| code | cause |\n|---|---|\n")
	for _, e := range sortedExits() {
		fmt.Fprintf(&b, "| %d | %s |\n", e.code, cell(e.cause))
	}
	b.WriteString("\n" + codesText + "\n")
	fmt.Fprintf(&b, "\n## Variables of --write-out\n\n`%%{json}` is all of them, `%%header{name}` a header of the response; those that begin with ws_ are not in curl.\n\n")
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		fmt.Fprintf(&b, "- `%s`\n", name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell is text for a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(text)
}

// inGroup are the group's options by name.
func inGroup(name group) []option {
	var chosen []option
	for _, o := range options {
		if o.group == name {
			chosen = append(chosen, o)
		}
	}
	slices.SortFunc(chosen, func(a, b option) int { return cmp.Compare(a.name, b.name) })
	return chosen
}

func sortedExits() []exit {
	return slices.SortedFunc(slices.Values(exits), func(a, b exit) int { return cmp.Compare(a.code, b.code) })
}
