package handshake

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
)

// framing is what the fields of a message say about the length of its body (RFC 9112 section 6.3).
type framing struct {
	length  int64    // -1 if they do not say, or if there are codings
	codings []string // of Transfer-Encoding, in lower case; nil if there are none
	odd     error    // why they are not to be relied on; a *SyntaxError
}

// framingOf reads the framing of a message. Of what is odd it makes what most likely is meant, for those who only want to see the body.
func framingOf(h http.Header, minor int) framing {
	codings, lengths := h["Transfer-Encoding"], h["Content-Length"]
	if len(codings) == 0 {
		return lengthOf(lengths)
	}
	if len(codings) == 1 && strings.EqualFold(codings[0], "chunked") && minor > 0 && len(lengths) == 0 {
		return framing{length: -1, codings: []string{"chunked"}}
	}
	var f framing
	for coding := range elements(codings) {
		if coding = strings.ToLower(coding); coding != "identity" { // of RFC 2616
			f.codings = append(f.codings, coding)
		}
	}
	if f.length = -1; f.codings == nil {
		f = lengthOf(lengths)
	}
	f.odd = &SyntaxError{"field Transfer-Encoding", "chunked alone, in HTTP/1.1, without Content-Length", quoteAll(codings)}
	return f
}

// lengthOf reads Content-Length, which may say the same several times.
func lengthOf(lengths []string) (f framing) {
	if len(lengths) == 0 {
		return framing{length: -1}
	}
	first, _, list := strings.Cut(lengths[0], ",")
	n, err := strconv.ParseUint(trimSpace(first), 10, 63)
	f.length = int64(n)
	for v := range strings.SplitSeq(strings.Join(lengths, ","), ",") {
		if err != nil || trimSpace(v) != trimSpace(first) {
			f.length, list = -1, true
		}
	}
	if list {
		f.odd = &SyntaxError{"field Content-Length", "one number", quoteAll(lengths)}
	}
	return f
}

// A Body reads the body of a response, for io.Reader's use. It is the one part of this package that reads from a stream itself, and blocks
// as that does.
type Body struct {
	early   *bytes.Reader
	in      *bufio.Reader     // early, then the stream
	counted *io.LimitedReader // in, up to Content-Length; or nil
	chunked bool
	doubt   bool // whether it is: the first byte tells
	body    io.Reader
	ended   bool
}

// NewBody returns the body of a parsed response to GET or CONNECT: early, then what comes from s. It ends where the head says, or with s.
// It may take more from s than is the body's.
func NewBody(resp *http.Response, early []byte, s io.Reader) *Body {
	b := &Body{early: bytes.NewReader(early)}
	b.in = bufio.NewReader(io.MultiReader(b.early, s))
	codings := resp.TransferEncoding
	switch {
	case !hasBody(resp.StatusCode):
		b.counted = &io.LimitedReader{R: b.in}
	case len(codings) > 0 && codings[len(codings)-1] == "chunked":
		b.body, b.chunked, b.doubt = httputil.NewChunkedReader(b.in), true, resp.Close
	case resp.ContentLength >= 0 && len(codings) == 0:
		b.counted = &io.LimitedReader{R: b.in, N: resp.ContentLength}
	default:
		b.body = b.in
	}
	if b.counted != nil {
		b.body = b.counted
	}
	return b
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if b.doubt {
		first, _ := b.in.Peek(1)
		if b.doubt = false; len(first) > 0 && !isHex(first[0]) {
			b.body, b.chunked = b.in, false // a proxy took the chunks away, and left the field
		}
	}
	n, err := b.body.Read(p)
	if err == io.EOF && !b.ended {
		whole := b.counted != nil && b.counted.N == 0 || b.chunked && b.skipTrailer()
		b.ended = whole && b.in.Buffered() == 0 && b.early.Len() == 0
	}
	return n, err
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// Ended reports whether Read reached the body's end, as the head announced it, and nothing came behind it.
func (b *Body) Ended() bool { return b.ended }

// skipTrailer skips the fields behind the last chunk, up to the empty line.
func (b *Body) skipTrailer() bool {
	for range maxTrailer {
		line, err := b.in.ReadSlice('\n')
		if err != nil {
			return false
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return true
		}
	}
	return false
}

const maxTrailer = 100 // lines
