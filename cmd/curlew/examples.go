package main

// examples are for the documents; a test parses them.
var examples = []struct{ line, help string }{
	{"curlew wss://example.com/chat", "talk: what is typed is sent, what comes is shown"},
	{"curlew -v -d hello --count 1 ws://localhost:8080/", "send a message, wait for one, and show the handshake and the frames"},
	{"tail -f news | curlew -d '{\"login\":\"token\"}' wss://example.com/feed", "log in, then send lines as they come"},
	{"seq 1000 | curlew --count 1000 ws://localhost:8080/", "send lines, receive lines"},
	{"curlew --binary -T . ws://localhost:8080/ <image >same", "send bytes as they come, receive bytes"},
	{"curlew --framing ndjson --linger inf wss://example.com/feed", "keep text and binary messages apart, in JSON"},
	{"curlew --pretty --compressed -u user:password wss://example.com/api", "indent what is JSON; compress; sign in"},
	{"curlew --reconnect --ping-interval 20 -d '{\"subscribe\":\"news\"}' wss://example.com/feed", "stay connected, and subscribe again each time"},
	{"curlew -sS -o /dev/null -w '%{time_connect} %{ws_time_first_message}\\n' --count 1 wss://example.com/feed", "measure"},
	{"curlew --frames=json -o messages wss://example.com/feed", "see every frame, an object a line"},
	{"curlew -x socks5h://localhost:1080 --cacert ca.pem wss://example.com/", "go through a proxy, trust a certificate"},
	{"curlew 'curl wss://example.com/chat -H \"Origin: https://example.com\"'", "do what a browser's \"Copy as cURL\" says; --go writes it as a Go program"},
	{"curlew serve --tls localhost:8443", "be the server: echo, with a certificate made for it"},
}
