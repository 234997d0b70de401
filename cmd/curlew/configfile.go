package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxDepth is how deep config files may name others.
const maxDepth = 10

// readDefaults reads the user's config file, unless -q is the first argument.
func (c *config) readDefaults(args []string) error {
	if len(args) > 0 && (args[0] == "-q" || args[0] == "--disable") {
		return nil
	}
	home, _ := os.UserHomeDir()
	for _, dir := range []struct{ dir, name string }{{os.Getenv("XDG_CONFIG_HOME"), "curlewrc"}, {home, ".curlewrc"}} {
		if dir.dir == "" {
			continue
		}
		err := c.readConfig(filepath.Join(dir.dir, dir.name))
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// setConfig is -K.
func setConfig(c *config, name string) error {
	if c.depth++; c.depth > maxDepth {
		return fmt.Errorf("config files name each other, more than %d deep", maxDepth)
	}
	defer func() { c.depth-- }()
	return c.readConfig(name)
}

// readConfig takes the options of a config file: one a line, as on the command
// line or without the dashes, its value behind space, = or :, in double quotes
// if it has spaces; # begins a comment.
func (c *config) readConfig(name string) error {
	f, err := c.openText(name)
	if err != nil {
		return err
	}
	defer f.Close()
	takings := c.takings
	defer func() { c.takings = takings }()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		args, err := configLine(lines.Text())
		if err == nil {
			args, err = switchValue(args)
		}
		if err == nil {
			err = c.parse(args)
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n, asUsage(err))
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, &failure{codeRead, err})
	}
	return nil
}

// configLine makes arguments of a line: none, an option, or an option and its value.
func configLine(line string) ([]string, error) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return nil, nil
	}
	end := strings.IndexAny(line, " \t=:")
	if end < 0 {
		end = len(line)
	}
	name, value := line[:end], strings.TrimLeft(line[end:], " \t")
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = strings.TrimLeft(value[1:], " \t")
	}
	switch {
	case name == "":
		return nil, fmt.Errorf("expected an option before %q, got none", line[:1])
	case beginsURL.MatchString(line):
		return nil, errors.New(`expected an option, got a URL, which is given by url = "…"`)
	case name[0] != '-':
		name = "--" + name
	}
	switch {
	case strings.HasPrefix(value, `"`):
		var err error
		if value, err = unquote(value[1:]); err != nil {
			return nil, err
		}
	case value == "" || value[0] == '#':
		return []string{name}, nil
	default:
		value, _, _ = strings.Cut(value, " #")
		value = strings.TrimRight(value, " \t")
	}
	return []string{name, value}, nil
}

// switchValue attaches a value that may be missing, and makes of a value of a
// switch, which is true or false, whether it is on.
func switchValue(args []string) ([]string, error) {
	if len(args) < 2 {
		return args, nil
	}
	name := strings.TrimLeft(args[0], "-")
	o, on := find(name)
	if len(args[0]) == 2 {
		o, on = findShort(name[0]), true
	}
	switch value := args[1]; {
	case o == nil:
		return args, nil
	case o.optional():
		return []string{"--" + o.name + "=" + value}, nil
	case o.arg != "":
		return args, nil
	case value == "true" && on, value == "false" && !on:
		return []string{"--" + o.name}, nil
	case value == "true", value == "false":
		return []string{"--no-" + o.name}, nil
	default:
		return nil, fmt.Errorf("option %s takes no value but true and false, got %q", args[0], cut([]byte(value)))
	}
}

// unquote takes what is up to the closing quote, with the escapes \\ \" \t \n \r
// and \v.
func unquote(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), nil
		case '\\':
			if i++; i == len(s) {
				continue
			}
			if at := strings.IndexByte("tnrv", s[i]); at >= 0 {
				b.WriteByte("\t\n\r\v"[at])
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return "", errors.New(`expected a closing ", got the end of the line`)
}
