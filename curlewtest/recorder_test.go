package curlewtest_test

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func parseURL(s string) (*url.URL, error) { return url.Parse(s) }

// A recorder is a testing.TB whose failures are kept instead of reported, so
// that a check can be seen to fail.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	text     []string
	failed   bool
	cleanups []func()
}

// run calls f on a goroutine that may end by Fatal, then the cleanups.
func (r *recorder) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.clean()
		f()
	}()
	<-done
}

// clean calls the cleanups, the rest also if one ends by Fatal.
func (r *recorder) clean() {
	if len(r.cleanups) == 0 {
		return
	}
	last := len(r.cleanups) - 1
	f := r.cleanups[last]
	r.cleanups = r.cleanups[:last]
	defer r.clean()
	f()
}

func (r *recorder) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.text, "\n")
}

func (r *recorder) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text, r.failed = append(r.text, text), true
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Cleanup(f func())          { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Error(args ...any)         { r.add(fmt.Sprintln(args...)) }
func (r *recorder) Errorf(f string, a ...any) { r.add(fmt.Sprintf(f, a...)) }
func (r *recorder) Fatal(args ...any)         { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); runtime.Goexit() }
