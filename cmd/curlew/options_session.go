package main

import "time"

var sessionOptions = []option{
	{"binary", 0, "", gSession, "Send BINARY messages instead of TEXT", onlyHere, yes(func(c *config) *bool { return &c.binary })},
	{"count", 0, "<number>", gSession, "Close after this many received messages", onlyHere, number(func(c *config) *int { return &c.count })},
	{"linger", 0, "<seconds>", gSession, "Time to wait for messages after the input", onlyHere + "; 1 if not given, 0 is at once, inf until the server closes", secondsOrInf(func(c *config) *time.Duration { return &c.linger })},
	{"idle", 0, "<seconds>", gSession, "Close when no message came for this long", onlyHere + "; with --linger, from the input's end on the shorter counts", secondsOrInf(func(c *config) *time.Duration { return &c.idle })},
	{"max-time", 'm', "<seconds>", gSession, "End the session after this time", "", seconds(func(c *config) *time.Duration { return &c.maxTime })},
	{"ping-interval", 0, "<seconds>", gSession, "Send a PING when nothing came for this long", onlyHere, seconds(func(c *config) *time.Duration { return &c.client.PingInterval })},
	{"pong-timeout", 0, "<seconds>", gSession, "End when a PING has no answer for this long", onlyHere + "; the same as --ping-interval if not given", seconds(func(c *config) *time.Duration { return &c.client.PongTimeout })},
	{"max-message", 0, "<bytes>", gSession, "End when a message is longer than this", onlyHere + "; k, M and G may follow the number", size(func(c *config) *int64 { return &c.client.MaxMessage })},
	{"max-frame", 0, "<bytes>", gSession, "End when a frame is longer than this", onlyHere + "; k, M and G may follow the number", size(func(c *config) *int64 { return &c.client.MaxFrame })},
}
