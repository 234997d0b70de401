package interop

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// scripted are the peers that play the roles described in peers/.
var scripted = map[string]func(testing.TB) *server{
	"npm ws":            npmWS,
	"python websockets": pythonWebsockets,
}

const (
	installWS     = "(cd interop && npm ci)"
	installNode   = "apt-get install nodejs npm, then " + installWS
	installPython = "apt-get install python3-websockets"

	// python is Debian's, which finds Debian's packages; another in PATH may not.
	python = "/usr/bin/python3"
)

// npmWS starts peers/server.mjs, a server made with npm's ws.
func npmWS(t testing.TB) *server {
	t.Helper()
	needWS(t)
	return start(t, program{
		name:    "node",
		install: installNode,
		ports:   1,
		args:    func(port []int) []string { return []string{"peers/server.mjs", strconv.Itoa(port[0])} },
	})
}

// npmWSClient returns the command for peers/client.mjs, a client made with npm's ws.
func npmWSClient(t testing.TB, url string) *exec.Cmd {
	t.Helper()
	needWS(t)
	node, err := find("node")
	if err != nil {
		missing(t, err.Error(), installNode)
	}
	return exec.Command(node, "peers/client.mjs", url)
}

func needWS(t testing.TB) {
	t.Helper()
	if _, err := os.Stat("node_modules/ws/package.json"); err != nil {
		missing(t, "npm's ws is not there: "+err.Error(), installWS)
	}
}

// pythonWebsockets starts peers/server.py, a server made with Python's
// websockets.
func pythonWebsockets(t testing.TB) *server {
	t.Helper()
	needWebsockets(t)
	return start(t, program{
		name:    python,
		install: installPython,
		ports:   1,
		args:    func(port []int) []string { return []string{"-u", "peers/server.py", strconv.Itoa(port[0])} },
	})
}

// pythonWebsocketsClient returns the command for peers/client.py, a client made
// with Python's websockets.
func pythonWebsocketsClient(t testing.TB, url string) *exec.Cmd {
	t.Helper()
	needWebsockets(t)
	return exec.Command(python, "peers/client.py", url)
}

func needWebsockets(t testing.TB) {
	t.Helper()
	if out, err := exec.Command(python, "-c", "import websockets").CombinedOutput(); err != nil {
		missing(t, "Python's websockets is not there: "+err.Error()+"\n"+string(out), installPython)
	}
}

// libwebsockets starts the library's test server. Its protocol
// lws-mirror-protocol sends back what it receives, as text, in messages of
// at most some 4 KiB, however the bytes arrived.
func libwebsockets(t testing.TB) *server {
	t.Helper()
	return start(t, program{
		name:    "libwebsockets-test-server",
		install: "apt-get install libwebsockets-test-server",
		ports:   1,
		args:    func(port []int) []string { return []string{"-p", strconv.Itoa(port[0]), "-i", "lo", "-d", "7"} },
	})
}
