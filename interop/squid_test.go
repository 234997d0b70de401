package interop

import (
	"crypto/md5"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/dial"
)

// forwarder is a squid that opens tunnels for user and password, by Basic or
// Digest, and for requests with the right header. Only it knows farHost.
type forwarder struct{ *server }

// The ports of a forwarder.
const (
	httpProxy = iota
	httpsProxy
	forwarderPorts
)

// proxyPass is the header's value.
const proxyPass = "let-me-through"

const squidConfig = `
http_port 127.0.0.1:%[2]d
https_port 127.0.0.1:%[3]d tls-cert=%[1]s/good.crt tls-key=%[1]s/good.key
auth_param digest program /usr/lib/squid/digest_file_auth %[1]s/digest
auth_param digest children 1 startup=1
auth_param digest realm curlew
auth_param basic program /usr/lib/squid/basic_ncsa_auth %[1]s/basic
auth_param basic children 1 startup=1
auth_param basic realm curlew
acl pass req_header X-Pass ^` + proxyPass + `$
acl known proxy_auth REQUIRED
http_access allow pass
http_access allow known
http_access deny all
hosts_file %[1]s/hosts
dns_nameservers 127.0.0.1
cache deny all
cache_mem 0
cache_log %[1]s/log
pid_filename none
access_log none
cache_store_log none
netdb_filename none
pinger_enable off
coredump_dir %[1]s
`

// squid starts a forwarder whose certificate is signed by ca.
func squid(t testing.TB, ca *authority) *forwarder {
	t.Helper()
	dir := t.TempDir()
	ca.writeLeaf(t, dir, "good", time.Now().Add(time.Hour), "localhost", "127.0.0.1")
	write(t, dir, "basic", fmt.Sprintf("%s:%x\n", userName, md5.Sum([]byte(password))))
	write(t, dir, "digest", userName+":"+password+"\n")
	write(t, dir, "hosts", "127.0.0.1 "+farHost+"\n")
	// The memory shared by its processes outlives it when it is killed.
	name := "curlew" + rand.Text()
	t.Cleanup(func() {
		left, err := filepath.Glob("/dev/shm/" + name + "-*")
		for _, file := range left {
			err = errors.Join(err, os.Remove(file))
		}
		if err != nil {
			t.Error(err)
		}
	})
	return &forwarder{start(t, program{
		name:    "squid",
		install: "apt-get install squid",
		ports:   forwarderPorts,
		dir:     dir,
		args: func(port []int) []string {
			return []string{"-N", "-d", "1", "-n", name, "-f", write(t, dir, "squid.conf", fmt.Sprintf(squidConfig, dir, port[httpProxy], port[httpsProxy]))}
		},
	})}
}

// write makes the file name in dir and returns its path.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// url returns the forwarder's URL for a port number. If password is not "", the URL
// has it, with the name of user.
func (f *forwarder) url(port int, password string) *url.URL {
	u := &url.URL{Scheme: "http", Host: loopback(f.port[port])}
	if port == httpsProxy {
		u.Scheme = "https"
	}
	if password != "" {
		u.User = url.UserPassword(userName, password)
	}
	return u
}

// proxyPorts are the ports for the tests of proxies, by name.
var proxyPorts = map[string]int{"http proxy": httpProxy, "https proxy": httpsProxy}

// TestHTTPProxy connects through squid with every login, to ws and to wss.
func TestHTTPProxy(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	p := squid(t, f.ca)
	for proxy, port := range proxyPorts {
		for login, auth := range map[string]dial.ProxyAuth{
			"Basic":  nil, // by the URL
			"Digest": dial.ProxyDigest(userName, password),
			"any":    dial.ProxyAnyAuth(userName, password),
			"header": func(string, string, *http.Response) (string, error) { return "", nil },
		} {
			t.Run(proxy+"/"+login, func(t *testing.T) {
				client := f.trusting()
				client.Net.Proxy = dial.ProxyURL(p.url(port, password))
				client.Net.ProxyTLS = client.Net.TLS
				client.Net.ProxyAuth = auth
				if login == "header" {
					client.Net.ProxyHeader = http.Header{"X-Pass": {proxyPass}}
				}
				via := loopback(p.port[port])
				reach(t, &client, f.at(farHost, plainPort, "/echo"), via)
				reach(t, &client, f.at(farHost, goodPort, "/echo"), via)
			})
		}
	}
}

// TestHTTPProxyRefuses checks that squid's refusals are errors without secrets.
func TestHTTPProxyRefuses(t *testing.T) {
	t.Parallel()
	const wrong = "open-barley"
	p := squid(t, newAuthority(t))
	unused := loopback(freePorts(t, 1)[0])
	for _, test := range []struct {
		name, password string
		auth           dial.ProxyAuth
		status         int
	}{
		{"no password", "", nil, http.StatusProxyAuthRequired},
		{"wrong for Basic", wrong, nil, http.StatusProxyAuthRequired},
		{"wrong for Digest", "", dial.ProxyDigest(userName, wrong), http.StatusProxyAuthRequired},
		{"wrong for any", "", dial.ProxyAnyAuth(userName, wrong), http.StatusProxyAuthRequired},
		{"nothing listening", password, nil, http.StatusServiceUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := plain
			client.Net.Proxy = dial.ProxyURL(p.url(httpProxy, test.password))
			client.Net.ProxyAuth = test.auth
			e := refusal[*dial.ConnectError](t, &client, "ws://"+unused, password, wrong)
			if got := e.Response.StatusCode; got != test.status {
				t.Errorf("status %d, expected %d", got, test.status)
			}
		})
	}
}

// TestProxyFromEnvironment uses the proxies of the environment, even for loopback.
func TestProxyFromEnvironment(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	p := squid(t, f.ca)
	environment := map[string]string{
		"HTTP_PROXY":  "http://" + loopback(freePorts(t, 1)[0]), // not read
		"http_proxy":  p.url(httpProxy, password).String(),
		"https_proxy": p.url(httpsProxy, password).String(),
		"no_proxy":    "localhost",
	}
	client := f.trusting()
	client.Net.Proxy = dial.EnvironmentProxy(func(name string) string { return environment[name] })
	client.Net.ProxyTLS = client.Net.TLS
	reach(t, &client, f.url(plainPort, "/echo"), loopback(p.port[httpProxy]))
	reach(t, &client, f.url(goodPort, "/echo"), loopback(p.port[httpsProxy]))
	reach(t, &client, f.at("localhost", goodPort, "/echo"), loopback(f.port[goodPort]))
}

// TestPreProxy connects through one proxy to another: SOCKS and HTTP in either
// order, and TLS inside TLS inside SOCKS.
func TestPreProxy(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	http := squid(t, f.ca)
	socks := microsocks(t)
	socksURL := &url.URL{Scheme: "socks5", Host: socks.addr(), User: url.UserPassword(userName, password)}
	for name, test := range map[string]struct {
		first, second *url.URL
		port          int
	}{
		"socks5, http":  {socksURL, http.url(httpProxy, password), plainPort},
		"socks5, https": {socksURL, http.url(httpsProxy, password), goodPort},
		"http, socks5":  {http.url(httpProxy, password), socksURL, goodPort},
		"https, socks5": {http.url(httpsProxy, password), socksURL, goodPort},
		"https, http":   {http.url(httpsProxy, password), http.url(httpProxy, password), goodPort},
	} {
		t.Run(name, func(t *testing.T) {
			client := f.trusting()
			client.Net.ProxyTLS = client.Net.TLS
			client.Net.PreProxy = test.first
			client.Net.Proxy = dial.ProxyURL(test.second)
			host := farHost
			if strings.HasSuffix(name, "socks5") {
				host = "127.0.0.1"
			}
			reach(t, &client, f.at(host, test.port, "/echo"), test.first.Host)
		})
	}
}
