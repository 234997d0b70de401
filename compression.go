package curlew

import "github.com/curlew-ws/curlew/internal/handshake"

// Compression asks for permessage-deflate, RFC 7692. Between messages a
// connection holds, with context takeover, up to 8 KiB to send and up to 40 KiB
// to receive; without, nothing. Compressors, of 0.8 to 1.5 MB, are borrowed for a
// message. With takeover the connections that sent last, 16 of the process or 4
// for each processor, keep theirs, which makes their next message twice as fast.
//
// A message that compression would not make shorter goes out uncompressed, unless
// it is sent in fragments, whose first decides before the rest is known.
type Compression struct {
	// Level is 1 (fastest) to 9 (smallest); 0 is 2. Levels 1 to 6 hardly ever
	// make messages of fewer than 128 bytes shorter, nor do windows of fewer than 15
	// bits, for which the level does not count. Levels 7 to 9 do, by referring to
	// the messages before.
	Level int
	// MinSize is the shortest message that WriteMessage and NextWriter try to
	// compress, in bytes; 0 is 128. A lower one is of use from level 7 on. At
	// lower levels it costs time and wins nothing.
	MinSize int

	ClientNoTakeover bool // the client deflates every message by itself
	ServerNoTakeover bool // the server does
	ClientWindowBits int  // 8 to 15, the client's window; 0 is 15
	ServerWindowBits int  // the server's
}

// defaultMinSize is MinSize if that is 0. At most levels the compressor does not
// make shorter messages any shorter, and must then begin anew.
const defaultMinSize = 128

// check returns an ErrUsage if c, which may be nil, has a field out of range.
func (c *Compression) check() error {
	if c == nil {
		return nil
	}
	if c.Level < 0 || c.Level > 9 {
		return usage("expected a Compression.Level of 0 to 9, got %d", c.Level)
	}
	if err := c.wish().Validate(); err != nil {
		return usage("Compression: %v", err)
	}
	return nil
}

func (c *Compression) wish() handshake.Deflate {
	return handshake.Deflate{
		ServerNoTakeover: c.ServerNoTakeover, ClientNoTakeover: c.ClientNoTakeover,
		ServerBits: c.ServerWindowBits, ClientBits: c.ClientWindowBits,
	}
}
