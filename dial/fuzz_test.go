package dial

import (
	"bytes"
	"io"
	"net/url"
	"strings"
	"testing"
)

// scripted is a connection to a proxy whose replies are all there already.
type scripted struct {
	*bytes.Reader
	io.Writer
}

// FuzzSOCKS checks that replies are refused, or read to their last byte and not
// further.
func FuzzSOCKS(f *testing.F) {
	f.Add(false, []byte("\x00\x5a\x00\x07\x01\x02\x03\x04rest"))
	f.Add(true, []byte("\x05\x00\x05\x00\x00\x01\x01\x02\x03\x04\x00\x07rest"))
	f.Add(true, []byte("\x05\x02\x01\x00\x05\x00\x00\x03\x02ab\x00\x07rest"))
	f.Add(true, []byte("\x05\x00\x05\x00\x00\x041234567890123456\x00\x07"))
	f.Fuzz(func(t *testing.T, five bool, replies []byte) {
		c := scripted{bytes.NewReader(replies), io.Discard}
		to, user := socksAddr{name: "far.example", port: 7}, url.UserPassword("joe", canary)
		if !five {
			if err := socks4(c, to, user); (err == nil) != (len(replies) >= 8 && replies[0] == 0 && replies[1] == 90) {
				t.Errorf("%q: got %v", replies, err)
			} else if err == nil && c.Len() != len(replies)-8 {
				t.Errorf("%q: %d bytes are left", replies, c.Len())
			}
			return
		}
		err := socks5(c, to, user)
		if err != nil {
			if strings.Contains(err.Error(), canary) {
				t.Error(err)
			}
			return
		}
		rest := replies[2:]
		if replies[1] == 2 {
			rest = rest[2:]
		}
		size := map[byte]int{1: 4, 4: 16, 3: 1 + int(rest[4])}[rest[3]]
		if rest[1] != 0 || size == 0 || c.Len() != len(rest)-4-size-2 {
			t.Errorf("%q: accepted, %d bytes left", replies, c.Len())
		}
	})
}

// FuzzReply checks that the head of an accepting reply is read to its empty line and
// not further.
func FuzzReply(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\n\r\nrest")
	f.Add("HTTP/1.0 204 \nA: b\n\nrest\n\n")
	f.Add("HTTP/1.1 100 C\r\n\r\n" + accepted)
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
	f.Add(challenge407 + "\r\nwho?")
	f.Fuzz(func(t *testing.T, in string) {
		r := strings.NewReader(in)
		reply, err := receiveReply(io.NopCloser(r), func(bool, []byte) {})
		if err != nil {
			return
		}
		if interim := reply.StatusCode/100 == 1 && reply.StatusCode != 101; interim || reply.ProtoMajor != 1 {
			t.Errorf("%q: final reply is %v", in, reply)
		}
		if reply.StatusCode/100 != 2 {
			if body, err := io.ReadAll(reply.Body); len(body) > maxReplyBody || err != nil {
				t.Errorf("%q: body of %d bytes, %v", in, len(body), err)
			}
			return
		}
		head := in[:len(in)-r.Len()]
		if !strings.HasSuffix(head, "\n\r\n") && !strings.HasSuffix(head, "\n\n") {
			t.Errorf("%q: read %q", in, head)
		}
		final := head[strings.LastIndex(head, "HTTP/"):]
		if i := strings.Index(strings.ReplaceAll(final, "\r\n", "\n"), "\n\n"); i >= 0 && i+2 != len(strings.ReplaceAll(final, "\r\n", "\n")) {
			t.Errorf("%q: read more than a head: %q", in, head)
		}
	})
}
