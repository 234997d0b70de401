package dial

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// ProxyFromEnvironment is a function for Config.Proxy that reads the environment
// of the process as curl does. The first variable that is not empty counts:
//
//	ws    ws_proxy, WS_PROXY, http_proxy, all_proxy, ALL_PROXY
//	wss   wss_proxy, WSS_PROXY, https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY
//
// For http and https these are the same without the first two. HTTP_PROXY is not
// read, because a client can set it in CGI programs. no_proxy or NO_PROXY lists
// exceptions in the form of Config.NoProxy. Unlike with net/http, loopback hosts
// are not exceptions by default.
func ProxyFromEnvironment(u *url.URL) (*url.URL, error) {
	return EnvironmentProxy(os.Getenv)(u)
}

// EnvironmentProxy is [ProxyFromEnvironment] for the environment that getenv reads.
// getenv must return "" for a variable that is not set.
func EnvironmentProxy(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	return func(u *url.URL) (*url.URL, error) {
		addr, _, err := target(u)
		if err != nil {
			return nil, err
		}
		_, exceptions := firstSet(getenv, "no_proxy", "NO_PROXY")
		name, value := firstSet(getenv, proxyVariables(strings.ToLower(u.Scheme))...)
		if value == "" || noProxy(exceptions, addr) {
			return nil, nil
		}
		p, err := ParseProxy(value)
		if err != nil {
			return nil, fmt.Errorf("environment variable %s: %w", name, err)
		}
		return p, nil
	}
}

func proxyVariables(scheme string) []string {
	names := []string{scheme + "_proxy", strings.ToUpper(scheme) + "_PROXY"}
	switch scheme {
	case "ws":
		names = append(names, "http_proxy")
	case "http":
		names = names[:1]
	case "wss":
		names = append(names, "https_proxy", "HTTPS_PROXY")
	}
	return append(names, "all_proxy", "ALL_PROXY")
}

// firstSet returns the first of the variables that is not empty.
func firstSet(getenv func(string) string, names ...string) (name, value string) {
	for _, name := range names {
		if value := getenv(name); value != "" {
			return name, value
		}
	}
	return "", ""
}
