package curlew_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var quotedName = regexp.MustCompile("`([^`]+)`")

// tableRows returns the cells of those tables in text whose heading is this.
func tableRows(t *testing.T, text, heading string) (rows [][]string) {
	t.Helper()
	for _, after := range strings.Split(text, heading+"\n")[1:] {
		_, after, _ = strings.Cut(after, "\n") // the line below the heading
		for line := range strings.Lines(after) {
			if !strings.HasPrefix(line, "|") {
				break
			}
			cells := strings.Split(strings.Trim(line, "|\n"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("there is no table %s", heading)
	}
	return rows
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPerformanceTable checks docs/performance.md: every workload has a row that
// says where its figures are checked, and the tests and benchmarks named there
// are there.
func TestPerformanceTable(t *testing.T) {
	workloads := regexp.MustCompile(`\{Name: "([^"]+)", Kind`).FindAllStringSubmatch(readText(t, "bench/workload.go"), -1)
	if len(workloads) < 16 {
		t.Fatalf("found %d workloads in bench", len(workloads))
	}
	checked := map[string]bool{}
	for _, row := range tableRows(t, readText(t, "docs/performance.md"), "| workload | micro-benchmark | allocations or memory asserted by |") {
		for _, name := range strings.Split(row[0], ", ") {
			checked[name] = true
		}
		named := quotedName.FindAllStringSubmatch(row[1]+row[2], -1)
		if !strings.Contains(row[2], "`") {
			t.Errorf("%s: no test is named", row[0])
		}
		for _, match := range named {
			if !testExists(t, match[1]) {
				t.Errorf("%s: there is no %s", row[0], match[1])
			}
		}
	}
	for _, w := range workloads {
		if !checked[w[1]] {
			t.Errorf("workload %s has no row", w[1])
		}
		delete(checked, w[1])
	}
	for name := range checked {
		t.Errorf("there is a row, but no workload %s", name)
	}
}

// TestMissedGoals checks that each goal that the tables of docs/performance.md
// call missed is explained below them.
func TestMissedGoals(t *testing.T) {
	text := readText(t, "docs/performance.md")
	var explained []string
	for _, row := range tableRows(t, text, "| workload | by how much | why |") {
		explained = append(explained, strings.Split(row[0], ", ")...)
	}
	for _, row := range tableRows(t, text, "| workload | goal | that is | curlew | |") {
		if strings.Contains(row[4], "missed") && !slices.Contains(explained, row[0]) {
			t.Errorf("%s: %s is missed, and nothing says why", row[0], row[1])
		}
	}
}

// TestDependencies checks that docs/dependencies.md has a row for each module
// that a go.mod of this repository requires directly, under the heading of that
// go.mod, and no row for another.
func TestDependencies(t *testing.T) {
	text := readText(t, "docs/dependencies.md")
	for dir, heading := range map[string]string{".": "## The library", "cmd/curlew": "## The tool", "curltls": "## curltls", "bench": "## bench", "interop": "## interop"} {
		_, section, ok := strings.Cut(text, "\n"+heading+"\n")
		if !ok {
			t.Errorf("there is no heading %q", heading)
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		documented := map[string]bool{}
		for _, match := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(section, -1) {
			documented[match[1]] = true
		}
		for _, module := range directModules(t, dir) {
			if !documented[module] {
				t.Errorf("%s: %s has no row", dir, module)
			}
			delete(documented, module)
		}
		for module := range documented {
			t.Errorf("%s: there is a row for %s, which its go.mod does not require directly", dir, module)
		}
	}
}

// directModules returns the modules of others that a go.mod requires directly.
func directModules(t *testing.T, dir string) (modules []string) {
	t.Helper()
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if !r.Indirect && !strings.HasPrefix(r.Path, "github.com/curlew-ws/curlew") {
			modules = append(modules, r.Path)
		}
	}
	return modules
}
