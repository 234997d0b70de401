package dial

import (
	"runtime"
	"strings"
	"time"
)

// stacks are the goroutines there are, but for the runtime's own.
func stacks() []string {
	buf := make([]byte, 1<<20)
	all := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	var own []string
	for _, s := range all {
		if !strings.Contains(s, "os/signal") {
			own = append(own, s)
		}
	}
	return own
}

// eventually polls a condition that comes true without an event to wait for.
func eventually(cond func() bool) bool {
	for range 500 {
		if cond() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}
