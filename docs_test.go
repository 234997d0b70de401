package curlew_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// TestConnectionsTable checks the table of docs/connections.md: the fields and
// tests that it names are there, no row goes without a test, and no field of
// dial.Config and dial.TLSOptions without a row.
func TestConnectionsTable(t *testing.T) {
	structs := map[string]reflect.Type{
		"Client":     reflect.TypeFor[curlew.Client](),
		"Net":        reflect.TypeFor[dial.Config](),
		"TLSOptions": reflect.TypeFor[dial.TLSOptions](),
	}
	named := map[string]bool{}
	quoted := regexp.MustCompile("`([^`]+)`")
	for _, row := range connectionRows(t) {
		for _, match := range quoted.FindAllStringSubmatch(row[1], -1) {
			named[match[1]] = true
			prefix, field, _ := strings.Cut(match[1], ".")
			if s, ok := structs[prefix]; !ok {
				t.Errorf("%s: no struct of name %q", row[0], prefix)
			} else if _, ok := s.FieldByName(field); !ok {
				t.Errorf("%s: there is no %s", row[0], match[1])
			}
		}
		tests := quoted.FindAllStringSubmatch(row[3], -1)
		if len(tests) == 0 && !strings.HasPrefix(row[0], "**") {
			t.Errorf("%s: no test is named", row[0])
		}
		for _, match := range tests {
			if !testExists(t, match[1]) {
				t.Errorf("%s: there is no %s", row[0], match[1])
			}
		}
	}
	for _, prefix := range []string{"Net", "TLSOptions"} {
		for field := range structs[prefix].Fields() {
			if name := prefix + "." + field.Name; !named[name] {
				t.Errorf("%s has no row", name)
			}
		}
	}
}

// connectionRows returns the cells of the table's rows: what, library, curl,
// proved by.
func connectionRows(t *testing.T) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("docs/connections.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| what | library | curl | proved by |\n|---|---|---|---|\n")
	if !found {
		t.Fatal("the table is not there")
	}
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		if len(cells) != 4 {
			t.Fatalf("expected 4 cells, came %d: %s", len(cells), line)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

// testExists reports whether there is a function of this name, package.Func, in
// that package's tests.
func testExists(t *testing.T, name string) bool {
	t.Helper()
	pkg, function, _ := strings.Cut(name, ".")
	dir, ok := map[string]string{
		"curlew": ".", "dial": "dial", "interop": "interop", "bench": "bench", "tool": "cmd/curlew", "auth": "internal/auth", "deflate": "internal/deflate",
		"handshake": "internal/handshake", "protocol": "internal/protocol", "wire": "internal/wire",
	}[pkg]
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "\nfunc "+function+"(") {
			return ok
		}
	}
	return false
}
