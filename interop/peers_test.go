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

// npmWS starts peers/server.mjs, a server made with npm's ws.
func npmWS(t testing.TB) *server {
	t.Helper()
	const install = "(cd interop && npm ci)"
	if _, err := os.Stat("node_modules/ws/package.json"); err != nil {
		missing(t, "npm's ws is not there: "+err.Error(), install)
	}
	return start(t, program{
		name:    "node",
		install: "apt-get install nodejs npm, then " + install,
		ports:   1,
		args:    func(port []int) []string { return []string{"peers/server.mjs", strconv.Itoa(port[0])} },
	})
}

// pythonWebsockets starts peers/server.py, a server made with Python's
// websockets. Debian's python sees Debian's packages; another in PATH may not.
func pythonWebsockets(t testing.TB) *server {
	t.Helper()
	const (
		python  = "/usr/bin/python3"
		install = "apt-get install python3-websockets"
	)
	if out, err := exec.Command(python, "-c", "import websockets").CombinedOutput(); err != nil {
		missing(t, "Python's websockets is not there: "+err.Error()+"\n"+string(out), install)
	}
	return start(t, program{
		name:    python,
		install: install,
		ports:   1,
		args:    func(port []int) []string { return []string{"-u", "peers/server.py", strconv.Itoa(port[0])} },
	})
}

// libwebsockets starts the test server that comes with it. Its protocol
// lws-mirror-protocol sends back what it receives, as text and in messages of
// at most some 4 KiB, however the bytes came.
func libwebsockets(t testing.TB) *server {
	t.Helper()
	return start(t, program{
		name:    "libwebsockets-test-server",
		install: "apt-get install libwebsockets-test-server",
		ports:   1,
		args:    func(port []int) []string { return []string{"-p", strconv.Itoa(port[0]), "-i", "lo", "-d", "7"} },
	})
}
