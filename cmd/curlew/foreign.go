package main

import "strings"

// foreign are curl's options that have no meaning for WebSocket, or none that
// curlew could give them, with the reason.
var foreign = []struct{ why, names string }{
	{"a WebSocket handshake is a GET request without a body (RFC 6455 section 4.1); -d sends a message", "request -X head -I get -G form -F form-string form-escape post301 post302 post303 json request-target expect100-timeout"},
	{"messages are no resource of which a part could be asked for", "range -r continue-at -C time-cond -z remote-time -R etag-save etag-compare no-clobber skip-existing remove-on-error"},
	{"the session's length is not known before its end; --max-message limits a message", "max-filesize"},
	{"messages are sent as they are", "use-ascii -B crlf"},
	{"use --compressed, which compresses messages; transfer encodings are for bodies", "tr-encoding compressed-ssh raw"},
	{"curlew speaks WebSocket over HTTP/1.1", "http0.9 http1.0 -0 http2 http2-prior-knowledge http3 http3-only proxy-http2 proxy1.0 alt-svc hsts ignore-content-length"},
	{"one option for all URLs, and one session after the other", "next -: parallel -Z parallel-immediate parallel-max parallel-max-host rate remote-name-all"},
	{"the name comes from the command line; the server is not trusted with it", "remote-header-name -J"},
	{"-L follows redirects to ws, wss, http and https", "proto-redir follow"},
	{"NTLM and Negotiate are not spoken; the library has a place for them, curlew.Auth", "ntlm ntlm-wb negotiate delegation service-name proxy-ntlm proxy-negotiate proxy-service-name aws-sigv4 socks5-gssapi socks5-gssapi-nec socks5-gssapi-service"},
	{"Go's TLS decides this by itself", "tls13-ciphers proxy-tls13-ciphers curves sigalgs signature-algorithms ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-revoke-best-effort ssl-sessions proxy-ssl-allow-beast proxy-ssl-auto-client-cert tls-earlydata engine egd-file random-file false-start npn cert-status proxy-crlfile crlfile ech tlsuser tlspassword tlsauthtype proxy-tlsuser proxy-tlspassword proxy-tlsauthtype"},
	{"SSL 2 and 3 are broken and gone", "sslv2 -2 sslv3 -3"},
	{"only the schemes ws and wss are spoken", "proto"},
	{"this is for FTP", "append -a ftp-account ftp-alternative-to-user ftp-create-dirs ftp-method ftp-pasv ftp-port -P ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-ccc-mode ftp-ssl-control list-only -l quote -Q disable-epsv disable-eprt krb ssl ssl-reqd epsv eprt"},
	{"this is for SSH", "hostpubmd5 hostpubsha256 pubkey knownhosts"},
	{"this is for mail", "mail-auth mail-from mail-rcpt mail-rcpt-allowfails login-options sasl-authzid sasl-ir upload-flags"},
	{"this is for TELNET or TFTP", "telnet-option -t tftp-blksize tftp-no-options"},
	{"--go writes a program for the Go library", "libcurl"},
	{"only the schemes ws and wss are spoken", "ipfs-gateway httpsrr"},
	{"DNS servers are reached by the system's routes; --dns-servers names them", "dns-interface dns-ipv4-addr dns-ipv6-addr doh-cert-status"},
	{"the body of a refused upgrade is shown anyway", "fail-with-body"},
	{"the heads of proxies are in what -v, -i and -D show", "suppress-connect-headers"},
	{"there are no variables; a shell and \"envsubst <file | curlew -K -\" have them", "variable expand"},
	{"write the query into the URL, encoded", "url-query data-urlencode"},
	{"this is a setting of sockets that curlew leaves to the system", "mptcp tcp-fastopen vlan-priority ip-tos keepalive-intvl"},
	{"the PROXY protocol is not spoken", "haproxy-protocol haproxy-clientip"},
	{"-v, -vv, --frames and --trace choose what is shown, of one session at a time", "trace-ids trace-config"},
	{"files are made with the mode that umask leaves, and nothing else is noted of them", "create-file-mode xattr metalink environment"},
	{"files are written over; -o names another", "clobber"},
	{"use -o /dev/null", "out-null"},
	{"the authorities are the system's or --cacert's, none are built in", "dump-ca-embed"},
	{"curlew man writes the man page, --help all the options", "manual -M"},
	{"a user in the URL is allowed, and not shown", "disallow-username-in-url"},
	{"this is for curl's own tests", "test-event"},
}

// elsewhere are options of other tools that talk WebSocket, with what does it here.
var elsewhere = map[string]string{
	"protocol": "--subprotocol", "connect": "the URL alone", "listen": "curlew serve", "server-mode": "curlew serve",
	"execute": "-d", "message": "-d", "text": "nothing: without --binary all is sent as TEXT", "wait": "--linger",
	"port": "the address alone, as in curlew serve 8080", "exit-on-eof": "--linger 0", "no-close": "--linger inf", "one-message": "--count 1", "messages": "--count", "max-messages": "--count",
	"null-terminated": "--framing null", "base64": "--framing ndjson", "autoreconnect": "--reconnect", "ping-timeout": "--pong-timeout",
	"timeout": "-m for the session, --connect-timeout for the way to the host", "max-redirects": "--max-redirs",
	"auth": "-u", "basic-auth": "-u", "ua": "-A", "no-check": "-k", "ca": "--cacert", "passphrase": "--pass",
	"show-ping-pong": "-v", "quiet": "-s", "color": "--styled-output", "no-color": "--no-styled-output",
	"colour": "--styled-output", "no-colour": "--no-styled-output",
}

// whyRefused is the reason, "" for what is no option of curl's; name is as "proto"
// or "-X".
func whyRefused(name string) string {
	if strings.HasPrefix(name, "expand-") {
		name = "expand"
	}
	for _, r := range foreign {
		for word := range strings.FieldsSeq(r.names) {
			if word == name || "no-"+word == name {
				return r.why
			}
		}
	}
	return ""
}
