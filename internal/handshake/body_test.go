package handshake

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// Whatever the fields say of a body's length, there is a response, and its body as far as it can be read; only one whose end is beyond
// doubt leaves the stream for another request.
func TestRememberedOddFraming(t *testing.T) {
	t.Parallel()
	const chunks = "2\r\nhe\r\n3\r\nllo\r\n0\r\n"
	for _, c := range []struct {
		fields []string
		raw    string
		reuse  bool
	}{
		{[]string{"Content-Length: 5"}, "hello", true},
		{[]string{"Content-Length: 5", "Content-Length: 5"}, "hello", true},
		{[]string{"Content-Length: 5"}, "hello!", false},
		{[]string{"Content-Length: 9"}, "hello", false},
		{[]string{"Transfer-Encoding: chunked"}, chunks + "\r\n", true},
		{[]string{"Transfer-Encoding: chunked"}, chunks + "Trailer: x\r\n\r\n", true},
		{[]string{"Transfer-Encoding: chunked"}, chunks + "\r\nHTTP", false},
		{[]string{"Transfer-Encoding: chunked"}, chunks, false},
		{[]string{"Transfer-Encoding: chunked", "Connection: close"}, chunks + "\r\n", false},
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
	} {
		for _, first := range []string{"HTTP/1.1 403 No", "HTTP/1.0 503 No", "HTTP/1.0 401 No"} {
			resp, _, err := new(ResponseParser).Parse([]byte(lines(append([]string{first}, c.fields...)...)))
			if err != nil {
				t.Errorf("%s %q: %v", first, c.fields, err)
				continue
			}
			for cut := range len(c.raw) + 1 {
				b := NewBody(resp, []byte(c.raw[:cut]), iotest.OneByteReader(strings.NewReader(c.raw[cut:])))
				got, _ := io.ReadAll(b)
				reuse := b.Ended() && !resp.Close
				if !c.reuse && reuse || c.reuse && first[7] == '1' && !reuse {
					// What comes behind a body later is noticed only when it is there.
					if c.raw[len(c.raw)-1] != '!' && !strings.HasSuffix(c.raw, "HTTP") || cut == len(c.raw) {
						t.Errorf("%s %q cut at %d: reuse is %v", first, c.fields, cut, reuse)
					}
				}
				if want := "hello"; string(got) != want {
					t.Errorf("%s %q cut at %d: body is %q", first, c.fields, cut, got)
				}
			}
		}
	}
}

// A 101 has no body, whatever its fields say.
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

// A server takes neither odd framing nor folds: behind a proxy they may mean another request.
func TestRequestsStayStrict(t *testing.T) {
	t.Parallel()
	for _, fields := range []string{
		"Transfer-Encoding: chunked\r\nContent-Length: 0", "Content-Length: 5, 5", "Transfer-Encoding: identity", "X: a\r\n b", " x: y",
	} {
		if r, _, err := new(RequestParser).Parse([]byte("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n")); err == nil {
			t.Errorf("%q: taken as %v", fields, r.Header)
		}
	}
}
