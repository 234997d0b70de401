package main

import "slices"

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
	gAuth    group = "auth"
	gConnect group = "connection"
	gProxy   group = "proxy"
	gTLS     group = "tls"
	gOutput  group = "output"
	gTool    group = "tool"
	gServe   group = "serve"
)

// groups are the categories in the order of the documents.
var groups = []struct {
	name group
	help string
}{
	{gSession, "what is sent and received, and when the session ends"},
	{gHTTP, "the opening handshake"},
	{gAuth, "who is asking"},
	{gConnect, "the way to the host"},
	{gProxy, "the way through proxies"},
	{gTLS, "encryption and certificates"},
	{gOutput, "what is shown"},
	{gTool, "the tool itself"},
	{gServe, "for curlew serve, beside the client's that it shares"},
}

// options is the table.
var options []option

func init() { // and not above, since options of config files are looked up here
	options = slices.Concat(sessionOptions, handshakeOptions, networkOptions, tlsOptions, outputOptions, toolOptions, serveOptions)
}

var toolOptions = []option{
	{"go", 0, "", gTool, "Write a Go program that does the same", onlyHere, yes(func(c *config) *bool { return &c.asGo })},
	{"help", 'h', "<category>", gTool, "Show help: a category, all, or --OPTION", "the same; \"category\" lists the categories", nil},
	{"version", 'V', "", gTool, "Show the version", "", yes(func(c *config) *bool { return &c.version })},
	{"config", 'K', "<file>", gTool, "Take options from this file", "the same form; ~/.curlewrc or $XDG_CONFIG_HOME/curlewrc is read first", setConfig},
	{"disable", 'q', "", gTool, "As the first argument: do not read ~/.curlewrc", "", ignored},
	{"fail-early", 0, "", gTool, "With several URLs, end with the first that fails", "", yes(func(c *config) *bool { return &c.failEarly })},
	{"globoff", 'g', "", gTool, "Braces and brackets in URLs mean nothing", "the same; here it is always done", nothing},
	{"url", 0, "<url>", gTool, "The URL, as if it stood alone", "", each(func(c *config) *[]string { return &c.urls })},
	{"proto-default", 0, "<scheme>", gTool, "The scheme of a URL without one: ws or wss", "the same, but ws if not given", text(func(c *config) *string { return &c.protoDefault })},
}
