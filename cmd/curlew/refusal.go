package main

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/curlew-ws/curlew"
)

const (
	maxInflated  = 64 << 10 // bytes of a refusal's body that was compressed
	shownLines   = 20       // of a refusal's body on a terminal
	shownPerLine = 200      // bytes, on the average
)

// writeRefusal shows what the server said when it refused the upgrade; on a
// terminal the beginning of it, which leaves the error in sight.
func (c *config) writeRefusal(h *curlew.HandshakeError) {
	fmt.Fprintf(c.stderr, "< %s %s\n", h.Response.Proto, escape(nil, []byte(h.Response.Status)))
	body, coding := decoded(h.Body, h.Response.Header)
	if coding != "" {
		fmt.Fprintf(c.stderr, "curlew: the body, %d bytes, is not shown: it is encoded by %q\n", len(h.Body), coding)
		return
	}
	text := strings.TrimRight(strings.ReplaceAll(c.maskedURL(string(body)), "\r\n", "\n"), "\n")
	if text == "" {
		return
	}
	more, all := "", "takes them all"
	if c.stderr.isTerminal() {
		text, more = beginning(text)
	}
	fmt.Fprintf(c.stderr, "%s\n", escape(nil, []byte(text)))
	if more != "" {
		if len(body) >= maxInflated { // and the library's own limit
			more, all = "at least "+more, "takes the first 64 KiB"
		}
		fmt.Fprintf(c.stderr, "curlew: %s; 2>FILE %s\n", more, all)
	}
}

// beginning is what of a text there is room for on a terminal, and how much
// more there is, "" for nothing.
func beginning(text string) (start, more string) {
	if end := nthIndex(text, '\n', shownLines); end >= 0 && end <= shownLines*shownPerLine {
		return text[:end], plural(1+strings.Count(text[end+1:], "\n"), "line")
	}
	if end := shownLines * shownPerLine; len(text) > end {
		end = whole([]byte(text[:end]))
		return text[:end], plural(len(text)-end, "byte")
	}
	return text, ""
}

// nthIndex is where the nth b of s is, -1 if there are not so many.
func nthIndex(s string, b byte, n int) int {
	for i := range len(s) {
		if s[i] == b {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}

// decoded is a body without its Content-Encoding, as far as it can be read, or
// the encoding that is not known here.
func decoded(body []byte, h http.Header) (plain []byte, unknown string) {
	codings := strings.Split(strings.ToLower(strings.Join(h.Values("Content-Encoding"), ",")), ",")
	for _, coding := range slices.Backward(codings) {
		switch coding = strings.TrimSpace(coding); coding {
		case "", "identity":
		case "gzip", "x-gzip":
			body = inflated(body, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
		case "deflate":
			body = inflated(body, inflater)
		default:
			return nil, coding
		}
	}
	return body, ""
}

// inflater reads zlib's format or, as some servers understand "deflate", what
// is in it.
func inflater(r io.Reader) (io.Reader, error) {
	all, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if z, err := zlib.NewReader(bytes.NewReader(all)); err == nil {
		return z, nil
	}
	return flate.NewReader(bytes.NewReader(all)), nil
}

// inflated is what p inflates to, or its beginning; p itself if it is none of
// the kind.
func inflated(p []byte, open func(io.Reader) (io.Reader, error)) []byte {
	r, err := open(bytes.NewReader(p))
	if err != nil {
		return p
	}
	if text, err := io.ReadAll(io.LimitReader(r, maxInflated)); err == nil || len(text) > 0 {
		return text
	}
	return p
}

// plural is "1 more line" or "2 more lines".
func plural(n int, what string) string {
	if n > 1 {
		what += "s"
	}
	return fmt.Sprintf("%d more %s", n, what)
}
