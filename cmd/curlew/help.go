package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"
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

// writeHelp shows what --help asks for: a category's options, all of them, the
// common ones for "", the categories, or all about one option.
func writeHelp(w io.Writer, topic string, columns int) error {
	if name := strings.TrimLeft(topic, "-"); name != topic {
		return optionHelp(w, topic, name, columns)
	}
	var b strings.Builder
	chosen := inCategory(topic)
	switch {
	case topic == "category":
		writeTable(&b, categoryRows(), columns)
	case topic == "":
		fmt.Fprintf(&b, "Usage: curlew [options] <url>     lines of the input are sent, messages printed\n       curlew %s\n\n", strings.Join(commandNames(), "|"))
		writeTable(&b, optionRows(chosen), columns)
		fmt.Fprintf(&b, "\nMore: curlew --help <category>, --help --<option>, curlew <command> --help\n%s, all\n", groupNames())
	case len(chosen) == 0 && named(topic) != nil:
		return optionHelp(w, "--"+topic, topic, columns)
	case len(chosen) == 0:
		for i := range commands {
			if commands[i].name == topic && commands[i].help != "" {
				return commands[i].writeHelp(w, columns)
			}
		}
		return usagef("no help category %q; there are %s and all, and --help --NAME tells of an option", topic, groupNames())
	default:
		writeTable(&b, optionRows(chosen), columns)
	}
	_, err := io.WriteString(w, b.String())
	return written(err)
}

// optionHelp is all that the documents say of an option.
func optionHelp(w io.Writer, topic, name string, columns int) error {
	o, _ := find(name)
	if len(name) == 1 {
		o = findShort(name[0])
	}
	if o == nil {
		return unknown(topic, name)
	}
	about := o.help + "."
	if o.curl != "" {
		about += " " + o.differs() + "."
	}
	_, err := fmt.Fprintf(w, "%s\n  %s\n", o.written(), strings.Join(wrap(about, columns-2), "\n  "))
	return written(err)
}

// writeHelp shows how a command is used, with its options if it has some of its own.
func (c *command) writeHelp(w io.Writer, columns int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: curlew %s\n\n%s\n", c.written(), strings.Join(wrap(c.sentences(), columns), "\n"))
	for i, line := range c.uses {
		b.WriteString(strings.Repeat("\n", 1-min(i, 1)) + "  " + line + "\n")
	}
	if chosen := inCategory(c.name); len(chosen) > 0 {
		b.WriteString("\n")
		writeTable(&b, optionRows(chosen), columns)
	}
	_, err := io.WriteString(w, b.String())
	return written(err)
}

// written is how the command is written, behind curlew.
func (c *command) written() string { return strings.TrimSpace(c.name + " " + c.args) }

// sentences are all that is said of the command.
func (c *command) sentences() string { return strings.TrimSpace(c.help + ". " + c.about) }

// inCategory are a category's options by name; "" has the common ones.
func inCategory(category string) []option {
	var chosen []option
	for _, o := range options {
		if category == "all" || o.group == group(category) || category == string(gServe) && slices.Contains(shared, o.name) || category == "" && slices.Contains(common, o.name) {
			chosen = append(chosen, o)
		}
	}
	slices.SortFunc(chosen, func(a, b option) int { return cmp.Compare(a.name, b.name) })
	return chosen
}

func optionRows(chosen []option) (rows [][2]string) {
	for _, o := range chosen {
		rows = append(rows, [2]string{indent(o) + o.written(), o.help})
	}
	return rows
}

func categoryRows() (rows [][2]string) {
	for _, g := range groups {
		rows = append(rows, [2]string{" " + string(g.name), g.help})
	}
	return append(rows, [2]string{" all", "all options"})
}

// writeTable writes names and what they mean in two columns. Where that is wider
// than the terminal, long names have a line to themselves, and long texts several.
func writeTable(b *strings.Builder, rows [][2]string, columns int) {
	left, right := 0, 0
	for _, r := range rows {
		left, right = max(left, len(r[0])+2), max(right, len(r[1]))
	}
	if left+right > columns {
		left = min(left, max(20, columns*9/20))
	}
	for _, r := range rows {
		b.WriteString(r[0])
		at := len(r[0])
		for _, line := range wrap(r[1], columns-left) {
			if at > left-2 {
				b.WriteString("\n")
				at = 0
			}
			b.WriteString(strings.Repeat(" ", left-at) + line)
			at = columns
		}
		b.WriteString("\n")
	}
}

// wrap breaks text into lines of at most so many columns, unless a word is longer.
func wrap(text string, columns int) []string {
	var lines []string
	for word := range strings.FieldsSeq(text) {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(word) <= columns {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// columns is how wide the terminal is that the help is shown on, 80 if that
// cannot be known; the environment variable COLUMNS says it better.
func (s std) columns() int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return max(n, 40)
	}
	if n, _, err := term.GetSize(int(s.out.Fd())); err == nil && n > 0 {
		return max(n, 40)
	}
	return 80
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

// help is the command for those who expect it to be one: curlew help tls.
func help(s std, args []string) error {
	return writeHelp(s.out, strings.Join(args, " "), s.columns())
}
