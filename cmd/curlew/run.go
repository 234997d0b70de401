package main

import (
	"os/signal"
	"syscall"
)

// A command is what the first argument may be instead of a URL.
type command struct {
	name, args string
	help       string   // "": not for users
	about      string   // sentences that are to be known as well
	uses       []string // command lines
	run        func(s std, args []string) error
}

var commands []command

func init() { // and not above, since help, man page and completion list them
	commands = []command{
		{"demo", "", "Show a session with a server of its own", "", nil, demo},
		{"serve", "[options] [<address>]", "Serve on this machine: echo, broadcast or a wire script", "The address is a port, a host, or both, as localhost:8443; without one it is " + serveAddr + ".", []string{"curlew serve --tls localhost:8443"}, serve},
		{"paste", "[options]", "Do what the curl command does that standard input has", "That is what a browser's \"Copy as cURL\" gives; the options are added to its own.", []string{"curlew paste -v", "curlew paste --go"}, paste},
		{"completion", "<shell>", "Write completion for bash, zsh, fish or powershell", "", []string{"source <(curlew completion bash)", "curlew completion fish > ~/.config/fish/completions/curlew.fish"}, completion},
		{"man", "", "Write the man page", "", []string{"curlew man | man -l -"}, man},
		{"docs", "", "", "", nil, docs},
		{"help", "", "", "", nil, help},
	}
}

// commandNames are those for users.
func commandNames() []string {
	var names []string
	for _, c := range commands {
		if c.help != "" {
			names = append(names, c.name)
		}
	}
	return names
}

// run is the program: it returns the exit code.
func run(args []string, s std) int {
	signal.Ignore(syscall.SIGPIPE) // a closed output is an error of write
	c := newConfig(s)
	for _, command := range commands {
		if len(args) == 0 || args[0] != command.name {
			continue
		}
		if len(args) == 2 && (args[1] == "-h" || args[1] == "--help") {
			return c.report(command.writeHelp(s.out, s.columns()))
		}
		return c.report(command.run(s, args[1:]))
	}
	return c.report(c.run(args))
}

func (c *config) run(args []string) error {
	err := c.takeArguments(args)
	c.blank()
	if err != nil {
		c.silent = false // which is about sessions
		return err
	}
	return c.perform()
}

// takeArguments takes the command line, and the user's config file.
func (c *config) takeArguments(args []string) error {
	if len(args) > 0 && isPasted(args[0]) {
		return c.parsePasted(args[0], args[1:])
	}
	if err := c.readDefaults(args); err != nil {
		return err
	}
	return c.parse(args)
}

// perform does what the options say.
func (c *config) perform() error {
	switch {
	case c.help != nil:
		return writeHelp(c.std.out, *c.help, c.std.columns())
	case c.version:
		return writeVersion(c.std.out)
	}
	if err := c.finishHeaders(); err != nil {
		return err
	}
	if c.asGo {
		return c.writeGo(c.stdout)
	}
	return c.transfers()
}
