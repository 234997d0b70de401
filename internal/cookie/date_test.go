package cookie

import (
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	t.Parallel()
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "06 nov 1994 8:49:37", "1994 November 6th 08:49:37.5Z",
		"6-NOV-94,08:49:37", "08:49:37 6 Nov 94 12:00:00 7 Dec 95", "Sun, 06 Nov 1994 08:49:37 +0200",
	} {
		if got, ok := parseDate(s); !ok || !got.Equal(want) {
			t.Errorf("%q: got %v, %v", s, got, ok)
		}
	}
	for s, year := range map[string]int{"1 Jan 69 0:0:0": 2069, "1 Jan 70 0:0:0": 1970, "1 Jan 00 0:0:0": 2000, "1 Jan 1601 0:0:0": 1601, "31 Dec 9999 23:59:59": 9999} {
		if got, ok := parseDate(s); !ok || got.Year() != year {
			t.Errorf("%q: got %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{
		"", "0", "Sun, 06 Nov 1994", "06 Nov 08:49:37", "Nov 1994 08:49:37", "06 1994 08:49:37", "32 Nov 1994 08:49:37", "31 Nov 1994 08:49:37", "29 Feb 2023 0:0:0",
		"0 Nov 1994 08:49:37", "06 Nov 1994 24:49:37", "06 Nov 1994 08:60:37", "06 Nov 1994 08:49:60", "06 Nov 1600 08:49:37", "06 Nov 1994 08:49", "06 Nov 1994 008:49:37",
		"06 Nov 1994 8x:49:37", "06 Nov 19940 08:49:37", "06 anf 1994 08:49:37",
	} {
		if got, ok := parseDate(s); ok {
			t.Errorf("%q: got %v", s, got)
		}
	}
}
