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

// A client is this program again, built with one library alone: what the others
// weigh in memory is none of its doing. The tag "one" leaves all out, and the
// name of a library takes that in.

// programs builds clients, each when it is wanted first.
type programs struct {
	module string            // what is built
	dir    string            // where it is put
	built  map[string]string // by library, the file
}

func newPrograms() (*programs, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, errors.New("this program does not say what it was built of")
	}
	dir, err := os.MkdirTemp("", "curlew-bench-*")
	return &programs{info.Main.Path, dir, map[string]string{}}, err
}

// remove removes what was built.
func (b *programs) remove() { os.RemoveAll(b.dir) }

// of returns the program that clients of p are. A peer that is not here is left
// to this program, which says why.
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
