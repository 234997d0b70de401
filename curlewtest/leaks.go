package curlewtest

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var leakChecks atomic.Int64

// NoLeaks makes the end of the test wait for every goroutine that the test starts from
// now on. The test fails with the stacks of those that do not end. Cleanups
// registered after NoLeaks run before its check, so call it first.
//
// It marks the calling goroutine with a profiler label. A goroutine inherits the
// label from the one that starts it, so parallel tests do not disturb each other.
// A subtest needs its own call. NoLeaks misses goroutines that set profiler
// labels and those that a timer starts.
func NoLeaks(tb testing.TB) {
	tb.Helper()
	mark := fmt.Sprintf("curlewtest%d", leakChecks.Add(1))
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(mark, "started by this test")))
	tb.Cleanup(func() {
		pprof.SetGoroutineLabels(context.Background())
		if left := awaitMarked(mark); len(left) > 0 {
			tb.Errorf("goroutines leaked:\n%s", strings.Join(left, "\n"))
		}
	})
}

// awaitMarked waits up to about five seconds for the goroutines that carry
// mark to end, and returns the stacks of those that have not.
func awaitMarked(mark string) (left []string) {
	for try := range 142 {
		time.Sleep(time.Duration(try/2) * time.Millisecond)
		if left = marked(mark); len(left) == 0 {
			break
		}
	}
	return left
}

// marked returns the stacks of the goroutines that carry mark, equal ones
// together. It reads the profile because that includes labels; the records of a
// profile end with an empty line.
func marked(mark string) (stacks []string) {
	var profile bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&profile, 1)
	for record := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(record, `"`+mark+`"`) && !permanent(record) {
			stacks = append(stacks, record)
		}
	}
	return stacks
}

// permanent reports whether a stack is of a goroutine that the standard library
// starts once and never ends.
func permanent(stack string) bool { return strings.Contains(stack, "\tos/signal.") }
