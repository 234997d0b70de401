// Command curlew does for WebSocket what curl does for HTTP: it opens a
// session, sends what it is given, and writes what comes to standard output.
//
// It is thin over package curlew. What holds everywhere:
//
//   - One table, [options], drives parsing, help, the man page, completion and
//     docs/tool.md. Another, [exits], says which end has which exit code, to the
//     code and to the documents.
//   - Messages go to standard output, everything else to standard error.
//   - The connection is there before standard input is read, and nothing that
//     was read is dropped without an error that says so.
//   - Bytes of the peer reach a terminal only with control characters escaped.
//   - One goroutine receives, one sends; what ends the session is decided in one
//     place, by the one that receives.
//
// The arguments are parsed by a small parser of its own: curl's grammar (values
// attached to short options, --no-name, optional values, options that curl has
// and WebSocket has no use for) is not that of the flag packages.
package main

import (
	"os"
	"strings"
)

func main() {
	os.Exit(run(arguments(), std{os.Stdin, os.Stdout, os.Stderr}))
}

// arguments are copies of the program's arguments, since the secrets among those
// are overwritten.
func arguments() []string {
	args := make([]string, len(os.Args)-1)
	for i := range args {
		args[i] = strings.Clone(os.Args[i+1])
	}
	return args
}

// std are the program's standard streams.
type std struct{ in, out, err *os.File }
