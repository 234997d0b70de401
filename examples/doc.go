// Package examples holds small programs, one for each way to use curlew. Each
// takes the URL of a WebSocket server; examples/server is one.
//
//	go run ./examples/server &
//	go run ./examples/connectonly ws://127.0.0.1:8080/
//
//	connectonly   send and receive chunk by chunk: libcurl's CONNECT_ONLY = 2
//	callbacks     the library runs the session: libcurl's curl_easy_perform
//	messages      lines in, messages out, and back
//	upload        a file as one message, in constant memory
//	server        accepts sessions in an HTTP server, and echoes
//	chat          a server and its page: one tells many, and ends in good order
package examples
