package dial

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Func reaches addr ("host:port", or a path if network is "unix") and returns
// the stream to it. It has the shape of net.Dialer's DialContext, obeys the
// end of ctx, and does not keep ctx after it returned.
type Func func(ctx context.Context, network, addr string) (net.Conn, error)

// Config says how to reach a host. The zero value, and a nil *Config, connect
// directly by TCP with the operating system's resolver; proxies named by the
// environment are used only if Proxy asks for them.
//
// A Config may be used by many goroutines at once as long as nobody changes it.
type Config struct {
	// TLS configures the handshake with the host. Dial works on a copy, in
	// which an empty ServerName becomes the URL's host, and NextProtos the
	// protocols Dial was asked for. Nil is the zero tls.Config.
	// Module curltls makes one from curl's options.
	TLS *tls.Config

	// NoALPN sends no ALPN extension, whatever Dial or TLS ask for.
	// curl --no-alpn, CURLOPT_SSL_ENABLE_ALPN.
	NoALPN bool

	// Proxy names the proxy for a URL, or none by returning nil. Nil is no proxy;
	// [ProxyFromEnvironment] does as curl does by default, and [ProxyURL] always
	// answers the same, as curl --proxy. Schemes and ports are those of
	// [ParseProxy]. HTTP proxies are asked by CONNECT for ws and wss alike.
	Proxy func(u *url.URL) (*url.URL, error)

	// PreProxy is a proxy of any kind by which to reach Proxy or, where that is
	// none, the host. curl --preproxy, CURLOPT_PRE_PROXY.
	PreProxy *url.URL

	// NoProxy lists hosts for which neither proxy is used, separated by commas
	// or spaces: names, which stand for their subdomains too, addresses,
	// address ranges like 10.0.0.0/8, and * for every host.
	// curl --noproxy, CURLOPT_NOPROXY.
	NoProxy string

	// ProxyHeader is sent with CONNECT to HTTP proxies, and only there.
	// curl --proxy-header, CURLOPT_PROXYHEADER.
	ProxyHeader http.Header

	// ProxyAuth authenticates to Proxy if that is an HTTP proxy: [ProxyDigest],
	// [ProxyAnyAuth] or one's own. Nil sends user and password of the proxy's
	// URL by the Basic scheme.
	// curl --proxy-digest and its like, CURLOPT_PROXYAUTH.
	ProxyAuth ProxyAuth

	// Head, if not nil, is called with the head of each CONNECT request (sent)
	// and reply as they are, credentials included, by the goroutine that dials.
	// It must not keep them. curl -v.
	Head func(sent bool, head []byte)

	// ProxyTLS configures the handshake with https proxies, as TLS that with
	// the host; the only protocol offered is http/1.1.
	// curl --proxy-cacert and the other --proxy- twins of TLS options.
	ProxyTLS *tls.Config

	// UnixSocket is the path of a unix socket to connect to instead of the
	// URL's host; no name is looked up and no proxy is used. A leading @
	// stands for the abstract name space of Linux.
	// curl --unix-socket and --abstract-unix-socket.
	UnixSocket string

	// NetDial, if not nil, takes the place of name lookup and TCP, and of the
	// unix socket: it reaches the first hop, be that a proxy or the host.
	// CURLOPT_OPENSOCKETFUNCTION is the closest relative.
	NetDial Func

	// ConnectTo sends connections elsewhere: "host:port:host:port" as in
	// curl --connect-to. The first entry whose first half fits the URL counts;
	// an empty field there fits anything, in the second half it keeps what the
	// URL says. TLS is still with the URL's host.
	ConnectTo []string

	// Resolve gives addresses to hosts, the proxies included:
	// "host:port:address[,address]..." as in curl --resolve, also with the host
	// *, a leading +, or "-host:port" to take back an earlier entry. Such a host
	// is not looked up.
	Resolve []string

	// DNSServers are asked instead of the system's: addresses, with or without
	// a port. curl --dns-servers.
	DNSServers []string

	// DoHURL, an https URL, looks names up by DNS over HTTPS (RFC 8484) there,
	// localhost excepted. curl --doh-url. DoHTLS configures TLS with that
	// server. curl --doh-insecure.
	DoHURL string
	DoHTLS *tls.Config

	// IPVersion 4 or 6 uses addresses of that family only; 0 is either.
	// curl --ipv4 and --ipv6, CURLOPT_IPRESOLVE.
	IPVersion int

	// HappyEyeballs is the head start of an address before the next one is
	// tried at the same time, the families taking turns (RFC 8305). 0 is 200 ms;
	// if negative, the next one waits for the failure of the last.
	// curl --happy-eyeballs-timeout-ms.
	HappyEyeballs time.Duration

	// Interface is where connections come from: the name of a network
	// interface, an address or host name of this machine, or if one must be
	// told from the other "if!name", "host!name" or "ifhost!interface!host".
	// curl --interface.
	Interface string

	// LocalPort is the local port to connect from, and LocalPortRange how many
	// to try from there on if it is taken; 0 is 1.
	// curl --local-port, CURLOPT_LOCALPORT and CURLOPT_LOCALPORTRANGE.
	LocalPort, LocalPortRange int

	// KeepAlive tunes TCP keepalive if its Enable is set; otherwise probes go
	// out every 15 s. curl --keepalive-time, --keepalive-cnt.
	KeepAlive net.KeepAliveConfig

	// NoKeepAlive turns TCP keepalive off. curl --no-keepalive.
	NoKeepAlive bool

	// Nagle lets the system hold small writes back to join them, by turning
	// TCP_NODELAY off. curl --no-tcp-nodelay.
	Nagle bool

	// ConnectTimeout limits the whole call of Dial: lookup, connect, proxies
	// and TLS. 0 is no limit. curl --connect-timeout.
	ConnectTimeout time.Duration

	// TLSTimeout limits each TLS handshake, with the host and with a proxy.
	// 0 is no limit but ConnectTimeout's.
	TLSTimeout time.Duration
}

// Timings says how long each stage of a Dial took by itself. A stage that was
// not entered is 0; a failed one counts until its failure.
type Timings struct {
	Lookup  time.Duration // looking names up, the proxy's included
	Connect time.Duration // connecting to the first hop, once its addresses are known
	Proxy   time.Duration // talking to proxies, TLS with them included
	TLS     time.Duration // the TLS handshake with the host
}
