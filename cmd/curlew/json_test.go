package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/curlew-ws/curlew"
)

// TestFramingJSON: values are told apart however they come, and what stands
// between them.
func TestFramingJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                               nil,
		" \n":                            nil,
		"1 2\n3":                         {"1", "2", "3"},
		"{}{}[]\"\"":                     {"{}", "{}", "[]", `""`},
		"{\n\"a\": \"}\\\"{\"\n}\n null": {"{\n\"a\": \"}\\\"{\"\n}", "null"},
		`"\\" "\\\""true[{"a":[]}]`:      {`"\\"`, `"\\\""`, "true", `[{"a":[]}]`},
	} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": iotest.DataErrReader, "bytes": iotest.OneByteReader} {
			in := newInput(wrap(strings.NewReader(text)), curlew.Text, framingJSON)
			var got []string
			for in.next() {
				got = append(got, string(in.message))
			}
			if in.err != nil || !slices.Equal(got, want) || in.taken != int64(len(text)) {
				t.Errorf("%s, %q: expected %q, got %q, %v, %d bytes", name, text, want, got, in.err, in.taken)
			}
		}
	}
	for _, text := range []string{"}", "1,2", "{]", `{"a":1}}`, "[1", `"`, "nul", "'a'"} {
		in := newInput(strings.NewReader(text), curlew.Text, framingJSON)
		for in.next() {
		}
		if exitCode(in.err) != codeRead {
			t.Errorf("%q: expected an error, got %v", text, in.err)
		}
	}
}

// TestRememberedPrettyBounds: a small message whose arrays are deep got so long
// by --pretty that it took all memory.
func TestRememberedPrettyBounds(t *testing.T) {
	t.Parallel()
	deep := func(depth, values int) []byte {
		open := strings.Repeat("[", depth)
		return []byte(open + strings.Repeat("1,", values) + "1" + strings.Repeat("]", depth))
	}
	for _, p := range [][]byte{deep(9000, 4000), deep(100, 300000), []byte(strings.Repeat("[", 100000)), []byte(strings.Repeat(`{"a":`, 9000) + `"b"` + strings.Repeat("}", 9000))} {
		if got := pretty(p); len(got) != len(p) {
			t.Errorf("%.20q…: %d bytes are %d", p, len(p), len(got))
		}
	}
	for _, text := range []string{`{"a":[1,{"b":"[[[[,\"{"},{}],"c":[]}`, " [ [ 1 , 2 ] , { } ] ", `"x"`, "7", "[", "]]]", `"`, string(deep(200, 1000))} {
		if got := pretty([]byte(text)); len(got) > indentedSize([]byte(text)) {
			t.Errorf("%s: expected at most %d bytes, got %d", text, indentedSize([]byte(text)), len(got))
		}
	}
}
