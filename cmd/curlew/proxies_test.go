package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// A testProxy reaches hosts for clients, and writes a line a client to its log:
//
//	http example.com:80 [credentials] [X-Extra]
//	socks4 127.0.0.1:80 user
type testProxy struct {
	known map[string]string
	mu    sync.Mutex
	log   *os.File
}

func (w *world) proxies(known map[string]string, config *tls.Config) {
	file, err := os.Create(filepath.Join(w.dir, "proxy.log"))
	if err != nil {
		w.t.Fatal(err)
	}
	p := &testProxy{known: known, log: file}
	plain, secure, socks := w.listen("tcp", "127.0.0.1:0"), w.listen("tcp", "127.0.0.1:0"), w.listen("tcp", "127.0.0.1:0")
	digest := w.listen("tcp", "127.0.0.1:0")
	w.set("DPROXY", digest.Addr())
	w.set("PROXY", plain.Addr())
	w.set("SPROXY", secure.Addr())
	w.set("SOCKS", socks.Addr())
	srv := &http.Server{Handler: http.HandlerFunc(p.connect), ErrorLog: log.New(io.Discard, "", 0)}
	go srv.Serve(plain)
	go srv.Serve(tls.NewListener(secure, config))
	go p.serveSOCKS(socks)
	go http.Serve(digest, http.HandlerFunc(p.connectByDigest))
	w.stop = append(w.stop, func() { srv.Close(); socks.Close(); digest.Close(); file.Close() })
}

func (p *testProxy) note(args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.log, args...)
}

func (p *testProxy) dial(addr string) (net.Conn, error) {
	if real, ok := p.known[addr]; ok {
		addr = real
	}
	return net.Dial("tcp", addr)
}

// connect is CONNECT; a host denied.test is refused.
func (p *testProxy) connect(w http.ResponseWriter, r *http.Request) {
	p.note("http", r.Host, r.Header.Get("Proxy-Authorization"), r.Header.Get("X-Extra"))
	if r.Method != http.MethodConnect || r.Host == "denied.test:80" {
		http.Error(w, "not through here", http.StatusForbidden)
		return
	}
	to, err := p.dial(r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	from, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	io.WriteString(from, "HTTP/1.1 200 Connected\r\n\r\n")
	join(from, from, to)
}

// connectByDigest is connect for user with the password pass, by Digest only.
func (p *testProxy) connectByDigest(w http.ResponseWriter, r *http.Request) {
	if !rightDigest(r.Header.Get("Proxy-Authorization"), "CONNECT", r.Host) {
		w.Header().Set("Proxy-Authenticate", `Digest realm="r", nonce="n", qop="auth"`)
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
		return
	}
	p.connect(w, r)
}

// join copies both ways until one side ends.
func join(from net.Conn, in io.Reader, to net.Conn) {
	defer from.Close()
	defer to.Close()
	go func() {
		defer to.Close()
		io.Copy(to, in)
	}()
	io.Copy(from, to)
}

func (p *testProxy) serveSOCKS(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			r := bufio.NewReader(c)
			version, _ := r.ReadByte()
			if version == 4 {
				p.socks4(c, r)
			} else {
				p.socks5(c, r)
			}
			c.Close()
		}()
	}
}

func (p *testProxy) socks4(c net.Conn, r *bufio.Reader) {
	var head [7]byte // command, port, address
	io.ReadFull(r, head[:])
	user, _ := r.ReadString(0)
	name, host := "socks4", net.IP(head[3:]).String()
	if head[3] == 0 && head[4] == 0 && head[5] == 0 {
		name, host = "socks4a", cString(r)
	}
	addr := fmt.Sprint(host, ":", binary.BigEndian.Uint16(head[1:]))
	p.note(name, addr, user[:len(user)-1])
	if to, err := p.dial(addr); err == nil {
		c.Write([]byte{0, 90, 0, 0, 0, 0, 0, 0})
		join(c, r, to)
	}
	c.Write([]byte{0, 91, 0, 0, 0, 0, 0, 0})
}

func cString(r *bufio.Reader) string {
	s, _ := r.ReadString(0)
	return s[:max(0, len(s)-1)]
}

// socks5 takes any user and password.
func (p *testProxy) socks5(c net.Conn, r *bufio.Reader) {
	methods := make([]byte, oneByte(r))
	io.ReadFull(r, methods)
	user := ""
	if string(methods) != "\x00" {
		c.Write([]byte{5, 2})
		r.ReadByte()
		user = counted(r) + ":" + counted(r)
		c.Write([]byte{1, 0})
	} else {
		c.Write([]byte{5, 0})
	}
	var head [4]byte
	io.ReadFull(r, head[:])
	name, host := "socks5", ""
	if head[3] == 3 {
		name, host = "socks5h", counted(r)
	} else {
		var ip [4]byte
		io.ReadFull(r, ip[:])
		host = net.IP(ip[:]).String()
	}
	var port [2]byte
	io.ReadFull(r, port[:])
	addr := fmt.Sprint(host, ":", binary.BigEndian.Uint16(port[:]))
	p.note(name, addr, user)
	if to, err := p.dial(addr); err == nil {
		c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		join(c, r, to)
	}
	c.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
}

func oneByte(r *bufio.Reader) byte {
	b, _ := r.ReadByte()
	return b
}

func counted(r *bufio.Reader) string {
	p := make([]byte, oneByte(r))
	io.ReadFull(r, p)
	return string(p)
}
