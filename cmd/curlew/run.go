package main

import (
	"os/signal"
	"syscall"
)

// commands are what the first argument may be instead of a URL.
var commands = map[string]func(std, []string) error{
	"demo": demo,
	"docs": docs, // for go generate
}

// run is the program: it returns the exit code.
func run(args []string, s std) int {
	signal.Ignore(syscall.SIGPIPE) // a closed output is an error of write
	c := newConfig(s)
	if len(args) > 0 && commands[args[0]] != nil {
		return c.report(commands[args[0]](s, args[1:]))
	}
	return c.report(c.run(args))
}

func (c *config) run(args []string) error {
	if err := c.readDefaults(args); err != nil {
		return err
	}
	if err := c.parse(args); err != nil {
		return err
	}
	switch {
	case c.help != nil:
		return writeHelp(c.std.out, *c.help)
	case c.version:
		return writeVersion(c.std.out)
	}
	return c.transfers()
}
