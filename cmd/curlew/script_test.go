package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"curlew": main, "curlew-status": tellStatus})
}

// tellStatus is main, which leaves in the file $STATUS what Linux says of the
// process and its reads at its end. The memory that wait4 tells of begins with the parent's.
func tellStatus() {
	code := run(arguments(), std{os.Stdin, os.Stdout, os.Stderr})
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		reads, _ := os.ReadFile("/proc/self/io")
		os.WriteFile(os.Getenv("STATUS"), append(status, reads...), 0o600)
	}
	os.Exit(code)
}

// TestScripts runs testdata/script: each file is a promise of the tool.
func TestScripts(t *testing.T) { runScripts(t, "testdata/script") }

// TestRememberedScripts runs testdata/remembered: each file is a fault that was
// met once, in curlew or in another tool, and must not come back.
func TestRememberedScripts(t *testing.T) { runScripts(t, "testdata/remembered") }

// runScripts runs the scripts of the folder dir.
func runScripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:                dir,
		ContinueOnError:    true,
		RequireUniqueNames: true,
		Cmds:               map[string]func(*testscript.TestScript, bool, []string){"code": expectCode, "envsubst": envsubst},
		Setup: func(e *testscript.Env) error {
			w := newWorld(e.T().(testing.TB), e.WorkDir)
			e.Defer(w.close)
			e.Vars = append(e.Vars, w.env...)
			return nil
		},
	})
}

// expectCode is the script command "code N program args...", which fails unless
// the program ends with exit code N.
func expectCode(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil {
		ts.Fatalf("usage: code N program args...")
	}
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("expected exit code %d, came %d", want, got)
	}
}

// envsubst is the script command "envsubst from to", which copies a file with
// the variables in it replaced by their values.
func envsubst(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: envsubst from to")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o666))
}

// TestOptionsHaveScripts fails for an option that no script uses, by its long
// name or its short one.
func TestOptionsHaveScripts(t *testing.T) {
	words := scriptWords(t)
	for _, o := range options {
		if !words["--"+o.name] && !words["--no-"+o.name] && (o.short == 0 || !words["-"+string(o.short)]) {
			t.Errorf("no script in testdata/script uses --%s", o.name)
		}
	}
}

// scriptWords are the options that the scripts' commands have; comments and the
// files in the scripts do not count.
func scriptWords(t *testing.T) map[string]bool {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts: ", err)
	}
	words := map[string]bool{}
	command := regexp.MustCompile(`(?m)^[^#\n]*\bcurlew .*$`)
	for _, file := range files {
		script, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range command.FindAllString(string(script.Comment), -1) {
			for _, word := range strings.Fields(line) {
				name, _, _ := strings.Cut(word, "=")
				words[name] = true
			}
		}
	}
	return words
}

// TestExitsHaveScripts fails for an exit code that codes.txtar does not provoke,
// and for one that it does but the table does not have.
func TestExitsHaveScripts(t *testing.T) {
	text, err := os.ReadFile("testdata/script/codes.txtar")
	if err != nil {
		t.Fatal(err)
	}
	provoked := map[int]bool{codeInterrupt: true, codeTerminate: true} // by TestInterrupt
	for _, match := range regexp.MustCompile(`(?m)^code (\d+) curlew `).FindAllStringSubmatch(string(text), -1) {
		code, _ := strconv.Atoi(match[1]) // digits
		provoked[code] = true
	}
	for _, e := range exits {
		if !provoked[e.code] {
			t.Errorf("no command of codes.txtar ends with exit code %d: %s", e.code, e.cause)
		}
		delete(provoked, e.code)
	}
	for code := range provoked {
		t.Errorf("codes.txtar expects exit code %d, which the table does not have", code)
	}
}

// TestExits fails for a row of the table of exit codes that can never be met,
// since one before it has its code.
func TestExits(t *testing.T) {
	seen := map[int]bool{}
	for _, e := range exits {
		if seen[e.code] {
			t.Errorf("exit code %d has two rows", e.code)
		}
		seen[e.code] = true
		if strings.TrimSpace(e.cause) == "" {
			t.Errorf("exit code %d has no cause", e.code)
		}
	}
}
