package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// version is the program's.
const version = "0.1.0-dev"

func writeVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "curlew %s\nSchemes: ws wss\nProtocol: WebSocket (RFC 6455) over HTTP/1.1\n", version)
	return written(err)
}

// common are the options of the short help, which fits a screen of 24 lines.
var common = []string{
	"header", "user", "location", "proxy", "insecure", "cacert", "data", "upload-file", "binary", "framing",
	"count", "linger", "max-time", "ping-interval", "output", "verbose", "config", "help",
}

// writeHelp shows the options of a category, all of them, or the common ones.
func writeHelp(w io.Writer, category string) error {
	var chosen []option
	for _, o := range options {
		if category == "all" || o.group == group(category) || category == string(gServe) && slices.Contains(shared, o.name) || category == "" && slices.Contains(common, o.name) {
			chosen = append(chosen, o)
		}
	}
	if len(chosen) == 0 {
		return usagef("no help category %q; there are %s and all", category, groupNames())
	}
	slices.SortFunc(chosen, func(a, b option) int { return cmp.Compare(a.name, b.name) })
	return written(helpText(w, category, chosen))
}

func helpText(w io.Writer, category string, chosen []option) error {
	if category == "" {
		fmt.Fprintf(w, "Usage: curlew [options] <url>     lines of the input are sent, messages printed\n       curlew %s\n\n", strings.Join(commandNames(), "|"))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, o := range chosen {
		fmt.Fprintf(t, "%s%s\t%s\n", indent(o), o.written(), o.help)
	}
	err := t.Flush()
	if category == "" {
		_, err = fmt.Fprintf(w, "\nMore: curlew --help <category>\n%s, all\n", groupNames())
	}
	return err
}

// written is how the option is written: "-m, --max-time <seconds>".
func (o *option) written() string {
	text := "--" + o.name
	if o.short != 0 {
		text = "-" + string(o.short) + ", " + text
	}
	return strings.TrimRight(text+" "+o.arg, " ")
}

// indent keeps long names in a column.
func indent(o option) string {
	if o.short == 0 {
		return "     "
	}
	return " "
}

func groupNames() string {
	var names []string
	for _, g := range groups {
		names = append(names, string(g.name))
	}
	return strings.Join(names, ", ")
}

// written is an error of writing the output, with its exit code.
func written(err error) error {
	if err != nil {
		return &failure{codeWrite, err}
	}
	return nil
}
