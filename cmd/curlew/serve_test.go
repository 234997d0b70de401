package main

import "testing"

func TestListenAddr(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"8081": "127.0.0.1:8081", "0": "127.0.0.1:0", ":8081": ":8081", "localhost:0": "localhost:0",
		"localhost": "localhost:8080", "10.0.0.1": "10.0.0.1:8080", "::1": "[::1]:8080", "[::1]": "[::1]:8080", "[::1]:1": "[::1]:1",
		"ws://localhost:1/": "localhost:1", "wss://localhost": "localhost:8080",
		"localhost:http": "", "localhost:70000": "", "70000": "", "localhost:": "",
	} {
		got, err := listenAddr(arg)
		if got != want || (err != nil) != (want == "") || err != nil && exitCode(err) != codeUsage {
			t.Errorf("%q: expected %q, got %q, %v", arg, want, got, err)
		}
	}
}
