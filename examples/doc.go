// Package examples holds small programs, one for each way to use curlew. Most
// take the URL of a WebSocket server; examples/server is one. Without
// arguments they print their usage.
//
//	go run ./examples/server &
//	go run ./examples/connectonly ws://127.0.0.1:8080/ hello
//
// The models:
//
//	connectonly   send and receive chunk by chunk: libcurl's CONNECT_ONLY = 2
//	callbacks     the library runs the session: libcurl's curl_easy_perform
//	messages      lines in, messages out, and back
//	raw           bytes instead of frames
//
// Large and many:
//
//	upload        a file as one message, in constant memory
//	download      a message into a file, in constant memory
//	pause         receive at one's own speed
//	senders       ten goroutines send at the same time
//	cork          a thousand messages in one write
//	compression   permessage-deflate, and what it saves
//	crowd         many connections, one goroutine
//	broadcast     one message to many, encoded once
//	rpc           a protocol that needs a byte stream
//
// Staying, and ending:
//
//	heartbeat     notice that the server is gone
//	reconnecting  stay connected, and report the gaps
//	limits        a message that is too long, and the error for it
//	closing       the closing handshake, with a code and a reason
//
// Servers:
//
//	server        accepts sessions in an HTTP server, and echoes
//	origins       decides which pages and subprotocols to accept
//	graceful      shuts down with many sessions open
//	chat          a server and its page: relays messages to all, and shuts down gracefully
package examples
