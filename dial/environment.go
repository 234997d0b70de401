package dial

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// ProxyFromEnvironment is a function for Config.Proxy that reads the process's
// environment as curl does. The first variable that is set and not empty counts:
//
//	ws    ws_proxy, WS_PROXY, http_proxy, all_proxy, ALL_PROXY
//	wss   wss_proxy, WSS_PROXY, https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY
//
// and likewise without the first two for http and https. HTTP_PROXY is not
// read, because in CGI programs a client can set it. no_proxy or NO_PROXY lists
// exceptions in the form of Config.NoProxy. Unlike net/http, loopback hosts are
// no exception by themselves.
func ProxyFromEnvironment(u *url.URL) (*url.URL, error) {
	return EnvironmentProxy(os.Getenv)(u)
}

// EnvironmentProxy is [ProxyFromEnvironment] for the environment that getenv
// reads, which answers "" for a variable that is not set.
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

// firstSet is the first of the variables that is not empty.
func firstSet(getenv func(string) string, names ...string) (name, value string) {
	for _, name := range names {
		if value := getenv(name); value != "" {
			return name, value
		}
	}
	return "", ""
}
