package main

import (
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestDocs fails when a document is not what the tables make.
func TestDocs(t *testing.T) {
	t.Parallel()
	for file, write := range map[string]func(io.Writer) error{"../../docs/tool.md": writeDocs, "curlew.1": writeMan} {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s is stale: run go generate in cmd/curlew", file)
		}
	}
}

// TestShortHelp fails when the help of no category does not fit a screen.
func TestShortHelp(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := writeHelp(&b, "", 80); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) > 24 {
		t.Errorf("the short help has %d lines, more than 24", len(lines))
	}
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("more than 80 columns: %q", line)
		}
	}
	for _, name := range common {
		if o, on := find(name); o == nil || !on {
			t.Errorf("common names --%s, which is no option", name)
		}
	}
}

// TestCompletion fails for an option that a completion script lacks.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for shell, write := range map[string]func(io.Writer) error{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion, "powershell": powershellCompletion} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		words := map[string]bool{}
		for _, word := range strings.FieldsFunc(b.String(), func(r rune) bool { return strings.ContainsRune(" \n\t'[]()*,", r) }) {
			words[strings.TrimPrefix(word, "--")] = true
		}
		for _, o := range options {
			if !words[o.name] {
				t.Errorf("%s: --%s is missing", shell, o.name)
			}
		}
	}
}

// TestTable checks what each row of the table of options must be.
func TestTable(t *testing.T) {
	t.Parallel()
	names, shorts := map[string]bool{}, map[byte]bool{}
	for _, o := range options {
		if names[o.name] || o.short != 0 && shorts[o.short] {
			t.Errorf("--%s or -%c is there twice", o.name, o.short)
		}
		names[o.name], shorts[o.short] = true, true
		if why := whyRefused(o.name); why != "" {
			t.Errorf("--%s is also refused: %s", o.name, why)
		}
		if why := whyRefused("-" + string(o.short)); o.short != 0 && why != "" {
			t.Errorf("-%c is also refused: %s", o.short, why)
		}
		if len(o.help) > 55 || o.help == "" || strings.HasSuffix(o.help, ".") {
			t.Errorf("--%s: the help line is empty, longer than 55 bytes or ends with a dot: %q", o.name, o.help)
		}
		if o.set == nil && o.name != "help" {
			t.Errorf("--%s does nothing", o.name)
		}
	}
}

// TestCurlOptions fails for an option of curl that is neither here nor refused
// with the reason. The list is of curl 8.17, with what older ones had.
func TestCurlOptions(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("testdata/curl-options.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(list)) {
		if o, _ := find(name); o == nil && whyRefused(name) == "" {
			t.Errorf("--%s is neither here nor refused", name)
		}
	}
}

// TestElsewhere checks the options of other tools: what they are told to be here
// is here, and none of them is.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	for name, here := range elsewhere {
		if o, _ := find(name); o != nil || whyRefused(name) != "" {
			t.Errorf("--%s is no option of other tools only", name)
		}
		for _, flag := range regexp.MustCompile(`--?[a-z][a-z-]*`).FindAllString(here, -1) {
			o, _ := find(strings.TrimLeft(flag, "-"))
			if len(flag) == 2 {
				o = findShort(flag[1])
			}
			if o == nil {
				t.Errorf("--%s: there is no %s", name, flag)
			}
		}
	}
}

// TestHelpFits fails when a line of help is wider than the terminal.
func TestHelpFits(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{60, 80, 120} {
		for _, topic := range []string{"", "all", "category", "serve", "--framing-in", "-T"} {
			var b strings.Builder
			if err := writeHelp(&b, topic, columns); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if utf8.RuneCountInString(line)-1 > columns && topic != "" { // which is for 80
					t.Errorf("--help %s: more than %d columns: %q", topic, columns, line)
				}
			}
		}
	}
}

// TestVariables: the documents tell of each variable of -w.
func TestVariables(t *testing.T) {
	t.Parallel()
	told := curlVariables()
	for _, v := range onlyOurs {
		told = append(told, v.name)
	}
	slices.Sort(told)
	if want := slices.Sorted(maps.Keys(variables)); !slices.Equal(told, want) {
		t.Errorf("expected %q, got %q", want, told)
	}
}

// TestConnectionsFlags fails for a flag in the table of docs/connections.md that
// is no option here, nor one that is refused with a reason.
func TestConnectionsFlags(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/connections.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range regexp.MustCompile(`(?m)^\|.*\|.*\|(.*)\|.*\|$`).FindAllSubmatch(text, -1) {
		for _, flag := range regexp.MustCompile("`--?([a-zA-Z0-9][a-z0-9.-]*)").FindAllSubmatch(row[1], -1) {
			name := string(flag[1])
			o, _ := find(name)
			if o == nil && (len(name) > 1 || findShort(name[0]) == nil) && whyRefused(name) == "" {
				t.Errorf("-%s is no option", name)
			}
			n++
		}
	}
	if n < 50 {
		t.Errorf("found %d flags, expected 50 or more", n)
	}
}

// TestExamples: the examples of the documents are command lines that curlew takes.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, e := range examples {
		_, line, _ := strings.Cut("|"+strings.ReplaceAll(e.line, "| curlew", "|curlew"), "|curlew ")
		line, _, _ = strings.Cut(line, " <")
		words, err := shellWords(line)
		if err != nil {
			t.Fatal(err)
		}
		c := newConfig(std{os.Stdin, os.Stdout, os.Stderr})
		switch {
		case isPasted(words[0]):
			err = c.parsePasted(words[0], words[1:])
		case words[0] == "serve":
			err = c.parse(words[1:])
		default:
			err = c.parse(words)
		}
		if err != nil || len(c.urls) != 1 {
			t.Errorf("%s: %v, %q", e.line, err, c.urls)
		}
	}
}
