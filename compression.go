package curlew

import "github.com/curlew-ws/curlew/internal/handshake"

// Compression asks for permessage-deflate, RFC 7692. Between messages a
// connection holds, with context takeover, up to 16 KiB to send and up to 40 KiB
// to receive, less with smaller windows; without, nothing. One that sends also has
// an index of its history, of up to 32 KiB, which the garbage collector takes from
// it when it has not sent for long.
//
// A message that compression would not make shorter goes out uncompressed, unless
// it is sent in fragments, whose first decides before the rest is known.
type Compression struct {
	// Level is 1 (fastest) to 9 (smallest); 0 is 2. Level 1 takes two thirds of
	// the time of 2 for messages of 2 KiB, and a third more bytes. From level 6 on,
	// little is won. Messages of fewer than 512 bytes are compressed as at level 6.
	Level int
	// MinSize is the shortest message that WriteMessage and NextWriter try to
	// compress, in bytes; 0 is 128. A lower one is of use with context takeover,
	// where messages are like those before: 16 bytes of JSON become 6 to 9.
	MinSize int

	ClientNoTakeover bool // the client deflates every message by itself
	ServerNoTakeover bool // the server does
	ClientWindowBits int  // 8 to 15, the client's window; 0 is 15
	ServerWindowBits int  // the server's
}

// defaultMinSize is MinSize if that is 0. A shorter message that is like no other
// costs time, and hardly gets shorter.
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
