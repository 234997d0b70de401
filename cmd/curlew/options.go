package main

import "time"

// An option is a row of the table that parsing, help, man page, completion and
// docs/tool.md are made from.
type option struct {
	name  string // long, without dashes
	short byte   // 0: none
	arg   string // what its argument is, as "<seconds>"; "": it is a switch, which --no-name turns off
	group group
	help  string // one line
	curl  string // how it differs from curl's option of that name, and what else is to be known; "": nothing
	set   setter
}

// onlyHere marks options that curl does not have.
const onlyHere = "not in curl"

// A group is a category of --help.
type group string

const (
	gSession group = "session"
	gHTTP    group = "http"
	gConnect group = "connection"
	gTLS     group = "tls"
	gOutput  group = "output"
	gTool    group = "tool"
)

// groups are the categories in the order of the documents.
var groups = []struct {
	name group
	help string
}{
	{gSession, "what is sent and received, and when the session ends"},
	{gHTTP, "the opening handshake"},
	{gConnect, "the way to the host"},
	{gTLS, "encryption and certificates"},
	{gOutput, "what is shown"},
	{gTool, "the tool itself"},
}

// options is the table.
var options = []option{
	{"binary", 0, "", gSession, "Send BINARY messages instead of TEXT", onlyHere, yes(func(c *config) *bool { return &c.binary })},
	{"count", 0, "<number>", gSession, "Close after this many received messages", onlyHere, number(func(c *config) *int { return &c.count })},
	{"linger", 0, "<seconds>", gSession, "Time to wait for messages after the input", onlyHere + "; 1 if not given, 0 is at once, inf until the server closes", secondsOrInf(func(c *config) *time.Duration { return &c.linger })},
	{"max-time", 'm', "<seconds>", gSession, "End the session after this time", "", seconds(func(c *config) *time.Duration { return &c.maxTime })},

	{"header", 'H', "<name: value>", gHTTP, "Send this header (@file: those in the file)", `the same: "name:" sends none, "name;" an empty one`, setHeader},

	{"connect-timeout", 0, "<seconds>", gConnect, "Limit the way to the host", "", seconds(func(c *config) *time.Duration { return &c.client.Net.ConnectTimeout })},

	{"cacert", 0, "<file>", gTLS, "Trust the authorities in this PEM file", "", text(func(c *config) *string { return &c.cacert })},
	{"insecure", 'k', "", gTLS, "Do not check the server's certificate", "", yes(func(c *config) *bool { return &c.insecure })},

	{"verbose", 'v', "", gOutput, "Show the handshake and a line a frame", "", count(func(c *config) *int { return &c.verbose })},

	{"help", 'h', "<category>", gTool, "Show help: a category, or all", "", nil},
	{"version", 'V', "", gTool, "Show the version", "", yes(func(c *config) *bool { return &c.version })},
}
