package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each kind of goal is reached, within the noise, or missed, as the numbers demand.
func TestVerdicts(t *testing.T) {
	rows := func(cpu float64) []row {
		return []row{
			{result: result{Peer: "rawtcp", CPU: 20, Peak: 9 << 20}},
			{result: result{Peer: "gobwas", CPU: 100}},
			{result: result{Peer: "gorilla", CPU: 80}},
			{result: result{Peer: "curlew-next", CPU: cpu, Peak: 12 << 20}},
			{result: result{Peer: "curlew-recv", CPU: cpu + 50}},
		}
	}
	for _, c := range []struct {
		name, expected string
		goal           goal
		cpu            float64
	}{
		{"twice the floor", "reached", goal{figure: processorTime, times: 2, of: "rawtcp"}, 40},
		{"inside the noise", "level, 1.05 x", goal{figure: processorTime, times: 2, of: "rawtcp"}, 42},
		{"missed", "**missed**, 1.50 x", goal{figure: processorTime, times: 2, of: "rawtcp"}, 60},
		{"one of ours", "**missed**, 2.25 x", goal{figure: processorTime, ours: "curlew-recv", times: 2, of: "rawtcp"}, 40},
		{"and so much more", "reached", goal{figure: processorTime, times: 1, of: "rawtcp", plus: 30}, 50},
		{"the best", "**missed**, 1.12 x", goal{figure: processorTime, times: 1, of: best}, 90},
		{"a bound of its own", "**missed**, 2.00 x", goal{figure: processorTime, plus: 30}, 60},
		{"what has no noise", "**missed**, 1.09 x", goal{figure: peak, ours: "curlew-next", plus: 11 << 20}, 1},
		{"not measured", "", goal{figure: processorTime, times: 1, of: "coder"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := workload{Kind: receive, Floor: "rawtcp", Goals: []goal{c.goal}}
			got := ""
			if vs := w.verdicts(rows(c.cpu)); len(vs) == 2 {
				got = vs[0].String()
			}
			if got != c.expected {
				t.Errorf("got %q, expected %q", got, c.expected)
			}
		})
	}
}

// More rounds are for the peers that decide a goal within the noise. If there is no
// such goal, they are for none.
func TestClose(t *testing.T) {
	w := workload{Name: "w", Kind: receive, Floor: "rawtcp", Goals: []goal{{figure: processorTime, times: 2, of: "rawtcp"}}}
	all := func(cpu float64) results {
		return results{
			{Peer: "rawtcp", Workload: "w", CPU: 50},
			{Peer: "curlew-next", Workload: "w", CPU: cpu},
			{Peer: "curlew-recv", Workload: "w", CPU: cpu + 5},
			{Peer: "curlew-message", Workload: "w", CPU: 2 * cpu},
			{Peer: "gobwas", Workload: "w", CPU: 500},
			{Peer: "gorilla", Workload: "w", CPU: 900},
		}
	}
	if got := w.close(all(60)); len(got) > 0 {
		t.Errorf("got %v, expected none", got)
	}
	got := strings.Join(slices.Sorted(maps.Keys(w.close(all(104)))), " ")
	if expected := "curlew-next curlew-recv gobwas rawtcp"; got != expected {
		t.Errorf("got %q, expected %q", got, expected)
	}
}

// A prefix that begins no name is an error with the nearest name.
func TestChosen(t *testing.T) {
	for _, c := range []struct{ workloads, peers, expected string }{
		{"", "", ""},
		{"recv,idle", "curlew, gobwas", ""},
		{"recv-125b", "", `no workload "recv-125b"; did you mean recv-125B?`},
		{"recv", "gorila", `no peer "gorila"; did you mean gorilla?`},
		{"recv", "nonsense", `no peer "nonsense"; -list`},
	} {
		_, err := chosen(&options{workloads: c.workloads, peers: c.peers})
		if err == nil && c.expected != "" || err != nil && (c.expected == "" || !strings.Contains(err.Error(), c.expected)) {
			t.Errorf("-workloads %q -peers %q: got %v, expected %q", c.workloads, c.peers, err, c.expected)
		}
	}
}

// A workload named in full does not select those whose names continue.
func TestChosenInFull(t *testing.T) {
	for names, expected := range map[string]string{
		"idle":          "idle",
		"idle-":         "idle-tls idle-deflate idle-deflate-takeover",
		"idle, connect": "idle connect",
		"idle-d,idle":   "idle idle-deflate idle-deflate-takeover",
	} {
		ws, err := chosen(&options{workloads: names})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range ws {
			got = append(got, w.Name)
		}
		if strings.Join(got, " ") != expected {
			t.Errorf("-workloads %q: got %q, expected %q", names, got, expected)
		}
	}
}

// The summary counts the lines of the table, and has colours only at a terminal.
func TestConclude(t *testing.T) {
	g := goal{figure: processorTime, plus: 100}
	vs := []verdict{{g, "one", 50, 100}, {g, "two", 105, 100}, {g, "three", 300, 100}}
	var plain, coloured strings.Builder
	conclude(&plain, vs, false)
	conclude(&coloured, vs, true)
	if text := plain.String(); !strings.Contains(text, "Of 3 goals 1 are reached, 1 missed by less than the noise of 1.1 x, 1 missed") ||
		strings.Contains(text, "one") || !strings.Contains(text, "missed, 3.00 x") || strings.Contains(text, "\x1b") {
		t.Errorf("got %s", text)
	}
	if !strings.Contains(coloured.String(), "\x1b[31mmissed, 3.00 x\x1b[0m") {
		t.Errorf("got %q", coloured.String())
	}
}

// Tables go between the marks, and nothing else is changed. Missed goals without an
// explanation are found, and so are explanations of goals that were reached.
func TestInsert(t *testing.T) {
	g := goal{figure: processorTime, plus: 100}
	vs := []verdict{{g, "one", 300, 100}, {g, "two", 50, 100}, {g, "three", 200, 100}, {g, "four", 105, 100}}
	const notesByHand = "\n| workload | by how much | why |\n|---|---|---|\n| one, two | much | so |\n"
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("above\n"+begin+"old\n"+end+notesByHand), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := insert(file, "new\n", vs); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "above\n"+begin+"\nnew\n"+end+notesByHand {
		t.Errorf("got %s", got)
	}
	unexplained, reached := notes(notesByHand, vs)
	if strings.Join(unexplained, " ") != "three" || strings.Join(reached, " ") != "two" {
		t.Errorf("got %q unexplained, %q explained but reached", unexplained, reached)
	}
	if err := os.WriteFile(file, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := insert(file, "new\n", vs); err == nil || !strings.Contains(err.Error(), "expected the lines") {
		t.Errorf("without marks: got %v", err)
	}
}
