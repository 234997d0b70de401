// Package examples holds small programs, one for each way to use curlew. Most
// take the URL of a WebSocket server, of which examples/server is one; without
// arguments they say what they take.
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
//	pause         take what comes at one's own speed
//	senders       ten goroutines send at the same time
//	cork          a thousand messages in one write
//	compression   permessage-deflate, and what it saves
//	crowd         many connections, one goroutine
//	broadcast     one message for many, encoded once
//	rpc           a protocol that wants a byte stream
//
// Staying, and ending:
//
//	heartbeat     notice that the server is gone
//	reconnecting  stay connected, and tell of the gaps
//	limits        what is too long, and how the error says so
//	closing       the closing handshake, with a code and a reason
//
// Servers:
//
//	server        accepts sessions in an HTTP server, and echoes
//	origins       whom to let in, and the subprotocol
//	graceful      ends many sessions in good order
//	chat          a server and its page: one tells many, and ends in good order
package examples
