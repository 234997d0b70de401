package main

import (
	"context"
	"crypto/md5"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// An endpoint is what a server does with the session at a path.
type endpoint struct {
	talk    func(*curlew.Conn, *http.Request) error
	options curlew.AcceptOptions
}

var endpoints = map[string]endpoint{
	"/echo":      {echo, curlew.AcceptOptions{Compression: &curlew.Compression{}}},
	"/close":     {talk: closeAtOnce},
	"/drop":      {talk: drop},
	"/request":   {talk: showRequest},
	"/say":       {talk: say},
	"/fragments": {talk: fragments},
	"/ping":      {talk: ping},
	"/mute":      {talk: mute},
	"/slow":      {talk: slow},
	"/late":      {late, curlew.AcceptOptions{NoAutoClose: true}},
	"/silent":    {mute, curlew.AcceptOptions{RawMode: true}}, // to CLOSE, too
	"/half":      {talk: half},
	"/notext":    {talk: notext},
	"/unchecked": {mute, curlew.AcceptOptions{NoUTF8Check: true}},
	"/turns":     {talk: turns},
	"/deaf":      {mute, curlew.AcceptOptions{NoAutoPong: true}},
	"/tick":      {talk: tick},
	"/frames":    {frames, curlew.AcceptOptions{RawMode: true}},
	"/violate":   {violate, curlew.AcceptOptions{RawMode: true}},
	"/protocol":  {showRequest, curlew.AcceptOptions{Subprotocols: []string{"chat"}}},
	"/set":       {showRequest, curlew.AcceptOptions{Header: http.Header{"Set-Cookie": {"session=1", "kept=2; Max-Age=9999", `quoted="a b"`, "hidden=3; HttpOnly; Path=/", "secure=4; Path=/; Secure", "foreign=5; Domain=com"}}}},
}

// sessions starts a server that gives each session to talk, and returns its URL.
func sessions(t *testing.T, o *curlew.AcceptOptions, talk func(*curlew.Conn)) string {
	done := make(chan struct{}, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := curlew.Accept(w, r, o)
		if err == nil {
			talk(c)
			c.Close()
		}
		done <- struct{}{}
	}))
	t.Cleanup(func() { <-done; srv.Close() })
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

// handler serves the endpoints, and what is no WebSocket.
func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/refuse", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "not you,\r\nnot now", intParam(r, "status", http.StatusForbidden))
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.FormValue("to"), http.StatusFound)
	})
	var flaky atomic.Int32 // refuses ?fails times with ?status
	mux.HandleFunc("/flaky", func(w http.ResponseWriter, r *http.Request) {
		if int(flaky.Add(1)) > intParam(r, "fails", 0) {
			flaky.Store(0)
			endpoints["/ping"].ServeHTTP(w, r)
			return
		}
		if after := r.FormValue("after"); after != "" {
			w.Header().Set("Retry-After", after)
		}
		http.Error(w, "later", intParam(r, "status", http.StatusServiceUnavailable))
	})
	var sessions atomic.Int32 // at /nth, which are dropped after a message and its answer
	mux.HandleFunc("/nth", func(w http.ResponseWriter, r *http.Request) {
		if c, err := curlew.Accept(w, r, nil); err == nil {
			defer c.Close()
			nth(c, int(sessions.Add(1)))
		}
	})
	mux.HandleFunc("/raw", answerRaw)
	mux.HandleFunc("/reset", reset)
	mux.HandleFunc("/dns-query", serveDoH)
	mux.HandleFunc("/hang", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for path, e := range endpoints {
		mux.Handle(path, e)
		mux.Handle("/basic"+path, authenticated("Basic realm=r", `^Basic dXNlcjpwYXNz$`, e)) // user:pass
		mux.Handle("/bearer"+path, authenticated("Bearer", `^Bearer token$`, e))
		mux.Handle("/digest"+path, authenticated(`Digest realm="r", nonce="n", qop="auth"`, "", e))
	}
	return mux
}

func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.options.Origins = []string{"*"}
	if c, err := curlew.Accept(w, r, &e.options); err == nil {
		defer c.Close()
		e.talk(c, r)
	}
}

// authenticated lets those through whose Authorization matches a pattern, or
// is a right answer to the Digest challenge.
func authenticated(challenge, pattern string, then http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value := r.Header.Get("Authorization")
		if pattern == "" && rightDigest(value, r.Method, r.URL.RequestURI()) || pattern != "" && regexp.MustCompile(pattern).MatchString(value) {
			then.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", challenge)
		http.Error(w, "who are you?", http.StatusUnauthorized)
	})
}

// rightDigest checks an answer by user with the password pass, RFC 7616 with MD5.
func rightDigest(value, method, uri string) bool {
	field := func(name string) string {
		m := regexp.MustCompile(`\b` + name + `="?([^",]*)`).FindStringSubmatch(value)
		if m == nil {
			return ""
		}
		return m[1]
	}
	hash := func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
	want := hash(hash("user:r:pass") + ":n:" + field("nc") + ":" + field("cnonce") + ":auth:" + hash(method+":"+uri))
	return strings.HasPrefix(value, "Digest ") && field("response") == want
}

func intParam(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.FormValue(name)); err == nil {
		return n
	}
	return otherwise
}

// echo sends every message back.
func echo(c *curlew.Conn, r *http.Request) error {
	for m, err := range c.Messages(context.Background()) {
		if err != nil {
			return err
		}
		if err := c.WriteMessage(context.Background(), m.Flags&^curlew.Compressed, m.Data); err != nil {
			return err
		}
	}
	return nil
}

// closeAtOnce closes with ?code and ?reason.
func closeAtOnce(c *curlew.Conn, r *http.Request) error {
	return c.Shutdown(context.Background(), intParam(r, "code", curlew.CloseNormal), r.FormValue("reason"))
}

// drop ends the connection without CLOSE.
func drop(c *curlew.Conn, r *http.Request) error { return nil }

// showRequest sends the request's head and what is known of the way it came, and
// closes.
func showRequest(c *curlew.Conn, r *http.Request) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\nHost: %s\n", r.Method, r.URL.RequestURI(), r.Host)
	r.Header.Write(&b)
	fmt.Fprintf(&b, "Remote: %s\n", r.RemoteAddr)
	if t := r.TLS; t != nil {
		fmt.Fprintf(&b, "TLS: %s %s\nResumed: %t\nALPN: %s\nSNI: %s\n", tls.VersionName(t.Version), tls.CipherSuiteName(t.CipherSuite), t.DidResume, t.NegotiatedProtocol, t.ServerName)
		for _, cert := range t.PeerCertificates {
			fmt.Fprintf(&b, "Client: %s\n", cert.Subject.CommonName)
		}
	}
	return thenClose(c, c.Send(curlew.Text, []byte(strings.ReplaceAll(b.String(), "\r", ""))))
}

// say sends ?text, or ?binary in hexadecimal, and closes unless ?stay is there.
func say(c *curlew.Conn, r *http.Request) error {
	var err error
	for _, text := range r.URL.Query()["text"] {
		err = c.Send(curlew.Text, []byte(text))
	}
	if b := r.FormValue("binary"); b != "" {
		var p []byte
		fmt.Sscanf(b, "%x", &p)
		err = c.Send(curlew.Binary, p)
	}
	if r.URL.Query().Has("stay") {
		return echo(c, r)
	}
	return thenClose(c, err)
}

// fragments sends a message in three frames with a PING in it.
func fragments(c *curlew.Conn, r *http.Request) error {
	b := c.Cork()
	b.Send(curlew.Text|curlew.Cont, []byte("one "))
	b.Send(curlew.Text|curlew.Cont, nil)
	b.Send(curlew.Ping, []byte("between"))
	b.Send(curlew.Text, []byte("message"))
	return thenClose(c, b.Flush())
}

// ping closes when its PING is answered.
func ping(c *curlew.Conn, r *http.Request) error {
	_, err := c.Ping(context.Background())
	return thenClose(c, err)
}

// mute answers nothing until it is closed.
func mute(c *curlew.Conn, r *http.Request) error {
	for {
		if _, _, err := c.Next(); err != nil {
			return err
		}
	}
}

// slow sends ?first, answers the first message, if ?ask is there, and after ?ms
// sends ?text, and closes.
func slow(c *curlew.Conn, r *http.Request) error {
	if r.FormValue("first") != "" {
		c.Send(curlew.Text, []byte(r.FormValue("first")))
	}
	if r.URL.Query().Has("ask") {
		if _, _, err := c.ReadMessage(r.Context(), nil); err != nil {
			return err
		}
	}
	time.Sleep(time.Duration(intParam(r, "ms", 0)) * time.Millisecond)
	return thenClose(c, c.Send(curlew.Text, []byte(r.FormValue("text"))))
}

// late sends ?text when it is closed, and only then CLOSE.
func late(c *curlew.Conn, r *http.Request) error {
	for {
		p, m, err := c.Next()
		if err != nil {
			return err
		}
		if m.Flags == curlew.Close {
			c.Send(curlew.Text, []byte(r.FormValue("text")))
			return c.Send(curlew.Close, p)
		}
	}
}

// turns answers each message, and says whether another one came before the PONG
// that was asked for meanwhile.
func turns(c *curlew.Conn, r *http.Request) error {
	for {
		_, text, err := c.ReadMessage(r.Context(), nil)
		if err != nil {
			return err
		}
		c.Send(curlew.Ping, nil)
		answer := "too soon after "
		if _, m, err := c.Next(); err == nil && m.Flags == curlew.Pong {
			answer = "to "
		}
		if err := c.Send(curlew.Text, append([]byte(answer), text...)); err != nil {
			return err
		}
	}
}

// notext sends what is to be text and is not.
func notext(c *curlew.Conn, r *http.Request) error {
	return thenClose(c, c.Send(curlew.Text, []byte("caf\xe9")))
}

// half sends half of a message.
func half(c *curlew.Conn, r *http.Request) error {
	c.StartFrame(curlew.Text, 8)
	c.SendPayload([]byte("half"))
	return mute(c, r)
}

// tick sends messages as fast as they are taken.
func tick(c *curlew.Conn, r *http.Request) error {
	for {
		if err := c.Send(curlew.Text, []byte("tick")); err != nil {
			return err
		}
	}
}

// nth answers one message with the number of the session, and drops it, or
// closes if the message asks for it.
func nth(c *curlew.Conn, n int) error {
	_, text, err := c.ReadMessage(context.Background(), nil)
	if err != nil {
		return err
	}
	if err := c.Send(curlew.Text, fmt.Appendf(text[:len(text):len(text)], " in session %d", n)); err != nil || string(text) != "close" {
		return err
	}
	return c.Shutdown(context.Background(), curlew.CloseNormal, "")
}

// violate sends a frame with a reserved bit.
func violate(c *curlew.Conn, r *http.Request) error {
	if err := c.Send(0, []byte{0xf1, 0}); err != nil {
		return err
	}
	return mute(c, r)
}

// frames sends each of ?bytes as it is, and drops the connection.
func frames(c *curlew.Conn, r *http.Request) error {
	for _, b := range r.URL.Query()["bytes"] {
		if err := c.Send(0, []byte(b)); err != nil {
			return err
		}
	}
	return drop(c, r)
}

func thenClose(c *curlew.Conn, err error) error {
	if err != nil {
		return err
	}
	return c.Shutdown(context.Background(), curlew.CloseNormal, "")
}

// answerRaw answers a request with ?bytes and ends the connection.
func answerRaw(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, r.FormValue("bytes"))
}

// reset ends the connection by a TCP reset.
func reset(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}
