package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/curlew-ws/curlew"
)

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\ufeff"

// errUTF16 is what reading a text gives that is in UTF-16.
var errUTF16 = errors.New("expected text in UTF-8, got a byte order mark of UTF-16; save it as UTF-8")

// A textReader reads text, without the byte order mark before it.
type textReader struct {
	io.ReadCloser
	begun bool
}

// openText opens a file of text, or standard input for "-".
func (c *config) openText(name string) (io.ReadCloser, error) {
	f, err := c.open(name)
	return &textReader{ReadCloser: f}, err
}

// readText is all of such a file.
func (c *config) readText(name string) ([]byte, error) {
	f, err := c.openText(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, &failure{codeRead, fmt.Errorf("%s: %w", name, err)}
	}
	return text, nil
}

// textIn is r for reading messages of this type from it.
func textIn(r io.ReadCloser, f curlew.Flags, framing string) io.ReadCloser {
	if framing == framingNDJSON || f == curlew.Text && framing != framingRaw && framing != framingLength {
		return &textReader{ReadCloser: r}
	}
	return r
}

// Read implements io.Reader: what one read gives is what one read gave.
func (t *textReader) Read(p []byte) (int, error) {
	if t.begun || len(p) < len(byteOrderMark) {
		return t.ReadCloser.Read(p)
	}
	t.begun = true
	n, err := t.ReadCloser.Read(p)
	for err == nil && 0 < n && n < len(byteOrderMark) && byteOrderMark[:n] == string(p[:n]) {
		var more int
		more, err = t.ReadCloser.Read(p[n:])
		n += more
	}
	switch {
	case bytes.HasPrefix(p[:n], []byte("\xff\xfe")), bytes.HasPrefix(p[:n], []byte("\xfe\xff")):
		return 0, errUTF16
	case !bytes.HasPrefix(p[:n], []byte(byteOrderMark)):
		return n, err
	}
	if n = copy(p, p[len(byteOrderMark):n]); n == 0 && err == nil {
		return t.ReadCloser.Read(p)
	}
	return n, err
}
