// Package curlew is libcurl's WebSocket interface, made for Go: it hands out
// frames in chunks, in constant memory, with exact metadata (type, offset,
// size, bytes still to come), over every kind of connection curl can make.
//
// # The two models
//
// Connect-only: [Client.Dial] opens a session, from which the program receives
// ([Conn.Recv], [Conn.Next]) and on which it sends ([Conn.Send],
// [Conn.StartFrame]) whenever it likes. This is CURLOPT_CONNECT_ONLY = 2.
//
// Callbacks: [Client.Perform] opens a session and runs it until its end,
// calling [Handler.OnChunk] with each chunk received, and [Handler.Upload] for
// what is to be sent. This is curl_easy_perform with a write callback.
//
// In both, a chunk is part of one frame's payload, never of two, and its [Meta]
// says which part. PINGs are answered, and CLOSE too, unless told otherwise.
// Programs that want whole messages use [Conn.ReadMessage],
// [Conn.WriteMessage], [Conn.Messages], or stream them with [Conn.NextReader]
// and [Conn.NextWriter].
//
// Raw mode (Client.RawMode) makes the opening handshake and then passes bytes,
// for programs that have a WebSocket engine of their own: see [Conn.NetConn].
//
// # libcurl's names
//
//	libcurl                              curlew
//	CURLOPT_CONNECT_ONLY = 2, perform    Client.Dial
//	curl_easy_perform                    Client.Perform, Conn.Perform
//	curl_ws_recv                         Conn.Recv; Conn.Next without a copy
//	curl_ws_send                         Conn.Send
//	curl_ws_send with CURLWS_OFFSET      Conn.StartFrame, Conn.SendPayload
//	curl_ws_start_frame                  Conn.StartFrame
//	curl_ws_meta, struct curl_ws_frame   Meta
//	CURLWS_TEXT, CURLWS_BINARY, ...      Text, Binary, Cont, Close, Ping, Pong
//	CURLOPT_WRITEFUNCTION                Handler.OnChunk
//	CURLOPT_READFUNCTION, CURLOPT_UPLOAD Handler.Upload
//	CURL_WRITEFUNC_PAUSE, ...            ErrPause
//	curl_easy_pause(CURLPAUSE_CONT)      Conn.Resume
//	CURLWS_RAW_MODE                      Client.RawMode
//	CURLWS_NOAUTOPONG                    Client.NoAutoPong
//	curl_easy_cleanup                    Conn.Close
//	curl_multi_init                      NewMulti, for what receives; Linux
//	curl_multi_add_handle, poll, ...     Multi.Add, Multi.Wait, Multi.Remove, Multi.Close
//	CURLE_AGAIN                          ErrAgain of Conn.TryRecv; other calls wait, until a deadline at most
//
// libcurl's other options are fields of [Client] and [dial.Config], each with
// its option's name in its comment.
//
// # Goroutines
//
// One goroutine at a time may receive with Recv and Next; any number may send
// at the same time. The message methods lock for themselves. The library runs
// no goroutine while nothing is to be done: what receiving obliges us to send
// is written by one that lives as long as something waits. A [Multi] holds very
// many connections with one goroutine for all.
package curlew
