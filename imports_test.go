package curlew_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/curlew-ws/curlew"

// imports says, of the packages that have a place in the layers, which of the
// module's packages each may import. Data flows one way through them.
var imports = map[string][]string{
	"":                     {"internal/wire", "internal/protocol", "internal/handshake", "internal/deflate", "internal/auth", "internal/cookie", "internal/socket", "dial"},
	"/internal/wire":       {},
	"/internal/protocol":   {"internal/wire"},
	"/internal/handshake":  {},
	"/internal/deflate":    {},
	"/internal/auth":       {},
	"/internal/cookie":     {},
	"/internal/socket":     {},
	"/dial":                {"internal/auth", "internal/handshake", "internal/socket"},
	"/internal/wirescript": {"internal/handshake", "internal/protocol", "internal/wire"},
	"/curlewtest":          {"", "dial", "internal/handshake", "internal/echo", "internal/protocol", "internal/wire", "internal/wirescript"},
	"/internal/echo":       {""},
	"/reconnect":           {"", "dial", "internal/handshake"},
}

// sansIO are the packages that may not touch a socket or a clock, lockFree
// those of them that may not touch a lock or a pool either.
var (
	sansIO   = append(slices.Clone(lockFree), "/internal/deflate", "/internal/auth")
	lockFree = []string{"/internal/wire", "/internal/protocol", "/internal/handshake"}
)

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, layered := imports[name]
		if !layered {
			continue
		}
		seen++
		for _, i := range p.Imports {
			if ours, ok := strings.CutPrefix(i, module); ok && !slices.Contains(allowed, strings.TrimPrefix(ours, "/")) {
				t.Errorf("%s imports %s; expected only %v", p.ImportPath, i, allowed)
			}
			if slices.Contains(sansIO, name) && slices.Contains([]string{"net", "time", "os", "context"}, i) || slices.Contains(lockFree, name) && i == "sync" {
				t.Errorf("%s imports %s, but has no I/O", p.ImportPath, i)
			}
		}
	}
	if seen != len(imports) {
		t.Errorf("found %d of the %d packages that have a rule", seen, len(imports))
	}
}

// What a program that imports only this package downloads, and compiles besides
// the standard library and the packages of its own module.
var (
	importerModules  = []string{"golang.org/x/net", "golang.org/x/text"}
	importerPackages = []string{
		"golang.org/x/net/dns/dnsmessage", "golang.org/x/net/idna",
		"golang.org/x/text/secure/bidirule", "golang.org/x/text/transform", "golang.org/x/text/unicode/bidi", "golang.org/x/text/unicode/norm",
	}
)

// TestImporterCost fails if a client that dials, reads and writes needs another
// module, or another package of one, than it did.
func TestImporterCost(t *testing.T) {
	t.Parallel()
	var modules, packages []string
	out := goList(t, "-deps", "-f", "{{if .Module}}{{.Module.Path}} {{.ImportPath}}{{end}}", ".")
	for line := range strings.Lines(out) {
		path, pkg, _ := strings.Cut(strings.TrimSpace(line), " ")
		if path != module {
			modules, packages = append(modules, path), append(packages, pkg)
		}
	}
	slices.Sort(modules)
	if modules = slices.Compact(modules); !slices.Equal(modules, importerModules) {
		t.Errorf("got the modules %v, expected %v", modules, importerModules)
	}
	slices.Sort(packages)
	if !slices.Equal(packages, importerPackages) {
		t.Errorf("got the packages %v, expected %v", packages, importerPackages)
	}
}

// goList runs go list in this module alone.
func goList(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return string(out)
}
