package main

import (
	"strings"
	"testing"
	"time"
)

// TestProgressLine: the line is shorter than the terminal is wide, and as long as
// the one before.
func TestProgressLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		out, in, total int64
		columns        int
		want           string
	}{
		{50, 40, 100, 80, "[#############             ]  50%  50 of 100 sent, 40 received, 45/s"},
		{50, 40, 100, 200, "[###############               ]  50%  50 of 100 sent, 40 received, 45/s"},
		{50, 40, 100, 60, "[###   ]  50%  50 of 100 sent, 40 received, 45/s"},
		{50, 40, 100, 40, " 50%  50 of 100 sent, 40 received, 45/s"},
		{50, 40, 100, 10, " 50%  50 "},
		{50, 40, 100, 0, ""},
		{1 << 20, 40, 0, 80, "1M sent, 40 received, 512k/s"},
		{999 << 20, 999 << 20, 999 << 20, 80, "[##########################] 100%  999M of 999M sent, 999M received, 999M/s"},
	} {
		now := totals{out: counts{Payload: test.out}, in: counts{Payload: test.in}}
		got := progressLine(now, 2*time.Second, test.total, test.columns)
		if strings.TrimRight(got, " ") != strings.TrimRight(test.want, " ") || len(got) != min(79, max(0, test.columns-1)) {
			t.Errorf("%d columns: expected %q, came %q", test.columns, test.want, got)
		}
	}
}
