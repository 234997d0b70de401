package dial

import (
	"strings"
	"testing"
)

func TestEnvironmentProxy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		env  string // NAME=value, separated by semicolons
		url  string
		want string // host of the proxy; "" for none
	}{
		{"", "ws://h", ""},
		{"ws_proxy=a;WS_PROXY=b;http_proxy=c;all_proxy=d;ALL_PROXY=e", "ws://h", "a"},
		{"WS_PROXY=b;http_proxy=c;all_proxy=d;ALL_PROXY=e", "ws://h", "b"},
		{"http_proxy=c;all_proxy=d;ALL_PROXY=e", "WS://h", "c"},
		{"all_proxy=d;ALL_PROXY=e", "ws://h", "d"},
		{"ALL_PROXY=e", "ws://h", "e"},
		{"HTTP_PROXY=c;HTTPS_PROXY=x;https_proxy=x;wss_proxy=x;no_proxy=", "ws://h", ""},
		{"wss_proxy=a;WSS_PROXY=b;https_proxy=c;HTTPS_PROXY=d;all_proxy=e", "wss://h", "a"},
		{"WSS_PROXY=b;https_proxy=c;HTTPS_PROXY=d;all_proxy=e", "wss://h", "b"},
		{"https_proxy=c;HTTPS_PROXY=d;all_proxy=e", "wss://h", "c"},
		{"wss_proxy=;HTTPS_PROXY=d;all_proxy=e", "wss://h", "d"},
		{"http_proxy=x;ws_proxy=x", "wss://h", ""},
		{"http_proxy=c", "http://h", "c"},
		{"HTTP_PROXY=c;ws_proxy=x", "http://h", ""},
		{"https_proxy=c", "https://h", "c"},
		{"HTTPS_PROXY=c", "https://h", "c"},
		{"ws_proxy=a", "ws://127.0.0.1", "a"}, // loopback is no exception
		{"ws_proxy=a", "ws://localhost", "a"},
		{"ws_proxy=a;no_proxy=localhost", "ws://localhost:8080", ""},
		{"ws_proxy=a;NO_PROXY=127.0.0.0/8", "ws://127.0.0.1", ""},
		{"ws_proxy=a;no_proxy=other;NO_PROXY=h", "ws://h", "a"},
		{"ws_proxy=a;no_proxy=*", "ws://h", ""},
	}
	for _, tt := range tests {
		env := map[string]string{}
		for pair := range strings.SplitSeq(tt.env, ";") {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		got := ""
		u, err := EnvironmentProxy(func(name string) string { return env[name] })(mustURL(t, tt.url))
		if u != nil {
			got = u.Host
		}
		if err != nil || got != tt.want {
			t.Errorf("%s with %s: got %q, %v, want %q", tt.url, tt.env, got, err, tt.want)
		}
	}
}

func TestProxyFromEnvironment(t *testing.T) {
	for _, name := range []string{"ws_proxy", "WS_PROXY", "no_proxy", "NO_PROXY"} {
		t.Setenv(name, "")
	}
	t.Setenv("ws_proxy", "socks5h://there:1")
	u, err := ProxyFromEnvironment(mustURL(t, "ws://127.0.0.1"))
	if err != nil || u.String() != "socks5h://there:1" {
		t.Errorf("got %v, %v", u, err)
	}
	t.Setenv("ws_proxy", "gopher://there:1")
	if _, err := ProxyFromEnvironment(mustURL(t, "ws://127.0.0.1")); err == nil || !strings.Contains(err.Error(), "ws_proxy") {
		t.Errorf("got %v, want an error with the name of the variable", err)
	}
}
