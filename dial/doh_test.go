package dial

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-ws/curlew/internal/testpeer"
	"golang.org/x/net/dns/dnsmessage"
)

var dohQuestion4, _ = packQuestion("known.example", dnsmessage.TypeA)

// dohServer starts a server that answers with dnsAnswer. It counts the questions and
// the open connections.
func dohServer(t *testing.T, questions, open *atomic.Int32) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		questions.Add(1)
		question, _ := io.ReadAll(r.Body)
		switch {
		case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/dns-message" || question[0] != 0 || question[1] != 0:
			http.Error(w, "not RFC 8484", http.StatusBadRequest)
		case strings.HasSuffix(r.URL.Path, "/redirect"):
			http.Redirect(w, r, "/dns", http.StatusFound)
		case strings.HasSuffix(r.URL.Path, "/flood"):
			w.Header().Set("X", strings.Repeat("x", 2*maxDNSMessage))
			w.Write(dnsAnswer(question))
		case strings.HasSuffix(r.URL.Path, "/bomb"):
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			z.Write(bytes.Repeat([]byte{0xff}, 64<<20)) // until the client closes
		case strings.HasSuffix(r.URL.Path, "/garbage"):
			io.WriteString(w, "garbage")
		case strings.HasSuffix(r.URL.Path, "/slow"):
			time.Sleep(20 * time.Millisecond)
			w.Write(dnsAnswer(question))
		case strings.HasSuffix(r.URL.Path, "/always4"): // for every question
			w.Write(dnsAnswer(dohQuestion4))
		case strings.HasSuffix(r.URL.Path, "/hang"):
			<-r.Context().Done()
		default:
			w.Header().Set("Content-Type", "application/dns-message")
			w.Write(dnsAnswer(question))
		}
	}))
	s.EnableHTTP2 = true
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{testpeer.NewAuthority().Issue(t, "127.0.0.1")}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// A dohCase is a DoH server, an echo server at port, and how many questions the
// first one got.
type dohCase struct {
	server    *httptest.Server
	port      string
	questions atomic.Int32
}

func newDoHCase(t *testing.T) *dohCase {
	t.Helper()
	c := &dohCase{}
	c.server = dohServer(t, &c.questions, new(atomic.Int32))
	_, c.port, _ = net.SplitHostPort(testpeer.Serve(t, echo))
	return c
}

// config returns a Config that uses the DoH server with path.
func (c *dohCase) config(path string) *Config {
	return &Config{DoHURL: c.server.URL + path, DoHTLS: testpeer.NewAuthority().Trust()}
}

func TestDoH(t *testing.T) {
	t.Parallel()
	c := newDoHCase(t)
	only4 := c.config("/dns")
	only4.IPVersion = 4
	for _, test := range []struct {
		name, host string
		config     *Config
		questions  int32
	}{
		{"both families", "known.example", c.config("/dns"), 2},
		{"IPv4", "known.example", only4, 1},
		{"localhost", "localhost", c.config("/dns"), 0},
	} {
		mustEcho(t, mustDial(t, test.config, "ws://"+test.host+":"+c.port))
		if n := c.questions.Swap(0); n != test.questions {
			t.Errorf("%s: %d questions, want %d", test.name, n, test.questions)
		}
	}
	conn, took, err := c.config("/slow").Dial(t.Context(), mustURL(t, "ws://known.example:"+c.port))
	if err != nil || took.Lookup < 10*time.Millisecond {
		t.Fatalf("a slow lookup: took %+v, %v", took, err)
	}
	conn.Close()
}

func TestDoHNotFound(t *testing.T) {
	t.Parallel()
	c := newDoHCase(t)
	only6 := c.config("/dns")
	only6.IPVersion = 6 // of the host; the server has IPv4, as one of DNSServers may have
	for host, config := range map[string]*Config{"other.example": c.config("/dns"), "known.example": only6} {
		err := failure(t, t.Context(), config, "ws://"+host, Resolve)
		if e, ok := errors.AsType[*net.DNSError](err); !ok || !e.IsNotFound {
			t.Errorf("%s: got %v", host, err)
		}
	}
}

func TestDoHFailures(t *testing.T) {
	t.Parallel()
	c := newDoHCase(t)
	only6 := c.config("/id-of-mine/always4")
	only6.IPVersion = 6
	hang := c.config("/hang")
	hang.ConnectTimeout = 20 * time.Millisecond
	for _, test := range []struct {
		config     *Config
		host, says string
	}{
		{only6, "known.example", "got only [127.0.0.1]"},
		{c.config("/id-of-mine/redirect"), "known.example", "302"},
		{c.config("/id-of-mine/garbage"), "known.example", "invalid answer"},
		{c.config("/id-of-mine/flood"), "known.example", "DNS over HTTPS"},
		{c.config("/id-of-mine/bomb"), "known.example", "invalid answer"},
		{c.config("/dns"), "broken.example", "ServerFailure"},
		{c.config("/dns"), strings.Repeat("known.", 50), ""},
		{&Config{DoHURL: c.server.URL}, "known.example", "certificate"},
		{hang, "known.example", "ConnectTimeout"},
	} {
		err := failure(t, t.Context(), test.config, "ws://"+test.host, Resolve)
		if !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "id-of-mine") {
			t.Errorf("%s at %s: got %v, want %q", test.host, test.config.DoHURL, err, test.says)
		}
	}
}

// TestDoHCloses checks that no connection to the server stays open, whether the
// lookup succeeds or is cancelled.
func TestDoHCloses(t *testing.T) {
	t.Parallel()
	var questions, open atomic.Int32
	s := dohServer(t, &questions, &open)
	for _, path := range []string{"/dns", "/hang", "/garbage"} {
		ctx, cancel := context.WithCancel(t.Context())
		before := questions.Load()
		go func() {
			eventually(func() bool { return questions.Load() == before+2 })
			if path == "/hang" {
				cancel()
			}
		}()
		c := &Config{DoHURL: s.URL + path, DoHTLS: testpeer.NewAuthority().Trust()}
		conn, _, err := c.Dial(ctx, mustURL(t, "ws://known.example:1"))
		if cancel(); err == nil {
			conn.Close()
			t.Errorf("%s: Dial succeeded", path)
		}
		if !eventually(func() bool { return open.Load() == 0 }) {
			t.Errorf("%s: %d connections to the server are open", path, open.Load())
		}
	}
}

// FuzzUnpackAnswer checks that any answer gives an error or valid addresses.
func FuzzUnpackAnswer(f *testing.F) {
	q, _ := packQuestion("known.example", dnsmessage.TypeA)
	f.Add(q)
	f.Add(dnsAnswer(q))
	f.Fuzz(func(t *testing.T, b []byte) {
		ips, err := unpackAnswer(b)
		if err != nil && ips != nil {
			t.Errorf("got %v and %v", ips, err)
		}
		for _, ip := range ips {
			if !ip.IsValid() {
				t.Errorf("got %v", ips)
			}
		}
	})
}
