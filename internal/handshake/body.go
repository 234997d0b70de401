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

// framing is what the fields of a message say about the length of its body
// (RFC 9112 section 6.3).
type framing struct {
	length  int64    // of the body; -1 if no field says it, or if there are codings
	codings []string // of Transfer-Encoding, in lower case; nil if there are none
	odd     error    // why the fields cannot be relied on, a *SyntaxError; nil if they can
}

// framingOf returns the framing of a message. If its fields are odd, the rest is
// the most likely meaning, for callers that only want to read the body.
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
		if coding = strings.ToLower(coding); coding != "identity" { // no coding, in RFC 2616
			f.codings = append(f.codings, coding)
		}
	}
	if f.length = -1; f.codings == nil {
		f = lengthOf(lengths)
	}
	f.odd = &SyntaxError{"field Transfer-Encoding", "chunked alone, in HTTP/1.1, without Content-Length", quoteAll(codings)}
	return f
}

// lengthOf returns the framing that Content-Length says. It may repeat its number.
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

// A Body is an [io.Reader] of the body of a response. It is the only part of this
// package that reads from a stream itself. Read blocks as the stream does.
type Body struct {
	buffered   *bytes.Reader     // bytes after the head that are already received
	in         *bufio.Reader     // buffered, then the stream
	counted    *io.LimitedReader // in, up to Content-Length; or nil
	body       io.Reader         // in, without its framing
	chunked    bool
	mayBePlain bool // the first bytes decide whether it really is chunked
	ended      bool
}

// NewBody returns the body of a parsed response to GET or CONNECT. The body is
// read from buffered, then from s. It ends where the head says, or with s. Read
// may read more from s than the body.
func NewBody(resp *http.Response, buffered []byte, s io.Reader) *Body {
	b := &Body{buffered: bytes.NewReader(buffered)}
	b.in = bufio.NewReader(io.MultiReader(b.buffered, s))
	codings := resp.TransferEncoding
	switch {
	case !hasBody(resp.StatusCode):
		b.counted = &io.LimitedReader{R: b.in}
	case len(codings) > 0 && codings[len(codings)-1] == "chunked":
		b.body, b.chunked, b.mayBePlain = httputil.NewChunkedReader(b.in), true, resp.Close
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
	if b.mayBePlain {
		if b.mayBePlain = false; !startsChunk(b.in) {
			b.body, b.chunked = b.in, false // a proxy has removed the chunk headers, but not the field
		}
	}
	n, err := b.body.Read(p)
	if err == io.EOF && !b.ended {
		whole := b.counted != nil && b.counted.N == 0 || b.chunked && b.skipTrailer()
		b.ended = whole && b.in.Buffered() == 0 && b.buffered.Len() == 0
	}
	return n, err
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// startsChunk reports whether what follows can be a chunk header: a number, and
// after it perhaps an extension (RFC 9112 section 7.1). It consumes nothing.
func startsChunk(in *bufio.Reader) bool {
	for n := 1; n <= maxChunkSize; n++ {
		p, err := in.Peek(n)
		if err != nil {
			return false
		}
		switch last := p[n-1]; {
		case last == ';' || last == '\r' || last == '\n':
			return n > 1
		case isBlank(last):
		case !isHex(last) || n > 1 && isBlank(p[n-2]):
			return false
		}
	}
	return false
}

const maxChunkSize = 32 // bytes of a chunk's size, white space included

// Ended reports whether Read has reached the end of the body that the head
// announced, and nothing after it was received.
func (b *Body) Ended() bool { return b.ended }

// skipTrailer skips the fields after the last chunk. It reports whether it has
// reached the empty line.
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
