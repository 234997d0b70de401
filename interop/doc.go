// Package interop holds curlew's tests against real peers: WebSocket servers
// and proxies that other people wrote, started on loopback for the time of one
// test.
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
// What holds for every peer:
//
//   - It is one process, with those that it starts, on ports that were free, and
//     its whole configuration is made by the test.
//   - Its process group is killed when its test ends, and the kernel kills it
//     if the test process dies first. No test leaves a process behind.
//   - Daemons that do not serve root run as nobody if the tests run as root.
//   - What it printed is shown if the test fails.
//   - A peer that is not installed skips its tests with the command that installs
//     it. With CI=true in the environment it fails them.
//
// The peers are started in Linux's ways; elsewhere the tests skip.
package interop
