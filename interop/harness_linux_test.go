package interop

import (
	"os/exec"
	"syscall"
	"testing"
)

// isolate puts the process that cmd will start into a group of its own, and
// has the kernel kill it when the test process dies.
func isolate(_ testing.TB, cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup ends the process of cmd and all that it started.
func killGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
