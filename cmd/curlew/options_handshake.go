package main

import (
	"net/http"
	"time"

	"github.com/curlew-ws/curlew"
)

var handshakeOptions = []option{
	{"header", 'H', "<name: value>", gHTTP, "Send this header (@file: the headers in it)", `the same: "name:" sends none, "name;" an empty one; Sec-WebSocket-Extensions asks for --compressed with its parameters, and what every handshake makes itself, as Sec-WebSocket-Key, is left out`, headerTo(func(c *config) http.Header { return c.client.Header })},
	{"user-agent", 'A', "<name>", gHTTP, "Send this User-Agent", "", oneHeader("User-Agent")},
	{"referer", 'e', "<url>", gHTTP, "Send this Referer", "", oneHeader("Referer")},
	{"subprotocol", 0, "<name>", gHTTP, "Offer this subprotocol; may be repeated", onlyHere + "; commas separate several", subprotocols},
	{"compressed", 0, "", gHTTP, "Offer compression (permessage-deflate)", "of responses; here of messages", func(c *config, value string) error {
		c.client.Compression = nil
		if value == "true" {
			c.client.Compression = &curlew.Compression{MinSize: compressFrom}
		}
		return nil
	}},
	{"fail", 'f', "", gHTTP, "A refused upgrade is a failure", "the same; here it is always done", nothing},
	{"http1.1", 0, "", gHTTP, "Use HTTP/1.1", "the same; here it is always done", nothing},
	{"path-as-is", 0, "", gHTTP, "Leave /../ in paths", "the same; here it is always done", nothing},
	{"location", 'L', "", gHTTP, "Follow redirects", "those of ws URLs are not followed; here another host gets of -H only what is no secret, as User-Agent, Accept and Origin (-v tells what not), and wss is not left for ws", yes(func(c *config) *bool { return &c.location })},
	{"max-redirs", 0, "<number>", gHTTP, "Follow at most this many redirects; -1: any", "the same, 50 if not given", redirects},
	{"location-trusted", 0, "", gHTTP, "Follow redirects, and send all to other hosts", "the same, also from wss to ws", func(c *config, value string) error {
		c.location, c.client.Unrestricted = value == "true", value == "true"
		return nil
	}},
	{"handshake-timeout", 0, "<seconds>", gHTTP, "Limit the wait for the server's answer", onlyHere, seconds(func(c *config) *time.Duration { return &c.client.HandshakeTimeout })},
	{"cookie", 'b', "<data|file>", gHTTP, `Send cookies: "name=value", or a file's`, "none are sent to ws URLs; of a file, lines that are no cookies are skipped", setCookie},
	{"cookie-jar", 'c', "<file>", gHTTP, "Write the cookies to this file at the end", "the same; Secure cookies, and those named __Secure- or __Host-, are taken by TLS only", text(func(c *config) *string { return &c.cookieJar })},
	{"junk-session-cookies", 'j', "", gHTTP, "Do not take session cookies from files", "", yes(func(c *config) *bool { return &c.junkSession })},

	{"user", 'u', "<user:password>", gAuth, "User and password for the server", "the same; without password it is asked for on a terminal. On Linux it is overwritten in the list of processes, as are other secrets of the command line; elsewhere everybody on the machine can read it there: --netrc or -K - keep it out", text(func(c *config) *string { return &c.user })},
	{"basic", 0, "", gAuth, "Send user and password by the Basic scheme", "", scheme("basic")},
	{"digest", 0, "", gAuth, "Send user and password by the Digest scheme", "challenges on ws URLs are not answered", scheme("digest")},
	{"anyauth", 0, "", gAuth, "Use the strongest scheme that the server offers", "challenges on ws URLs are not answered", scheme("any")},
	{"oauth2-bearer", 0, "<token>", gAuth, "Send this bearer token", "", bearer},
	{"netrc", 'n', "", gAuth, "Take user and password from ~/.netrc", "", yes(func(c *config) *bool { return &c.netrc })},
	{"netrc-file", 0, "<file>", gAuth, "Take user and password from this netrc file", "", text(func(c *config) *string { return &c.netrcFile })},
	{"netrc-optional", 0, "", gAuth, "Like --netrc, unless the URL has them", "", yes(func(c *config) *bool { return &c.netrcOptional })},
}
