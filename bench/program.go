package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
)

// A client is this program again; but a program that libcurl is linked into is
// 2 MiB larger, which is none of the other clients' doing. So where it is, they
// are this program built again without it.

// plainProgram returns the program that clients other than libcurl are, and
// what to call when it is of no more use.
func plainProgram() (name string, remove func(), err error) {
	if !linked {
		return os.Args[0], func() {}, nil
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", nil, errors.New("this program does not say how it was built")
	}
	dir, err := os.MkdirTemp("", "curlew-bench-*")
	if err != nil {
		return "", nil, err
	}
	name = filepath.Join(dir, "bench")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if out, err := exec.Command("go", "build", "-tags=", "-o", name, info.Main.Path).CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", nil, fmt.Errorf("building the clients without libcurl: %w\n%s", err, out)
	}
	return name, func() { os.RemoveAll(dir) }, nil
}

// program returns the program of a client.
func (r *measurement) program(c *cell) string {
	if r.plain == "" || peerNamed(c.Peer).foreign {
		return os.Args[0]
	}
	return r.plain
}
