package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// A hint is what to do about an error whose text does not say it.
type hint struct {
	fits func(*config, error) bool
	text string
}

// proxyVariable stands in a hint for the one of the environment that has the proxy.
const proxyVariable = "$VARIABLE"

// hints is the table; the first that fits counts.
var hints = []hint{
	{(*config).environmentsProxy, `the proxy is that of the environment variable ` + proxyVariable + `; -x "" goes without one, --noproxy HOST to one host`},
	{when(coded(codeProxyName)), "is the name of the proxy right?"},
	{(*config).meantCommand, "is that a command or an option? curlew --help shows them; a URL is as ws://host/path"},
	{when(coded(codeName)), "is the name right? --resolve HOST:PORT:ADDRESS gives an address for it"},
	{(*config).noSocket, "no server listens at this path"},
	{when(noTunnel), "is that a proxy, and does it let this port through?"},
	{when(is(syscall.EADDRINUSE)), "another program listens there; port 0 takes one that is free"},
	{(*config).retriesNot, "--retry does not repeat this without --retry-connrefused, nor that without --retry"},
	{when(is(syscall.ECONNREFUSED)), "nothing listens there: are host and port right?"},

	{(*config).lacksCert, "the server asked for a client certificate: -E FILE gives one, with --key FILE for its key if that is elsewhere"},
	{when(renegotiated), "the server asks anew within the session, as for a client certificate: -E FILE gives one"},
	{(*config).lacksKey, "--key FILE gives the key if it is not in the certificate's file"},
	{(*config).lacksProxyCert, "the proxy asked for a client certificate: --proxy-cert FILE gives one"},
	{when(alert("bad certificate", "unknown certificate", "unsupported certificate", "expired certificate", "revoked certificate", "certificate required", "access denied")), "the server does not accept the client certificate"},
	{when(alert("handshake failure", "insufficient security level")), "a server that knows only RSA key exchange or CBC is met by naming a suite, as --ciphers AES128-GCM-SHA256:AES128-SHA"},
	{(*config).wantsOlderTLS, "--tlsv1.0 goes back to older versions of TLS"},
	{when(alert("protocol version not supported")), "--tlsv1.2 goes back to older versions of TLS"},
	{when(alert("unrecognized name")), "the server does not know the URL's host by this name"},
	{when(nameless), "-k accepts it, and --pinnedpubkey beside it still makes sure of the server's key"},
	{when(isA[x509.HostnameError]), "the URL's host must be a name that the certificate has; --connect-to reaches it at another address"},
	{when(expired), "is this machine's clock right? -k accepts the certificate"},
	{when(insecureSignature), "-k accepts it, and --pinnedpubkey beside it still makes sure of the server's key"},
	{when(brokenOff), "does the port use plain ws:// instead?"},

	{when(cutHead), "something on the way may have cut it; --retry NUMBER with --retry-all-errors tries again"},
	{(*config).unansweredTLS, "is the URL's path that of the WebSocket? Some servers end the connection at any other"},
	{when(coded(codeNothing)), "is the URL's path that of the WebSocket? Some servers end the connection at any other; and a port that speaks TLS is reached by wss://"},
	{when(wantsTLS), "the port speaks TLS, and is reached by wss://"},
	{when(gotBytes(`"\x00\x00`)), "the port speaks HTTP/2 alone; the WebSocket handshake is one of HTTP/1.1"},
	{when(field("Sec-WebSocket-Protocol")), "--subprotocol NAME offers it"},
	{(*config).uncompressed, "--compressed offers it"},

	{when(otherVersion), "the server speaks another version of WebSocket, as its Sec-WebSocket-Version says"},
	{when(status(http.StatusBadRequest)), "does the server want a subprotocol (--subprotocol), an Origin (-H 'Origin: https://…'), or more in the query?"},
	{when(offersNone("basic", "digest", "bearer")), "the server wants a way to say who asks that is not spoken here"},
	{(*config).wantsDigest, "the server wants the scheme Digest: --digest, or --anyauth"},
	{(*config).wantsBasic, "the server wants the scheme Basic, which gives it the password: --basic, or --anyauth"},
	{(*config).wantsToken, "the server wants a token: --oauth2-bearer TOKEN"},
	{(*config).unaccepted, "the server does not accept these credentials"},
	{when(status(http.StatusUnauthorized)), "-u USER:PASSWORD or --oauth2-bearer TOKEN say who asks; --anyauth takes the scheme that the server wants"},
	{when(status(http.StatusForbidden)), "does the server want credentials, a cookie (-b), or an Origin (-H 'Origin: https://…')?"},
	{when(status(http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusOK)), "is the URL's path that of the WebSocket?"},
	{when(status(http.StatusUpgradeRequired, http.StatusBadGateway, http.StatusGatewayTimeout)), "a proxy on the way may not pass upgrades on"},
	{(*config).unfollowed, "-L follows redirects"},
	{(*config).downgraded, "from wss to ws only --location-trusted goes"},
	{(*config).retriable, "it may pass: --retry NUMBER repeats it"},

	{(*config).unpinged, "if it was silent for long, a proxy on the way may have cut it: --ping-interval 30 keeps it open"},
	{(*config).lacksFolder, "--create-dirs makes the directories of -o"},
}

// advised is the error's text and what to do about it.
func (c *config) advised(err error) string {
	text := plain(err)
	for _, h := range hints {
		if h.fits(c, err) && !strings.Contains(text, h.text) {
			return text + "; " + strings.ReplaceAll(h.text, proxyVariable, c.envProxy)
		}
	}
	return text
}

func when(fits func(error) bool) func(*config, error) bool {
	return func(_ *config, err error) bool { return fits(err) }
}

func coded(code int) func(error) bool {
	return func(err error) bool { return exitCode(err) == code }
}

// status matches upgrades refused with one of these.
func status(codes ...int) func(error) bool {
	return func(err error) bool {
		for _, code := range codes {
			if r := answer(err); refused(err) && r.StatusCode == code {
				return true
			}
		}
		return false
	}
}

// alert matches what ended by one of these alerts of TLS from the other end.
func alert(names ...string) func(error) bool {
	return func(err error) bool {
		op, ok := errors.AsType[*net.OpError](err)
		if !ok || op.Op != "remote error" {
			return false
		}
		for _, name := range names {
			if strings.Contains(op.Err.Error(), "tls: "+name) {
				return true
			}
		}
		return false
	}
}

// lacksCert matches what a client certificate might cure, the server having
// asked for one and got none.
func (c *config) lacksCert(err error) bool {
	return c.asked.server.Load() && (alert("")(err) || status(http.StatusBadRequest, http.StatusForbidden)(err))
}

// lacksKey matches a file of -E that has a certificate and no key.
func (c *config) lacksKey(err error) bool {
	return c.tls.Cert != "" && c.tls.Key == "" && exitCode(err) == codeCert && strings.Contains(err.Error(), "expected a private key, got none")
}

// renegotiated matches a server that asks anew within the session, which is
// allowed only with a client certificate.
func renegotiated(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "local error" && strings.Contains(op.Err.Error(), "no renegotiation")
}

func (c *config) lacksProxyCert(err error) bool {
	return c.asked.proxy.Load() && (alert("")(err) || isA[*dial.ConnectError](err))
}

// wantsOlderTLS matches a version of TLS that is below Go's least, unless that
// is the user's own wish.
func (c *config) wantsOlderTLS(err error) bool {
	older := alert("protocol version not supported")(err) ||
		tlsFailed(err) && (strings.Contains(err.Error(), "selected unsupported protocol version") || strings.Contains(err.Error(), "no supported versions satisfy"))
	return older && cmp.Or(c.tls.MinVersion, tls.VersionTLS12) <= tls.VersionTLS12
}

// nameless matches a certificate that has none of the names that are looked at,
// but perhaps a Common Name.
func nameless(err error) bool {
	e, ok := errors.AsType[x509.HostnameError](err)
	return ok && len(e.Certificate.DNSNames)+len(e.Certificate.IPAddresses) == 0
}

func expired(err error) bool {
	e, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && e.Reason == x509.Expired
}

func insecureSignature(err error) bool {
	return tlsFailed(err) && strings.Contains(err.Error(), "insecure algorithm")
}

// brokenOff matches a TLS handshake that the host ended without a word.
func brokenOff(err error) bool {
	return at(dial.TLS)(err) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET))
}

// cutHead matches an answer of which only the beginning came.
func cutHead(err error) bool {
	return exitCode(err) == codeNothing && strings.Contains(err.Error(), "expected the rest of the response head")
}

// unansweredTLS matches a handshake without an answer from a port that speaks
// TLS, as the URL says.
func (c *config) unansweredTLS(err error) bool {
	return exitCode(err) == codeNothing && c.secure
}

// wantsTLS matches what a port for TLS says to those who do not speak it: Go's
// server, nginx and others in HTTP, others by an alert.
func wantsTLS(err error) bool {
	h, ok := errors.AsType[*curlew.HandshakeError](err)
	return ok && status(http.StatusBadRequest)(err) && strings.Contains(string(h.Body), "HTTPS") || gotBytes(`"\x15\x03`)(err)
}

// gotBytes matches an answer that is no HTTP and begins so, as quoted.
func gotBytes(start string) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*handshake.SyntaxError](err)
		return ok && strings.HasPrefix(e.Got, start)
	}
}

// field matches an answer that agrees to what was not offered in this field.
func field(name string) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*handshake.UpgradeError](err)
		return ok && e.Field == "field "+name
	}
}

// uncompressed matches an answer that agrees to compression which was not
// offered.
func (c *config) uncompressed(err error) bool {
	return field("Sec-WebSocket-Extensions")(err) && c.client.Compression == nil && strings.Contains(err.Error(), handshake.DeflateName)
}

// unpinged matches a connection that was dropped, and not kept alive by PINGs.
func (c *config) unpinged(err error) bool {
	return exitCode(err) == codeDrop && c.client.PingInterval == 0
}

// environmentsProxy matches what fails on account of a proxy that the command
// line does not name.
func (c *config) environmentsProxy(err error) bool {
	return c.envProxy != "" && (at(dial.Proxy)(err) || isA[*dial.ConnectError](err))
}

// noTunnel matches the answer of what is rather a web server than a proxy.
func noTunnel(err error) bool {
	e, ok := errors.AsType[*dial.ConnectError](err)
	return ok && e.Response.StatusCode >= 400 && e.Response.StatusCode != http.StatusProxyAuthRequired
}

func (c *config) noSocket(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) && c.client.Net.UnixSocket != ""
}

// lacksFolder matches -o into a directory that is not there.
func (c *config) lacksFolder(err error) bool {
	return exitCode(err) == codeWrite && errors.Is(err, fs.ErrNotExist) && isA[*outputError](err)
}

// meantCommand matches a URL of one word, which is no name of a host.
func (c *config) meantCommand(err error) bool {
	return exitCode(err) == codeName && len(c.urls) == 1 && oneWord.MatchString(c.urls[0])
}

var oneWord = regexp.MustCompile(`^[A-Za-z-]+$`)

// retriesNot matches a refused connection that one of two options alone does
// not repeat.
func (c *config) retriesNot(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) && (c.retry > 0) != c.retryRefused && !c.retryAll
}
