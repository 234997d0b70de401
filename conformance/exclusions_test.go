package conformance

import (
	"strings"
	"testing"
)

func TestExclusions(t *testing.T) {
	x, err := ReadExclusions(strings.NewReader("# none of these\n\n1.1.1 a reason\n  1.1.2   another one \n"))
	if err != nil || len(x) != 2 || x["1.1.1"] != "a reason" || x["1.1.2"] != "another one" {
		t.Fatalf("%v, %v", x, err)
	}
	list, err := Select(Cases(), "1.1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range x.Unexpected([]Result{{Case: list[0], Outcome: Fail}, {Case: list[1], Outcome: Pass},
		{Case: list[2], Outcome: Pass}, {Case: list[3], Outcome: Lax}}) {
		got = append(got, r.Case.ID)
	}
	if s := strings.Join(got, " "); s != "1.1.2 1.1.4" {
		t.Errorf("unexpected are %s, expected an excluded case that passes and another that does not", s)
	}
	for _, text := range []string{"1.1.1", "1.1.1 ", "8.1 a reason", "1.1.1\tthere is no space"} {
		if _, err := ReadExclusions(strings.NewReader("# a comment\n" + text)); err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%q: error %v, expected one about line 2", text, err)
		}
	}
}

func TestWriteTable(t *testing.T) {
	list, err := Select(Cases(), "1.1.1", "1.1.2", "6.4.1", "12.1.1")
	if err != nil {
		t.Fatal(err)
	}
	results := []Result{{Case: list[0], Outcome: Pass}, {Case: list[1], Outcome: Fail, Reason: "why"},
		{Case: list[2], Outcome: Lax, Reason: "how"}, {Case: list[3], Outcome: Unsupported, Reason: "what"}}
	const want = `section                               pass  lax  unsupported  fail  of
1 Framing                             1     0    0            1     2
6 UTF-8                               0     1    0            0     1
12 permessage-deflate: kinds of data  0     0    1            0     1
all                                   1     1    1            1     4

1.1.2 (RFC 6455 5.2) fail: why
	a text of 125 bytes
`
	var b strings.Builder
	if err := WriteTable(&b, results); err != nil || !strings.HasPrefix(b.String(), want) {
		t.Errorf("%v:\n%s\nexpected\n%s...", err, b.String(), want)
	}
}
