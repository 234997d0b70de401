package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curltls"
	echoes "github.com/curlew-ws/curlew/internal/echo"
	"github.com/curlew-ws/curlew/internal/handshake"
	"github.com/curlew-ws/curlew/internal/wirescript"
)

// serveOptions are the options of curlew serve that are not the client's too.
var serveOptions = []option{
	{"broadcast", 0, "", gServe, "Send each message to all other clients", onlyHere, yes(func(c *config) *bool { return &c.broadcast })},
	{"origin", 0, "<pattern>", gServe, "Let in pages of these origins, too; may be repeated", onlyHere + "; a host, host:port or scheme://host:port, where * stands for anything; without it pages of this machine are let in, and those of the address that is served", each(func(c *config) *[]string { return &c.origins })},
	{"script", 0, "<file>", gServe, "Follow this wire script with each client", onlyHere + "; its language is that of package curlewtest", text(func(c *config) *string { return &c.script })},
	{"tls", 0, "", gServe, "Serve wss: with --cert, or a certificate made now", onlyHere, yes(func(c *config) *bool { return &c.serveTLS })},
}

// shared are the client's options that curlew serve has as well.
var shared = []string{
	"verbose", "frames", "stats", "silent", "show-error", "stderr", "trace-time", "show-secrets", "help", "config",
	"subprotocol", "header", "compressed", "max-message", "max-frame", "ping-interval", "pong-timeout", "max-time",
	"cert", "key", "pass", "unix-socket", "abstract-unix-socket",
}

// serveAddr is where curlew serve listens by default.
const serveAddr = "127.0.0.1:8080"

// A server is curlew serve.
type server struct {
	c      *config
	o      curlew.AcceptOptions
	own    []string // patterns for our own pages
	script *wirescript.Script

	sessions sync.WaitGroup
	crowd    crowd // of --broadcast
}

// serve is the command: it serves until SIGINT, or --max-time.
func serve(s std, args []string) error {
	c := newConfig(s)
	err := c.parse(args)
	c.blank()
	if err != nil {
		return err
	}
	if c.help != nil {
		return writeHelp(s.out, string(gServe), s.columns())
	}
	if err := c.onlyServe(); err != nil {
		return err
	}
	ctx, cancel := interruptible()
	defer cancel()
	ctx, cancel = c.limited(ctx)
	defer cancel()
	srv := &server{c: c, crowd: crowd{clients: map[*subscriber]bool{}}}
	if err := srv.prepare(); err != nil {
		return err
	}
	l, err := srv.listen()
	if err != nil {
		return err
	}
	return srv.run(ctx, l)
}

// onlyServe refuses what has no meaning for a server.
func (c *config) onlyServe() error {
	for _, name := range c.given {
		if o, _ := find(name); o.group != gServe && !slices.Contains(shared, name) {
			hint := ""
			if name == "proxytunnel" {
				hint = ", where a port stands alone, as in curlew serve 8080"
			}
			return usagef("option --%s is for clients; curlew serve --help shows those of servers%s", name, hint)
		}
	}
	if len(c.urls) > 1 {
		return usagef("expected one address to listen at, got %d", len(c.urls))
	}
	if len(c.urls) == 1 && secureURL.MatchString(c.urls[0]) {
		c.serveTLS = true
	}
	if !c.serveTLS && c.tls != (curltls.Options{}) {
		return usagef("options --cert, --key and --pass need --tls")
	}
	if c.broadcast && c.script != "" {
		return usagef("options --broadcast and --script exclude each other")
	}
	return nil
}

// secureURL matches an address that asks for --tls.
var secureURL = regexp.MustCompile(`^(?i:wss|https)://`)

// onlyClient refuses what has a meaning for servers only.
func (c *config) onlyClient() error {
	for _, name := range c.given {
		switch o, _ := find(name); {
		case name == "origin":
			return usagef("option --origin is for curlew serve; a client's is -H %q", "Origin: https://…")
		case o.group == gServe:
			return usagef("option --%s is for curlew serve", name)
		}
	}
	return nil
}

// prepare makes the options of the sessions, and reads the script.
func (s *server) prepare() error {
	c := s.c
	if err := c.finishTraces(); err != nil {
		return err
	}
	s.o = curlew.AcceptOptions{
		Subprotocols: c.client.Subprotocols, Origins: []string{"*"}, Header: c.client.Header, Compression: c.client.Compression,
		PingInterval: c.client.PingInterval, PongTimeout: c.client.PongTimeout,
		MaxFrame: c.client.MaxFrame, MaxMessage: c.client.MaxMessage,
	}
	if err := handshake.CheckPatterns(c.origins); err != nil {
		return usagef("option --origin: %w", err)
	}
	if c.script == "" {
		return nil
	}
	text, err := c.readText(c.script)
	if err != nil {
		return err
	}
	if s.script, err = wirescript.Parse(c.script, text); err != nil {
		return asUsage(err)
	}
	s.script.Admit, s.script.HeadTime = s.admit, headTime
	s.script.Echo = func(ctx context.Context, conn net.Conn, server bool) error {
		return echoes.Messages(ctx, curlew.NewConn(conn, server, nil))
	}
	return nil
}

// listen listens, and says where.
func (s *server) listen() (net.Listener, error) {
	network, addr := "tcp", serveAddr
	switch path := s.c.client.Net.UnixSocket; {
	case path != "":
		network, addr = "unix", path
	case len(s.c.urls) == 1:
		var err error
		if addr, err = listenAddr(s.c.urls[0]); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		return nil, &failure{codeConnect, err}
	}
	s.own = append(pagesOf(l.Addr(), addr), s.c.origins...)
	if !s.c.serveTLS {
		s.c.note("listening at %s", place("ws", l.Addr()))
		return l, nil
	}
	cert, err := s.certificate(l.Addr())
	if err != nil {
		l.Close()
		return nil, &failure{codeCert, err}
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		l.Close()
		return nil, &failure{codeCert, err}
	}
	pin := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	s.c.note("listening at %s with the key sha256//%s", place("wss", l.Addr()), base64.StdEncoding.EncodeToString(pin[:]))
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}}), nil
}

// place is where clients find the server.
func place(scheme string, addr net.Addr) string {
	if addr.Network() == "unix" {
		return fmt.Sprintf("the unix socket %v, for %s://localhost/", addr, scheme)
	}
	return fmt.Sprintf("%s://%v/", scheme, addr)
}

// listenAddr is host and port of an argument that may have one of them only, or
// be the URL that clients are to use.
func listenAddr(arg string) (string, error) {
	addr := strings.TrimSuffix(beginsURL.ReplaceAllString(arg, ""), "/")
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		host, port, _ = net.SplitHostPort(serveAddr)
		if strings.Trim(addr, "0123456789") == "" {
			port = addr
		} else {
			host = strings.Trim(addr, "[]")
		}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", usagef("expected an address to listen at, as localhost:8080, or its host or port, got %q", arg)
	}
	return net.JoinHostPort(host, port), nil
}

// certificate is the one of --cert, or one made now for the address.
func (s *server) certificate(addr net.Addr) (tls.Certificate, error) {
	if s.c.tls.Cert != "" {
		config, err := s.c.tls.Config()
		if err != nil {
			return tls.Certificate{}, err
		}
		return config.Certificates[0], nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "curlew serve"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 1, 0),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if t, ok := addr.(*net.TCPAddr); ok && !t.IP.IsUnspecified() {
		template.IPAddresses = append(template.IPAddresses, t.IP)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
