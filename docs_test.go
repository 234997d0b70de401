package curlew_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// TestConnectionsTable checks the table of docs/connections.md: the fields and
// tests that it names are there, no row goes without a test, and no field of
// dial.Config and curltls.Options without a row.
func TestConnectionsTable(t *testing.T) {
	structs := map[string][]string{
		"Client":  fieldsOf(reflect.TypeFor[curlew.Client]()),
		"Net":     fieldsOf(reflect.TypeFor[dial.Config]()),
		"Options": optionFields(t),
	}
	named := map[string]bool{}
	quoted := regexp.MustCompile("`([^`]+)`")
	for _, row := range connectionRows(t) {
		for _, match := range quoted.FindAllStringSubmatch(row[1], -1) {
			named[match[1]] = true
			prefix, field, _ := strings.Cut(strings.TrimPrefix(match[1], "curltls."), ".")
			if !slices.Contains(structs[prefix], field) {
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
	for prefix, fields := range map[string][]string{"Net.": structs["Net"], "curltls.Options.": structs["Options"]} {
		for _, field := range fields {
			if !named[prefix+field] {
				t.Errorf("%s has no row", prefix+field)
			}
		}
	}
}

func fieldsOf(s reflect.Type) (names []string) {
	for field := range s.Fields() {
		names = append(names, field.Name)
	}
	return names
}

// optionFields returns the fields of curltls.Options, which is in another module.
func optionFields(t *testing.T) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "curltls/options.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == "Options" {
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				for _, name := range field.Names {
					names = append(names, name.Name)
				}
			}
		}
		return true
	})
	return names
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
		"curlew": ".", "dial": "dial", "interop": "interop", "bench": "bench", "tool": "cmd/curlew", "auth": "internal/auth", "curltls": "curltls", "deflate": "internal/deflate",
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
