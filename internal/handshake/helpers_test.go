package handshake

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
)

const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ==" // of RFC 6455 section 1.3
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	otherKey     = "AQIDBAUGBwgJCgsMDQ4PEA=="
)

// lines joins the lines of a head.
func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n\r\n" }

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// parser returns the Parse of a new parser. It fails the test if the parser would
// read bytes again.
type parser func(t *testing.T) func(b []byte) verdict

func responses(t *testing.T) func(b []byte) verdict {
	p := new(ResponseParser)
	return func(b []byte) verdict {
		resp, n, err := p.Parse(b)
		v := verdict{n: n, kind: reflect.TypeOf(err)}
		if resp != nil {
			v.msg = resp
		}
		checkProgress(t, &p.head, v, b)
		return v
	}
}

// checkProgress checks that a parser that needs more has seen all of b, so that
// the cost is linear.
func checkProgress(t *testing.T, p *headParser, v verdict, b []byte) {
	t.Helper()
	if v.msg == nil && v.kind == nil && p.seen != len(b) {
		t.Errorf("needs more after %d bytes, but has seen %d", len(b), p.seen)
	}
}

// parsePieces parses the beginnings of raw with the given ends, until there is a
// verdict.
func parsePieces(parse func(b []byte) verdict, raw string, ends ...int) (v verdict) {
	for _, end := range ends {
		if v = parse([]byte(raw[:end])); v.msg != nil || v.kind != nil {
			break
		}
	}
	return v
}

// checkSplits checks that the verdict of raw is the same however it is cut: in two,
// into bytes, and with other bytes after it.
func checkSplits(t *testing.T, newParser parser, raw string) {
	t.Helper()
	whole := newParser(t)([]byte(raw))
	check := func(how string, got verdict) {
		t.Helper()
		if !reflect.DeepEqual(got, whole) {
			t.Errorf("%q %s: %+v, whole: %+v", raw, how, got, whole)
		}
	}
	for i := range raw {
		check("cut in two", parsePieces(newParser(t), raw, i, len(raw)))
	}
	pieces := make([]int, len(raw)+1)
	for i := range pieces {
		pieces[i] = i
	}
	check("byte by byte", parsePieces(newParser(t), raw, pieces...))
	if whole.msg != nil {
		check("with bytes after it", newParser(t)([]byte(raw+"\x81\x05hello\r\n\r\nHTTP/1.1")))
	}
}

// checkError checks that the text of err contains want, or that err is nil if want is "".
func checkError(t *testing.T, what string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%q: error %v, want %q", what, err, want)
	}
}

const sampleResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: " + sampleAccept + "\r\n\r\n"

// verdict is what a parser returns for an input.
type verdict struct {
	msg  any // *http.Response or *http.Request, nil if more is needed
	n    int
	kind reflect.Type // of the error
}
