package main

import (
	"net/http"
	"net/url"
	"time"
)

var networkOptions = []option{
	{"connect-timeout", 0, "<seconds>", gConnect, "Limit lookup, connect, proxies and TLS together", "", seconds(func(c *config) *time.Duration { return &c.client.Net.ConnectTimeout })},
	{"tls-timeout", 0, "<seconds>", gConnect, "Limit each TLS handshake", onlyHere, seconds(func(c *config) *time.Duration { return &c.client.Net.TLSTimeout })},
	{"resolve", 0, "<host:port:addr[,addr]>", gConnect, "Use these addresses for the host", "", each(func(c *config) *[]string { return &c.client.Net.Resolve })},
	{"connect-to", 0, "<host:port:host:port>", gConnect, "Connect to another host and port", "", each(func(c *config) *[]string { return &c.client.Net.ConnectTo })},
	{"dns-servers", 0, "<addresses>", gConnect, "Ask these DNS servers", "", commas(func(c *config) *[]string { return &c.client.Net.DNSServers })},
	{"doh-url", 0, "<url>", gConnect, "Look names up by DNS over HTTPS", "", text(func(c *config) *string { return &c.client.Net.DoHURL })},
	{"doh-insecure", 0, "", gConnect, "Do not check the certificate of --doh-url", "", yes(func(c *config) *bool { return &c.dohInsecure })},
	{"unix-socket", 0, "<path>", gConnect, "Connect to this unix socket", "", text(func(c *config) *string { return &c.client.Net.UnixSocket })},
	{"abstract-unix-socket", 0, "<name>", gConnect, "Connect to this abstract unix socket", "", func(c *config, value string) error {
		c.client.Net.UnixSocket = "@" + value
		return nil
	}},
	{"interface", 0, "<name>", gConnect, "Connect from this interface, address or host", "", text(func(c *config) *string { return &c.client.Net.Interface })},
	{"local-port", 0, "<port[-port]>", gConnect, "Connect from one of these ports", "", localPort},
	{"ipv4", '4', "", gConnect, "Use IPv4 addresses only", "", family(4)},
	{"ipv6", '6', "", gConnect, "Use IPv6 addresses only", "", family(6)},
	{"happy-eyeballs-timeout-ms", 0, "<ms>", gConnect, "Head start of an address before the next", "", milliseconds(func(c *config) *time.Duration { return &c.client.Net.HappyEyeballs })},
	{"keepalive", 0, "", gConnect, "Use TCP keepalive; on by default", "", no(func(c *config) *bool { return &c.client.Net.NoKeepAlive })},
	{"keepalive-time", 0, "<seconds>", gConnect, "Silence before TCP keepalive's probes, and between", "", keepAliveTime},
	{"keepalive-cnt", 0, "<number>", gConnect, "Probes of TCP keepalive before it gives up", "", keepAliveCount},
	{"tcp-nodelay", 0, "", gConnect, "Set TCP_NODELAY; on by default", "", no(func(c *config) *bool { return &c.client.Net.Nagle })},
	{"retry", 0, "<number>", gConnect, "Retry up to this often after a passing failure", "the same, for what happens before the session is open", number(func(c *config) *int { return &c.retry })},
	{"retry-delay", 0, "<seconds>", gConnect, "The time between retries", "the same; if not given 1, doubled every time, or what Retry-After says", seconds(func(c *config) *time.Duration { return &c.retryDelay })},
	{"retry-max-time", 0, "<seconds>", gConnect, "Do not retry after this time", "", seconds(func(c *config) *time.Duration { return &c.retryMaxTime })},
	{"retry-connrefused", 0, "", gConnect, "With --retry, retry refused connections, too", "", yes(func(c *config) *bool { return &c.retryRefused })},
	{"retry-all-errors", 0, "", gConnect, "With --retry, retry after any failure", "", yes(func(c *config) *bool { return &c.retryAll })},

	{"proxy", 'x', "<proxy>", gProxy, `Use this proxy; "" for none`, "the same: [scheme://]host[:port]; schemes: http, https, socks4, socks4a, socks5, socks5h", proxyAs("")},
	{"socks4", 0, "<host[:port]>", gProxy, "Use this SOCKS4 proxy", "", proxyAs("socks4://")},
	{"socks4a", 0, "<host[:port]>", gProxy, "Use this SOCKS4 proxy, which looks names up", "", proxyAs("socks4a://")},
	{"socks5", 0, "<host[:port]>", gProxy, "Use this SOCKS5 proxy", "", proxyAs("socks5://")},
	{"socks5-hostname", 0, "<host[:port]>", gProxy, "Use this SOCKS5 proxy, which looks names up", "", proxyAs("socks5h://")},
	{"socks5-basic", 0, "", gProxy, "Give SOCKS5 proxies user and password", "the same; here it is the default", nothing},
	{"preproxy", 0, "<proxy>", gProxy, "Reach the proxy by way of this one", "", proxyTo(func(c *config) **url.URL { return &c.client.Net.PreProxy })},
	{"noproxy", 0, "<hosts>", gProxy, "Use no proxy for these hosts", "", noProxy},
	{"proxy-user", 'U', "<user:password>", gProxy, "User and password for the proxy", "", text(func(c *config) *string { return &c.proxyUser })},
	{"proxy-basic", 0, "", gProxy, "Send --proxy-user by the Basic scheme", "the same; here it is the default", proxyScheme("basic")},
	{"proxy-digest", 0, "", gProxy, "Send --proxy-user by the Digest scheme", "", proxyScheme("digest")},
	{"proxy-anyauth", 0, "", gProxy, "Use the strongest scheme that the proxy offers", "", proxyScheme("any")},
	{"proxy-header", 0, "<name: value>", gProxy, "Send this header to HTTP proxies", "", headerTo(func(c *config) http.Header {
		if c.client.Net.ProxyHeader == nil {
			c.client.Net.ProxyHeader = http.Header{}
		}
		return c.client.Net.ProxyHeader
	})},
	{"proxytunnel", 'p', "", gProxy, "Ask HTTP proxies for a tunnel", "the same; here it is always done", nothing},
	{"proxy-cacert", 0, "<file>", gProxy, "--cacert for https proxies", "", text(func(c *config) *string { return &c.proxyTLS.CAFile })},
	{"proxy-capath", 0, "<dir>", gProxy, "--capath for https proxies", "", text(func(c *config) *string { return &c.proxyTLS.CADir })},
	{"proxy-ca-native", 0, "", gProxy, "--ca-native for https proxies", "", yes(func(c *config) *bool { return &c.proxyTLS.CANative })},
	{"proxy-insecure", 0, "", gProxy, "--insecure for https proxies", "", yes(func(c *config) *bool { return &c.proxyTLS.Insecure })},
	{"proxy-cert", 0, "<file[:password]>", gProxy, "--cert for https proxies", "", certTo(proxyTLS)},
	{"proxy-cert-type", 0, "<type>", gProxy, "The form of --proxy-cert", "the same; here it is not needed, the form is seen", ignored},
	{"proxy-key-type", 0, "<type>", gProxy, "The form of --proxy-key", "the same; here it is not needed, the form is seen", ignored},
	{"proxy-key", 0, "<file>", gProxy, "--key for https proxies", "", text(func(c *config) *string { return &c.proxyTLS.Key })},
	{"proxy-pass", 0, "<password>", gProxy, "--pass for https proxies", "", text(func(c *config) *string { return &c.proxyTLS.Password })},
	{"proxy-pinnedpubkey", 0, "<hashes|file>", gProxy, "--pinnedpubkey for https proxies", "", text(func(c *config) *string { return &c.proxyTLS.PinnedPublicKey })},
	{"proxy-ciphers", 0, "<list>", gProxy, "--ciphers for https proxies", "", text(func(c *config) *string { return &c.proxyTLS.Ciphers })},
	{"proxy-tlsv1", 0, "", gProxy, "--tlsv1 for https proxies", "", minimum(proxyTLS, tlsVersions["1.0"])},
}
