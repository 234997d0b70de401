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
//
// What holds for every peer:
//
//   - It is one process on a port that was free, and its whole configuration is
//     made by the test.
//   - Its process group is killed when its test ends, and the kernel kills it
//     if the test process dies first. No test leaves a process behind.
//   - What it printed is shown if the test fails.
//   - A peer that is not installed skips its tests with the command that installs
//     it. With CI=true in the environment it fails them.
//
// The peers are started in Linux's ways; elsewhere the tests skip.
package interop
