package handshake

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func extensionHeader(values ...string) http.Header { return http.Header{extensionsField: values} }

// formatExtensions returns list in the form that ParseExtensions parses.
func formatExtensions(list []Extension) string {
	var b strings.Builder
	for i, e := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.Name)
		for _, p := range e.Params {
			b.WriteString("; " + p.String())
		}
	}
	return b.String()
}

func TestParseExtensions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []string
		want   string // formatted
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{" , ,\t"}, ""},
		{[]string{"a"}, "a"},
		{[]string{"a,b"}, "a, b"},
		{[]string{",a,, b ,"}, "a, b"},
		{[]string{"a; x", "b;y=1"}, "a; x, b; y=1"},
		{[]string{"a;x;x=2;x"}, "a; x; x=2; x"},
		{[]string{" a ; x = 1\t;\ty , a"}, "a; x=1; y, a"},
		{[]string{`a; x="1"; y="b\c\"`, `b`}, "error"},
		{[]string{`a; x="1"; y="b\c", b`}, "a; x=1; y=bc, b"},
		{[]string{`a; x="\1"`}, "a; x=1"},
		{[]string{"a b"}, "error"},
		{[]string{"a;"}, "error"},
		{[]string{"a;,b"}, "error"},
		{[]string{";x"}, "error"},
		{[]string{"=x"}, "error"},
		{[]string{"a;=1"}, "error"},
		{[]string{"a;x="}, "error"},
		{[]string{"a;x=;y"}, "error"},
		{[]string{"a;x=1 2"}, "error"},
		{[]string{"a;x=1=2"}, "error"},
		{[]string{"a=1"}, "error"},
		{[]string{"a/b"}, "error"},
		{[]string{"a; x=é"}, "error"},
		{[]string{`a; x=""`}, "error"},
		{[]string{`a; x="1 2"`}, "error"},
		{[]string{`a; x="1,2"`}, "error"},
		{[]string{`a; x="1`}, "error"},
		{[]string{`a; x="1\`}, "error"},
		{[]string{`a; x="\"1"`}, "error"},
		{[]string{`a; x="1"2`}, "error"},
		{[]string{`"a"`}, "error"},
		{[]string{"good", "a;"}, "error"},
	} {
		list, err := ParseExtensions(extensionHeader(c.values...))
		got := formatExtensions(list)
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%q: %q (%v), want %q", c.values, got, err, c.want)
		}
		if err != nil && !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%q: %T", c.values, err)
		}
	}
}

func TestCheckExtensions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ answer, offered, want string }{
		{"", "", ""},
		{"", "a", ""},
		{"a; x=1", "b, a; y", ""},
		{"a, b", "b, a", ""},
		{"a", "", `only what was offered, got "a"`},
		{"A", "a", `only what was offered, got "A"`},
		{"a, c", "b, a", `got "c"`},
		{"a;", "a", "name; param"},
		{"a", "a;", "name; param"},
	} {
		err := CheckExtensions(extensionHeader(c.answer), extensionHeader(c.offered))
		checkError(t, c.answer, err, c.want)
	}
	if err := CheckExtensions(http.Header{}, nil); err != nil {
		t.Error(err)
	}
	if err := CheckExtensions(extensionHeader("a"), nil); !errors.As(err, new(*UpgradeError)) {
		t.Errorf("%v, want an *UpgradeError", err)
	}
}

// FuzzExtensions checks that a parsed list, formatted and parsed again, is the same.
func FuzzExtensions(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits, x; y=\"1\"", "a")
	f.Add(` , a ; x = "\a" `, "b;,")
	f.Add(`a; x="1, 2"`, "")
	f.Fuzz(func(t *testing.T, a, b string) {
		list, err := ParseExtensions(extensionHeader(a, b))
		if err != nil {
			if list != nil {
				t.Errorf("%q, %q: both %v and %v", a, b, list, err)
			}
			return
		}
		again, err := ParseExtensions(extensionHeader(formatExtensions(list)))
		if err != nil || !reflect.DeepEqual(again, list) {
			t.Errorf("%q, %q: %v, then %v, %v", a, b, list, again, err)
		}
		for _, d := range []Deflate{{}, {ServerBits: 9, ClientBits: 10}} {
			checkAgreement(t, d, extensionHeader(a, b))
		}
	})
}

// checkAgreement checks that client and server read the same agreement in the
// server's answer to any offers.
func checkAgreement(t *testing.T, prefs Deflate, offers http.Header) {
	t.Helper()
	agreed, answer := prefs.Accept(offers)
	if agreed == nil {
		if answer != "" {
			t.Errorf("%q: declined with %q", offers, answer)
		}
		return
	}
	list, err := ParseExtensions(extensionHeader(answer))
	if err != nil || len(list) != 1 {
		t.Fatalf("%q: answer %q: %v", offers, answer, err)
	}
	said, err := parseDeflate(list[0], true)
	if err != nil {
		t.Fatalf("%q: answer %q: %v", offers, answer, err)
	}
	said.ServerBits, said.ClientBits = bits(said.ServerBits), bits(said.ClientBits)
	if said != *agreed {
		t.Errorf("%q: agreed %+v, but the answer %q says %+v", offers, *agreed, answer, said)
	}
}
