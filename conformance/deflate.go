package conformance

import (
	"bytes"
	"compress/flate"

	"github.com/curlew-ws/curlew/internal/deflate"
)

// parameters are the parameters of permessage-deflate for one direction.
type parameters struct {
	noTakeover bool
	bits       int  // 0: not limited
	hint       bool // in an offer: the client promises no context takeover
	own        int  // in a rule: the window bits of our direction; 0: not limited
}

func (d parameters) window() int {
	if d.bits == 0 {
		return deflate.MaxWindowBits
	}
	return d.bits
}

// A compressor compresses our messages as negotiated. It uses the standard
// library's, which has only one window size, unless that is too large.
type compressor struct {
	own, peer parameters
	level     int

	buf   bytes.Buffer
	large *flate.Writer
	small *deflate.Deflater
}

// inflater returns the Inflater for the peer's messages.
func (c *compressor) inflater() *deflate.Inflater {
	return deflate.NewInflater(c.peer.window(), !c.peer.noTakeover)
}

// Levels of both compressors: zlib's default, and for full size, where
// compressing takes most of the time, the fastest.
const (
	usualLevel   = 6
	fastestLevel = 1
)

// compress returns the payload of a message. It is valid until the next call.
func (c *compressor) compress(p []byte) []byte {
	c.buf.Reset()
	if c.own.window() < deflate.MaxWindowBits {
		if c.small == nil {
			c.small = deflate.NewDeflater(c.level, c.own.bits, !c.own.noTakeover)
		}
		c.buf.Write(c.small.Append(nil, p, true))
		return c.buf.Bytes()
	}
	switch {
	case c.large == nil:
		c.large, _ = flate.NewWriter(&c.buf, c.level) // fails only for invalid levels
	case c.own.noTakeover:
		c.large.Reset(&c.buf)
	}
	c.large.Write(p)
	c.large.Flush()
	return bytes.TrimSuffix(c.buf.Bytes(), []byte{0x00, 0x00, 0xff, 0xff})
}
