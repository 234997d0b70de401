package main

import (
	"time"

	"github.com/curlew-ws/curlew"
)

var sessionOptions = []option{
	{"data", 'd', "<text|@file>", gSession, "Send this message before the input", "a request's body; here it may be repeated, each is a message, and files are sent as they are. The input follows if it is a pipe or a file, or at a terminal the console, unless --count, --idle or --linger says when a session of these messages ends", setData(0)},
	{"data-ascii", 0, "<text|@file>", gSession, "Like --data", "as --data", setData(0)},
	{"data-raw", 0, "<text>", gSession, "Like --data, but @ means nothing", "as --data", setRawData},
	{"data-binary", 0, "<data|@file>", gSession, "Send this BINARY message before the input", "as --data", setData(curlew.Binary)},
	{"upload-file", 'T', "<file|-|.>", gSession, "Send a file as a message; - is the input", "always BINARY; here a file is one message, in fragments, and - and . are the same: what one read gives is a message; messages are written without anything between them, but for a file to a terminal", setUpload},
	{"framing", 0, "<framing>", gSession, "How messages are told apart, both ways", onlyHere + "; both --framing-in and --framing-out: json is line in the output, message is raw in the output, file is message in the input", bothFramings},
	{"framing-in", 0, "<framing>", gSession, "In the input: line null length ndjson json raw message", onlyHere + "; line if not given. length: 4 bytes with the length, the first the greatest, go before each; ndjson: {\"text\":\"…\"} or {\"binary\":\"base64\"} on a line; json: each value, of however many lines; raw: what a read gives is a message; message: all is one", framing(func(c *config) *string { return &c.framingIn }, inFramings)},
	{"framing-out", 0, "<framing>", gSession, "In the output: line, null, length, ndjson, raw, file", onlyHere + "; if not given line, but nothing after a BINARY message. file: each goes to a file of its own, named by -o, where %d stands for its number", framing(func(c *config) *string { return &c.framingOut }, outFramings)},
	{"keep-terminator", 0, "", gSession, "Send the newline or NUL that ends a message, too", onlyHere + "; with --framing-in line and null", yes(func(c *config) *bool { return &c.keepTerminator })},
	{"fragment-size", 0, "<bytes>", gSession, "Send longer messages in fragments of this size", onlyHere + "; k, M and G may follow the number", fragmentSize},
	{"utf8-check", 0, "", gSession, "Check that TEXT is UTF-8, both ways; on by default", onlyHere, no(func(c *config) *bool { return &c.client.NoUTF8Check })},
	{"binary", 0, "", gSession, "Send BINARY messages instead of TEXT", onlyHere, yes(func(c *config) *bool { return &c.binary })},
	{"count", 0, "<number>", gSession, "Close after this many received messages", onlyHere + "; 0 is any number; they are waited for, unless --linger, --idle or --max-time says how long", number(func(c *config) *int { return &c.count })},
	{"until", 0, "<regexp>", gSession, "Close after the first message that matches", onlyHere + "; an expression of Go, as RE2's, which is looked for in each message, in its first 64 MiB. Exit code 18 if none comes", setUntil},
	{"only", 0, "", gSession, "Write nothing but the message of --until", onlyHere, yes(func(c *config) *bool { return &c.only })},
	{"lockstep", 0, "", gSession, "Send the next message when the last has an answer", onlyHere + "; any message that comes after it is one, whole", yes(func(c *config) *bool { return &c.lockstep })},
	{"linger", 0, "<seconds>", gSession, "Time to wait for messages after the input's end", onlyHere + "; if not given 10 for a message after the last one sent, then 1, and at the end standard error says so; but until the server closes with --count, --until, --idle or --reconnect, and where the input is empty and nothing was sent. 0 is at once, inf until the server closes", secondsOrInf(func(c *config) *time.Duration { return &c.linger })},
	{"idle", 0, "<seconds>", gSession, "Close when no message came for this long", onlyHere + "; with --linger, from the input's end on the shorter counts", secondsOrInf(func(c *config) *time.Duration { return &c.idle })},
	{"close-timeout", 0, "<seconds>", gSession, "Time for the server to answer our CLOSE", onlyHere + "; 5 if not given, 0 does not wait, inf is for ever; messages that come meanwhile are written, but for those that --count did not ask for", secondsOrInf(func(c *config) *time.Duration { return &c.closeTimeout })},
	{"max-time", 'm', "<seconds>", gSession, "End the session after this time", "", seconds(func(c *config) *time.Duration { return &c.maxTime })},
	{"ping-interval", 0, "<seconds>", gSession, "Send a PING after this much silence", onlyHere, seconds(func(c *config) *time.Duration { return &c.client.PingInterval })},
	{"pong-timeout", 0, "<seconds>", gSession, "End when a PING has no answer for this long", onlyHere + "; the same as --ping-interval if not given", seconds(func(c *config) *time.Duration { return &c.client.PongTimeout })},
	{"max-message", 0, "<bytes>", gSession, "End when a message is longer than this", onlyHere + "; k, M and G may follow the number", size(func(c *config) *int64 { return &c.client.MaxMessage })},
	{"max-frame", 0, "<bytes>", gSession, "End when a frame is longer than this", onlyHere + "; k, M and G may follow the number", size(func(c *config) *int64 { return &c.client.MaxFrame })},
	{"limit-rate", 0, "<bytes>", gSession, "Send and receive at most this many bytes a second", "the same; k, M and G may follow the number", size(func(c *config) *int64 { return &c.limitRate })},
	{"speed-limit", 'Y', "<bytes>", gSession, "End when fewer bytes than this pass a second", "the same; bytes of both directions count", size(func(c *config) *int64 { return &c.speedLimit })},
	{"speed-time", 'y', "<seconds>", gSession, "How long they must be fewer than --speed-limit", "the same; 30 if not given, and 1 byte a second for --speed-limit", speedTime},
	{"reconnect", 0, "", gSession, "Connect again whenever the session ends", onlyHere + "; the messages of -d are sent again, gaps are told; what another try would not cure ends it, as a refusal with 403", yes(func(c *config) *bool { return &c.reconnect })},
	{"reconnect-delay", 0, "<seconds>", gSession, "The first pause of --reconnect", onlyHere + "; 0.5 if not given; each failure doubles it, and it is shortened by chance", seconds(func(c *config) *time.Duration { return &c.reconnectDelay })},
	{"reconnect-max-delay", 0, "<seconds>", gSession, "The longest pause of --reconnect", onlyHere + "; 30 if not given", seconds(func(c *config) *time.Duration { return &c.reconnectMax })},
}
