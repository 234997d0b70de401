package curlew

// Trace looks at a session from the side: libcurl's CURLOPT_DEBUGFUNCTION.
// Its functions are called on any goroutine, never two at once for a
// direction, and must neither keep what they are given nor call the Conn. Nil
// fields cost nothing.
type Trace struct {
	// Head is called for a request or response head of the opening handshake,
	// proxies included, with secrets masked unless Client.ShowSecrets.
	Head func(sent bool, head []byte)
	// Chunk is called for every chunk, payload unmasked and inflated; also for
	// control frames that are answered, or sent, automatically.
	Chunk func(sent bool, p []byte, m Meta)
	// Bytes is called for the bytes of the stream behind the handshake, as they
	// are received or sent.
	Bytes func(sent bool, p []byte)
}
