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
	"behind it, the bytes of a BINARY one as they are: nothing separates them, unless `--framing-out` does. PINGs are answered. After the input's end, receiving goes on until the server closes, `--count` messages have\n" +
	"come, or nothing has come for `--linger` seconds; then curlew closes with code 1000. SIGINT does so at once, a second one\n" +
	"ends the program.\n\n" +
	"Messages of `-d` go before the input. After them the console goes on at a terminal, and else what standard input has; in a script,\n" +
	"whose own input that would be, `</dev/null` behind the command keeps it.\n\n" +
	"Without `--linger` it waits 10 seconds for a message after the last one that it sent, and 1 second for each further one, and\n" +
	"says so when that ends the session. Where the input is empty from the start and there is no `-d`, it listens until the server\n" +
	"closes. With `--count`, `--until` or `--idle` it waits for what they say.\n\n" +
	"A URL may be ws:// or wss://; http:// and https:// mean the same, and no scheme means ws://. With several URLs there is\n" +
	"one session after the other, and standard input belongs to the first.\n\n" +
	"Options are curl's wherever curl has one of that name and meaning. A switch is turned off by `--no-` and its name; values\n" +
	"follow as in `--name value`, `--name=value`, `-x value` or `-xvalue`. Times are in seconds, fractions allowed. Options of\n" +
	"curl that have no meaning for WebSocket are refused with the reason. `--help --name` tells all of an option, `--help` behind\n" +
	"a command how that is used."

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

// variablesText is about those of -w, for the documents.
var variablesText = "Those of curl mean what they do there, and bytes are those of messages: `" + strings.Join(curlVariables(), "`, `") + "`.\n\n" +
	"`%{json}` is all of them, `%header{name}` a header of the response; `%{stderr}` and `%{stdout}` say where what follows goes, and\n" +
	"what follows `%{onerror}` is for sessions that failed. Not in curl:"

// onlyOurs are the variables of -w that curl does not have.
var onlyOurs = []struct{ name, help string }{
	{"ws_close_code", "the code of the server's CLOSE, 0 if none came"},
	{"ws_close_reason", "its reason"},
	{"ws_extensions", "the extensions agreed on"},
	{"ws_frames_received", "frames that came, CLOSE, PINGs and PONGs included"},
	{"ws_frames_sent", "frames sent, those included"},
	{"ws_messages_received", "messages that came"},
	{"ws_messages_sent", "messages sent"},
	{"ws_subprotocol", "the subprotocol agreed on"},
	{"ws_time_first_frame", "seconds from the start until the first byte of a frame came"},
	{"ws_time_first_message", "seconds from the start until a message began to come"},
	{"ws_wire_received", "bytes that came behind the response's head"},
	{"ws_wire_sent", "bytes sent behind the request's head"},
}

// curlVariables are the others, by name.
func curlVariables() []string {
	names := slices.Sorted(maps.Keys(variables))
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "ws_") })
}

// environment are the variables of the environment that the tool looks at.
var environment = []struct{ names, help string }{
	{"ws_proxy, wss_proxy, http_proxy, https_proxy, all_proxy", "the proxy to use, unless --proxy does; the first two come first"},
	{"no_proxy", "hosts for which none is used, as --noproxy"},
	{"SSL_CERT_FILE, SSL_CERT_DIR", "the authorities to trust in place of the system's, where --cacert and --capath do not say (not on Windows and macOS)"},
	{"SSLKEYLOGFILE", "a file to which the keys of TLS are appended, for programs that show what was encrypted"},
	{"NO_COLOR", "not empty: no colours"},
	{"TERM", "dumb: no console, lines are sent as from a pipe, and no colours"},
	{"COLUMNS", "how wide the help is, if not as the terminal"},
	{"HOME, XDG_CONFIG_HOME, XDG_STATE_HOME", "where .curlewrc, .netrc and the history are"},
}

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
	fmt.Fprintf(&b, "\n## Variables of --write-out\n\n%s\n\n", variablesText)
	for _, v := range onlyOurs {
		fmt.Fprintf(&b, "- `%%{%s}`: %s\n", v.name, v.help)
	}
	b.WriteString("\n## Environment\n\n| variable | what it says |\n|---|---|\n")
	for _, e := range environment {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(e.names, ", ", "`, `"), e.help)
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
