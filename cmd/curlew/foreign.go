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
	{"NTLM and Negotiate are not spoken; the library has a place for them, curlew.Auth", "ntlm ntlm-wb negotiate delegation service-name proxy-ntlm proxy-negotiate proxy-service-name aws-sigv4 socks5-basic socks5-gssapi socks5-gssapi-nec socks5-gssapi-service"},
	{"Go's TLS decides this by itself", "tls13-ciphers proxy-tls13-ciphers curves signature-algorithms ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-revoke-best-effort ssl-sessions proxy-ssl-allow-beast proxy-ssl-auto-client-cert tls-earlydata engine egd-file random-file false-start npn cert-status proxy-crlfile crlfile ech tlsuser tlspassword tlsauthtype proxy-tlsuser proxy-tlspassword proxy-tlsauthtype"},
	{"SSL 2 and 3 are broken and gone", "sslv2 -2 sslv3 -3"},
	{"only the schemes ws and wss are spoken", "proto"},
	{"this is for FTP", "append -a ftp-account ftp-alternative-to-user ftp-create-dirs ftp-method ftp-pasv ftp-port -P ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-ccc-mode ftp-ssl-control list-only -l quote -Q disable-epsv disable-eprt krb ssl ssl-reqd"},
	{"this is for SSH", "hostpubmd5 hostpubsha256 pubkey knownhosts"},
	{"this is for mail", "mail-auth mail-from mail-rcpt mail-rcpt-allowfails login-options sasl-authzid sasl-ir upload-flags"},
	{"this is for TELNET or TFTP", "telnet-option -t tftp-blksize tftp-no-options"},
	{"this is not there", "libcurl ipfs-gateway dns-interface dns-ipv4-addr dns-ipv6-addr doh-cert-status metalink dump-ca-embed fail-with-body suppress-connect-headers haproxy-protocol haproxy-clientip mptcp tcp-fastopen vlan-priority ip-tos xattr trace-ids trace-config variable expand url-query keepalive-intvl out-null test-event"},
}

// whyRefused is the reason, "" for what is no option of curl's; name is as "proto"
// or "-X".
func whyRefused(name string) string {
	for _, r := range foreign {
		for word := range strings.FieldsSeq(r.names) {
			if word == name || "no-"+word == name {
				return r.why
			}
		}
	}
	return ""
}
