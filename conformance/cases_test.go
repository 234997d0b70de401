package conformance

import (
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// TestCases counts the cases of each section. It checks that each has a number
// of its own, a clause and a title.
func TestCases(t *testing.T) {
	want := map[string]int{"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1, "12": 90, "13": 126, "20": 58}
	got, seen := map[string]int{}, map[string]bool{}
	for _, c := range Cases() {
		section, _, _ := strings.Cut(c.ID, ".")
		got[section]++
		if seen[c.ID] {
			t.Errorf("%s: a second case of this number", c.ID)
		}
		seen[c.ID] = true
		for _, part := range strings.Split(c.ID, ".") {
			if _, err := strconv.Atoi(part); err != nil {
				t.Errorf("%s: expected a number such as 5.6", c.ID)
			}
		}
		if c.Title == "" || c.Section == "" || len(c.steps) < 2 {
			t.Errorf("%s: expected a title, a section and steps, got %q, %q and %d", c.ID, c.Title, c.Section, len(c.steps))
		}
	}
	for section, n := range want {
		if got[section] != n {
			t.Errorf("section %s has %d cases, expected %d", section, got[section], n)
		}
	}
	if n := len(seen) - got["20"]; n != 517 {
		t.Errorf("%d cases in sections 1 to 13, expected 517", n)
	}
}

// TestParseErrors checks that every kind of fault is found, and its line.
func TestParseErrors(t *testing.T) {
	for body, want := range map[string]string{
		"\tsend text":                                               `1: expected a case before "send text"`,
		"case 1.1":                                                  "expected a number, a clause, a colon and a title",
		"case 1.1 RFC 6455 5: {a}":                                  "expected a number, a clause, a colon and a title",
		"case 1.1 RFC 6455 5: t\n\tsend":                            "send: expected the type of a frame",
		"case 1.1 RFC 6455 5: t\n\tsend texts":                      `op3 to op15, got "texts"`,
		"case 1.1 RFC 6455 5: t\n\tsend op16":                       `op3 to op15, got "op16"`,
		"case 1.1 RFC 6455 5: t\n\tsend text abc":                   `got "abc"`,
		"case 1.1 RFC 6455 5: t\n\tsend text \"a":                   "expected a string as in Go",
		"case 1.1 RFC 6455 5: t\n\tsend text 1@nosuch":              `expected the name of a data set, got "nosuch"`,
		"case 1.1 RFC 6455 5: t\n\tsend text x:\"a\"":               `expected a number before :, got "x"`,
		"case 1.1 RFC 6455 5: t\n\trepeat 2\n\tsend text":           "expected the end of repeat",
		"case 1.1 RFC 6455 5: t\n\tend":                             `expected a step, got "end"`,
		"case 1.1 RFC 6455 5: t\n\tfail":                            "expected close codes, or any",
		"case 1.1 RFC 6455 5: t\n\tshould echo":                     "expected should fail",
		"case 1.1 RFC 6455 5: t\n\tshould fail any":                 "expected the close codes of a failure",
		"case 1.1 RFC 6455 5: t\n\tmay fail":                        "expected may echo",
		"case 1.1 RFC 6455 5: t\n\techo now":                        `expected nothing more, got "now"`,
		"case 1.1 RFC 6455 5: t\n\tdeflate all":                     `got "all"`,
		"case 1.1 RFC 6455 5: t\neach a b = 1 2, 3":                 `1: 1.1 RFC 6455 5: t: expected 2 values, got "3"`,
		"case 1.1 RFC 6455 5: t\n\tsend text cut=a 00":              "expected a number in cut=a",
		"case 1.1 RFC 6455 5: t\n\tfail any":                        "expected the close codes of a failure",
		"case 1.1 RFC 6455 5: t\n\tdeflate any / max_window_bits=7": `got "max_window_bits=7"`,
		"\n# nothing\ncase 1.1 RFC 6455 5: t\neach a, b":            "4: expected = after the names",
	} {
		_, err := parseFiles(fstest.MapFS{"cases/a.txt": {Data: []byte(body)}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "cases/a.txt:") {
			t.Errorf("%q: error %v, expected %q", body, err, want)
		}
	}
}

// TestExpand expands a block with two tables.
func TestExpand(t *testing.T) {
	const text = `section 8 Examples
case 8.{n}  RFC 6455 5: {high}{low} {rest}
	send text {high} {low}
	echo
each high =
	61, 62
each low rest = 63 as it is,
	64 as it was
case 8.{n}  RFC 6455 5: the last
	send text
`
	list, err := parseCases("a.txt", text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range list {
		got = append(got, c.ID+" "+c.Title)
	}
	const want = "8.1 6163 as it is|8.2 6164 as it was|8.3 6263 as it is|8.4 6264 as it was|8.5 the last"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s, expected %s", s, want)
	}
	if p := list[3].steps[0].(send).Payload.Bytes(nil, nil); string(p) != "bd" {
		t.Errorf("the payload is %q, expected \"bd\"", p)
	}
}

func TestSelect(t *testing.T) {
	for patterns, want := range map[string]int{"": len(Cases()), "6.4": 4, "6.4.1": 1, "6": 145, "1": 16, "6.4 6.4.2 6": 145, "2.1": 1} {
		list, err := Select(Cases(), strings.Fields(patterns)...)
		if err != nil || len(list) != want {
			t.Errorf("%q: %d cases, %v, expected %d", patterns, len(list), err, want)
		}
	}
	if _, err := Select(Cases(), "6.4", "8"); err == nil || !strings.Contains(err.Error(), `"8"`) {
		t.Errorf("error %v, expected one about \"8\"", err)
	}
}
