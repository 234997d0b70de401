package interop

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curltls"
	"github.com/curlew-ws/curlew/dial"
)

// TestTLSRefused dials an nginx whose certificate must not be accepted.
func TestTLSRefused(t *testing.T) {
	t.Parallel()
	f := nginx(t, loopback(freePorts(t, 1)[0])) // its backend is never reached
	trusting := f.trusting()
	another := curlew.Client{Net: dial.Config{TLS: &tls.Config{RootCAs: newAuthority(t).pool()}}}
	for _, test := range []struct {
		name   string
		client curlew.Client
		port   int
		cause  func(error) bool
	}{
		{"unknown authority", curlew.Client{}, goodPort, is[x509.UnknownAuthorityError]},
		{"another authority", another, goodPort, is[x509.UnknownAuthorityError]},
		{"another host", trusting, wrongHostPort, is[x509.HostnameError]},
		{"expired", trusting, expiredPort, func(err error) bool {
			invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
			return ok && invalid.Reason == x509.Expired
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.client.Dial(withPatience(t), f.url(test.port, "/echo"))
			var failed *dial.Error
			if !errors.As(err, &failed) || failed.Stage != dial.TLS || failed.Addr != loopback(f.port[test.port]) {
				t.Fatalf("error %v, expected a *dial.Error of stage TLS", err)
			}
			if !test.cause(err) {
				t.Errorf("error %v has another cause", err)
			}
		})
	}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// TestTLSByName dials localhost, by the name in the certificate.
func TestTLSByName(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	client := f.trusting()
	conn := connect(t, &client, fmt.Sprintf("wss://localhost:%d/echo", f.port[goodPort]))
	if _, err := conn.Ping(withPatience(t)); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

// TestRefused dials servers that answer with something other than an upgrade.
func TestRefused(t *testing.T) {
	t.Parallel()
	ws := npmWS(t)
	f := nginx(t, ws.addr())
	trusting := f.trusting()
	orphan := nginx(t, loopback(freePorts(t, 1)[0]))
	for _, test := range []struct {
		name, url string
		status    int
		body      string // "": not compared
	}{
		{"by nginx", f.url(plainPort, "/forbidden"), http.StatusForbidden, "not today\n"},
		{"by nginx with TLS", f.url(goodPort, "/forbidden"), http.StatusForbidden, "not today\n"},
		{"redirected", f.url(plainPort, "/moved"), http.StatusFound, ""},
		{"by npm ws", "ws://" + ws.addr() + "/nothing", http.StatusNotFound, "no role\n"},
		{"by npm ws through nginx", f.url(goodPort, "/nothing"), http.StatusNotFound, "no role\n"},
		{"nginx without a backend", orphan.url(plainPort, "/echo"), http.StatusBadGateway, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := trusting.Dial(withPatience(t), test.url)
			var refused *curlew.HandshakeError
			if !errors.As(err, &refused) {
				t.Fatalf("error %v, expected a *HandshakeError", err)
			}
			if got := refused.Response.StatusCode; got != test.status {
				t.Errorf("status %d, expected %d", got, test.status)
			}
			if test.body != "" && string(refused.Body) != test.body {
				t.Errorf("body %q, expected %q", refused.Body, test.body)
			}
		})
	}
}

// TestRedirected follows nginx's redirect, over TCP and over TLS.
func TestRedirected(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	client := f.trusting()
	client.MaxRedirects = 1
	for name, port := range map[string]int{"TCP": plainPort, "TLS": goodPort} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, &client, f.url(port, "/moved"))
			if hops := conn.Response().Hops; len(hops) != 1 || hops[0].StatusCode != http.StatusFound {
				t.Errorf("%d responses before the upgrade, expected the redirect alone", len(hops))
			}
			if _, err := conn.Ping(withPatience(t)); err != nil {
				t.Errorf("Ping: %v", err)
			}
		})
	}
}

// TestRedirectedAway follows nginx to another host. It must not get the client's
// secrets unless the client allows that.
func TestRedirectedAway(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	for _, test := range []struct {
		unrestricted bool
		received     string
	}{
		{false, ",,\n"},
		{true, "Bearer token,a=b,mine\n"},
	} {
		client := f.trusting()
		client.MaxRedirects = 5
		client.Unrestricted = test.unrestricted
		client.Auth = curlew.BearerAuth("token")
		client.Header = http.Header{"Cookie": {"a=b"}, "X-Own": {"mine"}}
		e := refusal[*curlew.HandshakeError](t, &client, f.url(goodPort, "/away"))
		if string(e.Body) != test.received || len(e.Response.Hops) != 1 {
			t.Errorf("unrestricted %t: got %q after %d hops, expected %q", test.unrestricted, e.Body, len(e.Response.Hops), test.received)
		}
	}
}

// TestRedirectedTooFar checks that a loop ends, and that no redirect leads from wss
// to ws.
func TestRedirectedTooFar(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	client := f.trusting()
	client.MaxRedirects = 3
	if e := refusal[*curlew.LimitError](t, &client, f.url(plainPort, "/round")); e.Name != "MaxRedirects" || e.Limit != 3 {
		t.Errorf("%+v, expected 3 of MaxRedirects", e)
	}
	e := refusal[*curlew.HandshakeError](t, &client, f.url(goodPort, "/down"))
	if e.Response.StatusCode != http.StatusMovedPermanently {
		t.Errorf("status %d, expected that of the redirect", e.Response.StatusCode)
	}
	client.Unrestricted = true
	reach(t, &client, f.url(goodPort, "/down"), loopback(f.port[plainPort]))
}

// TestRetryAfter reads from a refusal when to try again.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	f := nginx(t, loopback(freePorts(t, 1)[0]))
	e := refusal[*curlew.HandshakeError](t, &plain, f.url(plainPort, "/busy"))
	if got := e.Response.Header.Get("Retry-After"); got != "120" {
		t.Errorf("Retry-After is %q, expected 120", got)
	}
}

// TestClientCertificate opens a path that nginx serves only to clients with a
// certificate.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	file := func(name string) string { return filepath.Join(f.dir, name) }
	url := f.url(mutualPort, "/echo")
	client := curlew.Client{Net: dial.Config{TLS: tlsConfig(t, curltls.Options{CAFile: file("ca.crt")})}}
	if e := refusal[*curlew.HandshakeError](t, &client, url); e.Response.StatusCode != http.StatusBadRequest {
		t.Errorf("without: status %d, expected %d", e.Response.StatusCode, http.StatusBadRequest)
	}
	client.Net.TLS = tlsConfig(t, curltls.Options{CAFile: file("ca.crt"), Cert: file("good.crt"), Key: file("good.key")})
	reach(t, &client, url, loopback(f.port[mutualPort]))
}

func tlsConfig(t testing.TB, o curltls.Options) *tls.Config {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestPinnedKey accepts only nginx's key.
func TestPinnedKey(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	pins := curltls.Options{CAFile: filepath.Join(f.dir, "ca.crt"), PinnedPublicKey: "sha256//" + strings.Repeat("A", 43) + "="}
	client := curlew.Client{Net: dial.Config{TLS: tlsConfig(t, pins)}}
	url := f.url(goodPort, "/echo")
	pins.PinnedPublicKey += ";" + refusal[*dial.PinError](t, &client, url).Key
	client.Net.TLS = tlsConfig(t, pins)
	reach(t, &client, url, loopback(f.port[goodPort]))
}

// TestUnixSocket connects to nginx by a socket in the file system.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	client := curlew.Client{Net: dial.Config{UnixSocket: filepath.Join(f.dir, "socket")}}
	reach(t, &client, "ws://"+farHost+"/echo", client.Net.UnixSocket)
}

// TestConnectTo connects to another address; the certificate is for the URL's host.
func TestConnectTo(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	client := f.trusting()
	client.Net.ConnectTo = []string{farHost + "::127.0.0.1:" + strconv.Itoa(f.port[goodPort])}
	reach(t, &client, "wss://"+farHost+"/echo", loopback(f.port[goodPort]))
}

// TestBasicAuth opens a path that nginx serves only with a password.
func TestBasicAuth(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	at := func(userinfo string) string {
		return fmt.Sprintf("ws://%s@%s/private", userinfo, loopback(f.port[plainPort]))
	}
	conn := connect(t, &plain, at(userName+":"+password))
	if _, err := conn.Ping(withPatience(t)); err != nil {
		t.Errorf("Ping: %v", err)
	}

	const wrong = "open-barley"
	_, err := plain.Dial(withPatience(t), at(userName+":"+wrong))
	var refused *curlew.HandshakeError
	if !errors.As(err, &refused) || refused.Response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("wrong password: error %v, expected a *HandshakeError with status 401", err)
	}
	if strings.Contains(err.Error(), wrong) {
		t.Errorf("the error contains the password: %v", err)
	}
}

// TestSubprotocol offers several subprotocols, of which the peer chooses one.
func TestSubprotocol(t *testing.T) {
	t.Parallel()
	client := curlew.Client{Subprotocols: []string{"first", "second"}}
	conn := connect(t, &client, "ws://"+npmWS(t).addr()+"/subprotocol")
	if got := conn.Subprotocol(); got != "second" {
		t.Errorf("subprotocol %q, expected %q", got, "second")
	}
}
