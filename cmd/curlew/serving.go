package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/curlew-ws/curlew"
	echoes "github.com/curlew-ws/curlew/internal/echo"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// run serves until ctx ends, which is a good end.
func (s *server) run(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var err error
	if s.script != nil {
		err = s.serveScripts(ctx, l)
	} else {
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.session(ctx, w, r) })
		err = (&http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0), ReadTimeout: headTime, WriteTimeout: headTime}).Serve(l)
	}
	if ctx.Err() == nil {
		return &failure{codeConnect, err}
	}
	s.sessions.Wait()
	return nil
}

// headTime is how long a client has for its request, and for TLS before it.
const headTime = 10 * time.Second

// serveScripts follows the script with each client.
func (s *server) serveScripts(ctx context.Context, l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		s.sessions.Go(func() {
			if err := s.play(ctx, conn); err != nil && ctx.Err() == nil {
				s.c.note("%s: %s", conn.RemoteAddr(), plain(err))
			}
		})
	}
}

func (s *server) play(ctx context.Context, conn net.Conn) error {
	if t, ok := conn.(*tls.Conn); ok {
		limited, cancel := context.WithTimeout(ctx, headTime)
		defer cancel()
		if err := t.HandshakeContext(limited); err != nil {
			conn.Close()
			return err
		}
	}
	return s.script.Play(ctx, ctx, conn, true)
}

// admit refuses web pages that are none of ours, since a browser lets every page
// connect to this machine. A page's host may be named as it likes, so that it
// must be an address or localhost to be that of the request.
func (s *server) admit(r *http.Request) error {
	host := (&url.URL{Host: r.Host}).Hostname()
	if (isAddress(host) || strings.EqualFold(host, "localhost")) && handshake.CheckOrigin(r, nil) == nil {
		return nil
	}
	err := handshake.CheckOrigin(r, s.own)
	if err != nil {
		err = fmt.Errorf("%w; --origin PATTERN lets pages connect", err)
	}
	return err
}

// pagesOf are the patterns for pages of an address that is listened at, and of
// the argument that named it.
func pagesOf(addr net.Addr, named string) []string {
	t, ok := addr.(*net.TCPAddr)
	if !ok {
		return nil // behind a proxy
	}
	patterns := []string{}
	if t.IP.IsLoopback() {
		patterns = append(patterns, "localhost", "*.localhost", "127.0.0.1", "[::1]")
	}
	if !t.IP.IsUnspecified() {
		patterns = append(patterns, t.IP.String())
	}
	if host, _, err := net.SplitHostPort(named); err == nil && host != "" && !isAddress(host) {
		patterns = append(patterns, host)
	}
	return patterns
}

// session serves a client of echo or broadcast.
func (s *server) session(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	s.sessions.Add(1)
	defer s.sessions.Done()
	o, t := s.o, newTally()
	if traces := s.c.traces; s.c.stats {
		o.Trace = together(append(traces[:len(traces):len(traces)], t.trace()))
	} else {
		o.Trace = together(traces)
	}
	if err := s.admit(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		s.c.note("%s: %s", r.RemoteAddr, plain(err))
		return
	}
	me := newSubscriber()
	if s.c.broadcast {
		s.crowd.add(me) // before the client knows that it is connected
		defer s.crowd.remove(me)
	}
	conn, err := curlew.Accept(w, r, &o)
	if err != nil {
		s.c.note("%s: %s", r.RemoteAddr, plain(err))
		return
	}
	defer conn.Close()
	s.c.note("%s: %s", r.RemoteAddr, escape(nil, []byte("opened "+r.URL.RequestURI())))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.c.broadcast {
		err = s.relay(ctx, conn, me)
	} else {
		err = s.echo(ctx, conn)
	}
	s.c.note("%s: %s", r.RemoteAddr, plain(ending(err)))
	if s.c.stats {
		t.now().write(s.c.stderr)
	}
}

// ending says how a session ended.
func ending(err error) error {
	if err == nil || err == io.EOF {
		return errors.New("closed")
	}
	return err
}

// goodbye is the reason of the CLOSE by which curlew serve ends.
const goodbye = "the server ends"

// echo sends back what comes. When ctx ends it sends CLOSE, which the client has
// some time to answer.
func (s *server) echo(ctx context.Context, conn *curlew.Conn) error {
	stop := context.AfterFunc(ctx, func() {
		conn.SetDeadline(time.Now().Add(closeTime))
		conn.Send(curlew.Close, curlew.AppendClose(nil, curlew.CloseGoingAway, goodbye))
	})
	defer stop()
	return echoes.Chunks(context.WithoutCancel(ctx), conn)
}
