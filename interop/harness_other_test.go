//go:build !linux

package interop

import (
	"os/exec"
	"runtime"
	"testing"
)

func isolate(t testing.TB, _ *exec.Cmd) {
	t.Helper()
	t.Skipf("real peers are started on linux only, not on %s", runtime.GOOS)
}

func demote(testing.TB, *exec.Cmd, string) {}

func killGroup(cmd *exec.Cmd) { cmd.Process.Kill() }
