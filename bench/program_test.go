package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The libraries, by the tag that includes them.
var libraries = map[string]string{
	"curlew": "github.com/curlew-ws/curlew", "gorilla": "github.com/gorilla/websocket", "coder": "github.com/coder/websocket",
	"gobwas": "github.com/gobwas/ws", "gws": "github.com/lxzan/gws", "fasthttp": "github.com/fasthttp/websocket",
	"xnet": "golang.org/x/net/websocket",
}

// A client links only its own library, and works.
func TestClientsLinkOneLibrary(t *testing.T) {
	programs := &programs{".", t.TempDir(), map[string]string{}}
	w := workload{Kind: receive, Size: 125}
	host, stop, err := startServer(&w)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, p := range peers {
		if p.foreign || p.does&receive == 0 {
			continue
		}
		program, err := programs.of(&p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := startClient(program, cell{Peer: p.name, Workload: w, Host: host, Proof: true}); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	for library := range programs.built {
		out, err := exec.Command("go", "list", "-deps", "-tags", "one,"+library, ".").Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		for other, path := range libraries {
			if linked := slices.Contains(deps, path); linked != (other == library) {
				t.Errorf("the client of %s links %s: %v", library, path, linked)
			}
		}
	}
	if n := len(libraries) + 1; len(programs.built) != n {
		t.Errorf("%d programs were built, expected %d: one for each library and one for the floors", len(programs.built), n)
	}
}
