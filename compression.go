package curlew

import "github.com/curlew-ws/curlew/internal/handshake"

// Compression asks for permessage-deflate, RFC 7692.
type Compression struct {
	Level            int  // 1 (fastest) to 9 (smallest); 0 is 1
	MinSize          int  // WriteMessage and NextWriter deflate messages from this many bytes on
	ClientNoTakeover bool // the client deflates every message by itself
	ServerNoTakeover bool // the server does
	ClientWindowBits int  // 8 to 15, the client's window; 0 is 15
	ServerWindowBits int  // the server's
}

func (c *Compression) wish() handshake.Deflate {
	return handshake.Deflate{
		ServerNoTakeover: c.ServerNoTakeover, ClientNoTakeover: c.ClientNoTakeover,
		ServerBits: c.ServerWindowBits, ClientBits: c.ClientWindowBits,
	}
}
