// Package interop holds curlew's tests against real peers: WebSocket servers
// and proxies written by others. Each is started on loopback for the duration of
// one test.
//
// The peers and where they come from:
//
//	npm's ws             npm ci, in this folder
//	Python's websockets  Debian's python3-websockets
//	libwebsockets        Debian's libwebsockets-test-server
//	nginx                Debian's nginx-light, as a TLS front
//	Apache               Debian's apache2-bin, as a front that asks for Digest
//	squid                Debian's squid, an HTTP proxy over TCP and TLS
//	Dante, microsocks    Debian's dante-server and microsocks, SOCKS proxies
//	OpenSSH              Debian's openssh-client and -server, a SOCKS proxy
//	dnsdist              Debian's dnsdist, a name server over UDP, TCP and HTTPS
//	Chromium             Debian's chromium, a browser with the page of examples/chat
//
// Rules for every peer:
//
//   - It is one process, with its children, on ports that were free. The test
//     makes its whole configuration.
//   - Its process group is killed when its test ends. The kernel kills it if the
//     test process dies first. No test leaves a process running.
//   - Daemons that do not work as root run as nobody if the tests run as root.
//   - What it printed is shown if the test fails.
//   - If a peer is not installed, its tests are skipped with the command that
//     installs it. With CI=true in the environment they fail instead.
//
// Starting peers needs Linux; elsewhere the tests are skipped.
package interop
