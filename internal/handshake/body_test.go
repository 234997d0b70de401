package handshake

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// A framingCase is a response, whose body must be read as "hello".
type framingCase struct {
	fields []string
	raw    string // all that follows the head
	reuse  bool   // another response may follow, in HTTP/1.1
}

func framingCases() []framingCase {
	const chunks = "2\r\nhe\r\n3\r\nllo\r\n0\r\n"
	return []framingCase{
		{[]string{"Content-Length: 5"}, "hello", true},
		{[]string{"Content-Length: 5", "Content-Length: 5"}, "hello", true},
		{[]string{"Content-Length: 5"}, "hello!", false},
		{[]string{"Content-Length: 9"}, "hello", false},
		{[]string{"Transfer-Encoding: chunked"}, chunks + "\r\n", true},
		{[]string{"Transfer-Encoding: chunked"}, chunks + "Trailer: x\r\n\r\n", true},
		{[]string{"Transfer-Encoding: chunked"}, chunks + "\r\nHTTP", false},
		{[]string{"Transfer-Encoding: chunked"}, chunks, false},
		{[]string{"Transfer-Encoding: chunked", "Connection: close"}, chunks + "\r\n", false},
		{[]string{"Transfer-Encoding: chunked", "Connection: close"}, "5;x=y\r\nhello\r\n0 \r\n\r\n", false},
		{nil, "hello", false},
		{[]string{"Transfer-Encoding: chunked", "Content-Length: 5"}, chunks + "\r\n", false},
		{[]string{"Content-Length: x", "Transfer-Encoding: chunked"}, chunks + "\r\n", false},
		{[]string{"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}, chunks + "\r\n", false},
		{[]string{"Transfer-Encoding: chunked", "Content-Length: 5"}, "hello", false},
		{[]string{"Transfer-Encoding: chunked", "Connection: close"}, "hello", false},
		{[]string{"Transfer-Encoding: gzip, chunked"}, chunks + "\r\n", false},
		{[]string{"Transfer-Encoding: identity"}, "hello", false},
		{[]string{"Transfer-Encoding: identity", "Content-Length: 5"}, "hello!", false},
		{[]string{"Transfer-Encoding:", "Content-Length: 5"}, "hello!", false},
		{[]string{"Transfer-Encoding: gzip"}, "hello", false},
		{[]string{"Transfer-Encoding: chunked, gzip"}, "hello", false},
		{[]string{"Content-Length: 5, 5"}, "hello!", false},
		{[]string{"Content-Length: 5", "Content-Length: 7"}, "hello", false},
		{[]string{"Content-Length:"}, "hello", false},
		{[]string{"Content-Length: -5"}, "hello", false},
		{[]string{"Content-Length: +5"}, "hello", false},
		{[]string{"Content-Length: 0x5"}, "hello", false},
		{[]string{"Content-Length: 5 bytes"}, "hello", false},
		{[]string{"Content-Length: 9223372036854775808"}, "hello", false},
	}
}

// TestRememberedOddFraming checks that there is a response, whatever its fields
// say about its length, and as much of its body as can be read. The connection
// may be reused only if the end of the body is certain.
func TestRememberedOddFraming(t *testing.T) {
	t.Parallel()
	for _, c := range framingCases() {
		for _, first := range []string{"HTTP/1.1 403 No", "HTTP/1.0 503 No", "HTTP/1.0 401 No"} {
			resp, _, err := new(ResponseParser).Parse([]byte(lines(append([]string{first}, c.fields...)...)))
			if err != nil {
				t.Errorf("%s %q: %v", first, c.fields, err)
				continue
			}
			for cut := range len(c.raw) + 1 {
				checkBody(t, c, resp, cut)
			}
		}
	}
}

// TestRememberedPlainBodyOfHexDigits checks that a body is kept that is not chunked,
// although a field says so and it begins with what could be the size of a chunk.
func TestRememberedPlainBodyOfHexDigits(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"Access denied\n", "404 page not found\n", "forbidden", "bad", "e", "0123456789abcdef0123456789abcdef0123456789abcdef", ";", "\r\n"} {
		for _, field := range []string{"Content-Length: 3", "Connection: close"} {
			resp, _, err := new(ResponseParser).Parse([]byte(lines("HTTP/1.1 403 No", "Transfer-Encoding: chunked", field)))
			if err != nil {
				t.Fatal(err)
			}
			b := NewBody(resp, nil, iotest.OneByteReader(strings.NewReader(body)))
			if p, _ := io.ReadAll(b); string(p) != body || b.Ended() {
				t.Errorf("%s: read %q, want %q", field, p, body)
			}
		}
	}
}

// checkBody reads the body of resp, with the first cut bytes of c.raw buffered.
func checkBody(t *testing.T, c framingCase, resp *http.Response, cut int) {
	t.Helper()
	b := NewBody(resp, []byte(c.raw[:cut]), iotest.OneByteReader(strings.NewReader(c.raw[cut:])))
	got, _ := io.ReadAll(b)
	reuse := b.Ended() && !resp.Close
	if !c.reuse && reuse || c.reuse && resp.ProtoMinor == 1 && !reuse {
		// Bytes after a body are noticed only if they are buffered.
		if c.raw[len(c.raw)-1] != '!' && !strings.HasSuffix(c.raw, "HTTP") || cut == len(c.raw) {
			t.Errorf("%s %q cut at %d: got reuse %t", resp.Status, c.fields, cut, reuse)
		}
	}
	if want := "hello"; string(got) != want {
		t.Errorf("%s %q cut at %d: got body %q, want %q", resp.Status, c.fields, cut, got, want)
	}
}

// TestRememberedFramingOfUpgrade checks that a 101 has no body, whatever its fields say.
func TestRememberedFramingOfUpgrade(t *testing.T) {
	t.Parallel()
	for _, fields := range []string{
		"Transfer-Encoding: chunked\r\nContent-Length: 0", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding:",
		"Content-Length: 7", "Content-Length: x", "Content-Length: 1\r\nContent-Length: 2", "Content-Length: 0, 0",
	} {
		raw := strings.TrimSuffix(sampleResponse, "\r\n") + fields + "\r\n\r\n"
		resp, n, err := new(ResponseParser).Parse([]byte(raw + "\x81\x00"))
		if err != nil || n != len(raw) {
			t.Errorf("%q: %d of %d, %v", fields, n, len(raw), err)
			continue
		}
		if err := CheckUpgrade(resp, sampleKey); err != nil || resp.ContentLength != 0 || resp.TransferEncoding != nil {
			t.Errorf("%q: %v, length %d, codings %q", fields, err, resp.ContentLength, resp.TransferEncoding)
		}
	}
}

// TestRequestsStayStrict checks that a server accepts neither odd framing nor folds:
// a proxy in front of it may read another request there.
func TestRequestsStayStrict(t *testing.T) {
	t.Parallel()
	for _, fields := range []string{
		"Transfer-Encoding: chunked\r\nContent-Length: 0", "Content-Length: 5, 5", "Transfer-Encoding: identity", "X: a\r\n b", " x: y",
	} {
		if r, _, err := new(RequestParser).Parse([]byte("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n")); err == nil {
			t.Errorf("%q: accepted as %v", fields, r.Header)
		}
	}
}
