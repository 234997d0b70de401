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

// A client is this program again, built with only one library, so that the memory
// of the others does not count. The tag "one" leaves all libraries out, and the
// name of a library includes that one.

// programs builds clients, each when it is first needed.
type programs struct {
	module string            // the package to build
	dir    string            // the directory for the files
	built  map[string]string // the files, by library
}

func newPrograms() (*programs, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, errors.New("this program has no build information")
	}
	dir, err := os.MkdirTemp("", "curlew-bench-*")
	return &programs{info.Main.Path, dir, map[string]string{}}, err
}

// remove removes the programs.
func (b *programs) remove() { os.RemoveAll(b.dir) }

// of returns the program for clients of p. If a peer is not available, that is this
// program, which reports why.
func (b *programs) of(p *peer) (string, error) {
	if b == nil || dials[p.name] == nil {
		return os.Args[0], nil
	}
	library := p.library()
	if b.built[library] == "" {
		name := filepath.Join(b.dir, library)
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		out, err := exec.Command("go", "build", "-tags", "one,"+library, "-o", name, b.module).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("building the client that links %s: %w\n%s", library, err, out)
		}
		b.built[library] = name
	}
	return b.built[library], nil
}
