package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
)

// servers are what a script talks to: $WS ($HOST without the scheme), $WSS and $CLOSED are the addresses of
// a plain server, of one with TLS whose authority is in $CA, and of nobody.
func servers(t testing.TB, dir string) (env []string, stop func()) {
	plain, secure := httptest.NewServer(endpoints()), httptest.NewUnstartedServer(endpoints())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it
	secure.StartTLS()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	env = []string{
		"HOST=" + plain.Listener.Addr().String(), "WS=ws://" + plain.Listener.Addr().String(), "WSS=wss://" + secure.Listener.Addr().String(),
		"CA=" + ca, "CLOSED=ws://" + l.Addr().String(),
	}
	return env, func() {
		plain.CloseClientConnections()
		secure.CloseClientConnections()
	}
}

// endpoints are the servers' paths.
func endpoints() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/refuse", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "not you", intParam(r, "status", http.StatusForbidden))
	})
	mux.HandleFunc("/raw", answerRaw)
	for path, talk := range map[string]func(*curlew.Conn, *http.Request) error{
		"/echo": echo, "/close": closeAtOnce, "/drop": drop, "/request": showRequest, "/say": say,
		"/fragments": fragments, "/ping": ping, "/mute": mute, "/violate": violate,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if c, err := curlew.Accept(w, r, &curlew.AcceptOptions{RawMode: path == "/violate"}); err == nil {
				defer c.Close()
				talk(c, r)
			}
		})
	}
	return mux
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
		if err := c.WriteMessage(context.Background(), m.Flags, m.Data); err != nil {
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

// showRequest sends the request's head and closes.
func showRequest(c *curlew.Conn, r *http.Request) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\nHost: %s\n", r.Method, r.URL.RequestURI(), r.Host)
	r.Header.Write(&b)
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

// violate sends a frame with a reserved bit.
func violate(c *curlew.Conn, r *http.Request) error {
	if err := c.Send(0, []byte{0xf1, 0}); err != nil {
		return err
	}
	return mute(c, r)
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
