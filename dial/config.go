package dial

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Func connects to addr and returns the stream. addr is "host:port", or a path if
// network is "unix". A Func has the form of net.Dialer's DialContext. It returns
// when ctx ends, and does not keep ctx after it has returned.
type Func func(ctx context.Context, network, addr string) (net.Conn, error)

// Config configures how to connect to a host. The zero value, and a nil *Config,
// connect directly by TCP, with the operating system's resolver. Proxies of the
// environment are used only if Proxy is [ProxyFromEnvironment].
//
// Any number of goroutines may use a Config at once, if none changes it.
type Config struct {
	// TLS configures the handshake with the host. Dial uses a copy. In the copy,
	// the URL's host replaces an empty ServerName, and the protocols passed to
	// Dial, if any, replace NextProtos. Nil is the zero tls.Config. Package curltls
	// makes one from curl's options.
	TLS *tls.Config

	// NoALPN sends no ALPN extension, whatever Dial or TLS ask for.
	// curl --no-alpn, CURLOPT_SSL_ENABLE_ALPN.
	NoALPN bool

	// Proxy returns the proxy for a URL, or nil for none. If Proxy is nil, none is
	// used. [ProxyFromEnvironment] is the default of curl. [ProxyURL] always
	// returns the same one, as curl --proxy. Schemes and ports are those of
	// [ParseProxy]. HTTP proxies get a CONNECT request for both ws and wss.
	Proxy func(u *url.URL) (*url.URL, error)

	// PreProxy is a proxy of any kind, through which to connect to Proxy, or to the
	// host if there is no other proxy. curl --preproxy, CURLOPT_PRE_PROXY.
	PreProxy *url.URL

	// NoProxy lists hosts for which neither proxy is used, separated by commas or
	// spaces. A name includes its subdomains. Addresses, address ranges like
	// 10.0.0.0/8, and * for every host are possible, too.
	// curl --noproxy, CURLOPT_NOPROXY.
	NoProxy string

	// ProxyHeader is sent with CONNECT to HTTP proxies, and nowhere else.
	// curl --proxy-header, CURLOPT_PROXYHEADER.
	ProxyHeader http.Header

	// ProxyAuth authenticates to Proxy if that is an HTTP proxy. It may be
	// [ProxyDigest], [ProxyAnyAuth] or your own. Nil sends the user and password of
	// the proxy's URL by the Basic scheme.
	// curl --proxy-digest and similar options, CURLOPT_PROXYAUTH.
	ProxyAuth ProxyAuth

	// Head, if not nil, is called with the head of each CONNECT request and of each
	// reply to it. sent is true for requests. The heads are unchanged, credentials
	// included. Head runs on the goroutine of Dial, and must not keep head. curl -v.
	Head func(sent bool, head []byte)

	// ProxyTLS configures the handshake with https proxies, as TLS does for the
	// host. The only protocol offered is http/1.1.
	// curl --proxy-cacert and the other TLS options that begin with --proxy-.
	ProxyTLS *tls.Config

	// UnixSocket is the path of a Unix socket to connect to instead of the URL's
	// host. No name is looked up, and no proxy is used. A leading @ stands for the
	// abstract name space of Linux.
	// curl --unix-socket and --abstract-unix-socket.
	UnixSocket string

	// NetDial, if not nil, replaces name lookup, TCP and the Unix socket. It
	// connects to the first hop, which is a proxy or the host.
	// CURLOPT_OPENSOCKETFUNCTION is the most similar option of libcurl.
	NetDial Func

	// ConnectTo redirects connections: "host:port:host:port" as in curl
	// --connect-to. The first entry whose first half matches the URL counts. An
	// empty field of the first half matches anything. One of the second half stands
	// for what the URL has. TLS still verifies the URL's host.
	ConnectTo []string

	// Resolve sets the addresses of hosts, proxies included, which are then not
	// looked up: "host:port:address[,address]..." as in curl --resolve. The host
	// may be *. A leading + is allowed. "-host:port" removes an earlier entry.
	Resolve []string

	// DNSServers are the addresses of the DNS servers to use instead of the
	// system's, with or without a port. curl --dns-servers.
	DNSServers []string

	// DoHURL is the https URL of a server to look up names by DNS over HTTPS (RFC
	// 8484). It is not used for localhost. curl --doh-url. DoHTLS configures TLS
	// with that server. curl --doh-insecure.
	DoHURL string
	DoHTLS *tls.Config

	// IPVersion is 4 or 6 to use only addresses of that family, or 0 for both.
	// curl --ipv4 and --ipv6, CURLOPT_IPRESOLVE.
	IPVersion int

	// HappyEyeballs is the head start of an address before the next one is tried
	// concurrently. The families take turns (RFC 8305). 0 is 200 ms. If it is
	// negative, the next address is tried only after the last one has failed.
	// curl --happy-eyeballs-timeout-ms.
	HappyEyeballs time.Duration

	// Interface is what connections are made from: the name of a network interface,
	// or an address or host name of this machine. If a name could be either, use
	// "if!name", "host!name" or "ifhost!interface!host".
	// curl --interface.
	Interface string

	// LocalPort is the local port to connect from; 0 is any. LocalPortRange is the
	// number of ports to try, beginning with LocalPort, if some are in use; 0 is 1.
	// curl --local-port, CURLOPT_LOCALPORT and CURLOPT_LOCALPORTRANGE.
	LocalPort, LocalPortRange int

	// KeepAlive configures TCP keep-alive if its Enable is set. Otherwise probes are
	// sent every 15 s. curl --keepalive-time, --keepalive-cnt.
	KeepAlive net.KeepAliveConfig

	// NoKeepAlive turns TCP keep-alive off. curl --no-keepalive.
	NoKeepAlive bool

	// Nagle turns TCP_NODELAY off: the system may delay small writes to join them.
	// curl --no-tcp-nodelay.
	Nagle bool

	// ConnectTimeout limits the time of the whole Dial: lookup, connect, proxies and
	// TLS. 0 is no limit. curl --connect-timeout.
	ConnectTimeout time.Duration

	// TLSTimeout limits the time of each TLS handshake, with the host and with a
	// proxy. 0 is no limit other than ConnectTimeout.
	TLSTimeout time.Duration
}

// Timings has the duration of each stage of a Dial. It is 0 for a stage that was
// not reached. A stage that failed counts until its failure.
type Timings struct {
	Lookup  time.Duration // looking up names, those of proxies included
	Connect time.Duration // connecting to the first hop, after its addresses are known
	Proxy   time.Duration // negotiating with proxies, TLS with them included
	TLS     time.Duration // the TLS handshake with the host
}
