package curlew_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/curlew-ws/curlew"

// imports says, of the packages that have a place in the layers, which of the
// module's packages each may import. Data flows one way through them.
var imports = map[string][]string{
	"":                     {"internal/wire", "internal/protocol", "internal/handshake", "internal/deflate", "internal/auth", "internal/socket", "dial"},
	"/internal/wire":       {},
	"/internal/protocol":   {"internal/wire"},
	"/internal/handshake":  {},
	"/internal/deflate":    {},
	"/internal/auth":       {},
	"/internal/socket":     {},
	"/dial":                {"internal/auth", "internal/socket"},
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
