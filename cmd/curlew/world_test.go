package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"software.sslmate.com/src/go-pkcs12"
)

// A world is what a script talks to: servers and proxies on loopback, and files
// for them.
//
//	$WS $WSS     URLs of a plain server and one with TLS; $HOST $SHOST without scheme, $PORT
//	$MUTUAL      the URL of one with TLS that wants a client certificate
//	$CLOSED      a URL where nobody listens, $CLOSEDHOST without scheme
//	$SILENT      host:port of one who never says a word
//	$UNIX        the path of a unix socket, $ABSTRACT an abstract one, of a plain server
//	$PROXY       host:port of an HTTP proxy, $SPROXY of an https one, $SOCKS of a SOCKS proxy, $DPROXY of one by Digest:
//	             they know example.com as the servers above, and log to proxy.log
//	$DNS $DOH    a DNS server's address and URL: every name is at 127.0.0.1
//	$CA $PIN     the authority of the server with TLS, its key's hash
//	$LONG        a long text
//	utf16        a file of text in UTF-16
//	$CERT $KEY $P12   a client certificate, its key, both (password "secret")
type world struct {
	t    testing.TB
	dir  string
	env  []string
	stop []func()
}

func newWorld(t testing.TB, dir string) *world {
	w := &world{t: t, dir: dir}
	plain := w.server(nil)
	secure := w.server(&tls.Config{ClientAuth: tls.RequestClientCert})
	mutual := w.server(&tls.Config{ClientAuth: tls.RequireAnyClientCert})
	w.set("MUTUAL", "wss://"+mutual.Listener.Addr().String())
	w.set("HOST", plain.Listener.Addr())
	w.set("PORT", plain.Listener.Addr().(*net.TCPAddr).Port)
	w.set("LONG", strings.Repeat("x", 2000))
	w.set("WS", "ws://"+plain.Listener.Addr().String())
	w.set("SHOST", secure.Listener.Addr())
	w.set("SPORT", secure.Listener.Addr().(*net.TCPAddr).Port)
	w.walls()
	w.file("utf16", []byte("\xff\xfeh\x00i\x00\n\x00"))
	w.set("WSS", "wss://"+secure.Listener.Addr().String())
	w.set("DOH", secure.URL+"/dns-query")
	const closed = "127.0.0.1:1" // a port that was free might be given to another server
	w.set("CLOSEDHOST", closed)
	w.set("CLOSED", "ws://"+closed)
	silent := w.listen("tcp", "127.0.0.1:0")
	w.stop = append(w.stop, func() { silent.Close() })
	w.set("SILENT", silent.Addr())
	w.certificates(secure.Certificate())
	w.unixSockets()
	w.dns()
	w.proxies(map[string]string{"example.com:80": plain.Listener.Addr().String(), "example.com:443": secure.Listener.Addr().String()}, secure.TLS)
	return w
}

func (w *world) set(name string, value any) { w.env = append(w.env, fmt.Sprintf("%s=%v", name, value)) }

func (w *world) close() {
	for _, stop := range w.stop {
		stop()
	}
}

func (w *world) listen(network, addr string) net.Listener {
	l, err := net.Listen(network, addr)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func (w *world) file(name string, content []byte) string {
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) server(config *tls.Config) *httptest.Server {
	s := httptest.NewUnstartedServer(handler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it
	if s.TLS = config; config != nil {
		s.StartTLS()
	} else {
		s.Start()
	}
	w.stop = append(w.stop, s.CloseClientConnections)
	return s
}

// certificates writes the server's certificate, and makes a client's.
func (w *world) certificates(server *x509.Certificate) {
	w.set("CA", w.file("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Raw})))
	pin := sha256.Sum256(server.RawSubjectPublicKeyInfo)
	w.set("PIN", "sha256//"+base64.StdEncoding.EncodeToString(pin[:]))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "curlew's friend"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		w.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		w.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		w.t.Fatal(err)
	}
	p12, err := pkcs12.Modern.Encode(key, cert, nil, "secret")
	if err != nil {
		w.t.Fatal(err)
	}
	w.set("CERT", w.file("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	w.set("KEY", w.file("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
	w.set("P12", w.file("client.p12", p12))
}

func (w *world) unixSockets() {
	path := filepath.Join(w.dir, "socket")
	paths := map[string]string{"UNIX": path}
	if runtime.GOOS == "linux" {
		paths["ABSTRACT"] = "@" + path
	}
	for name, path := range paths {
		l := w.listen("unix", path)
		go http.Serve(l, handler())
		w.stop = append(w.stop, func() { l.Close() })
		w.set(name, path)
	}
	if runtime.GOOS == "linux" {
		w.set("ABSTRACT", path)
	}
}

// dns serves DNS by UDP.
func (w *world) dns() {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.set("DNS", c.LocalAddr())
	w.stop = append(w.stop, func() { c.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			c.WriteTo(answerDNS(buf[:n]), from)
		}
	}()
}

func serveDoH(w http.ResponseWriter, r *http.Request) {
	query, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/dns-message")
	w.Write(answerDNS(query))
}

// answerDNS says that every name is at 127.0.0.1.
func answerDNS(query []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil
	}
	m.Response, m.Additionals = true, nil
	for _, q := range m.Questions {
		if q.Type == dnsmessage.TypeA {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			})
		}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return bytes.Clone(answer)
}
