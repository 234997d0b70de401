package main

import (
	"fmt"
	"strings"
)

// parse takes arguments into c, in their order, as curl does: --name value,
// --name=value, --no-name, -x value, -xvalue, switches clustered as -kv, and --
// before what begins with a dash but is no option. All else is a URL.
func (c *config) parse(args []string) error {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var err error
		switch {
		case arg == "--":
			c.urls = append(c.urls, args...)
			return nil
		case strings.HasPrefix(arg, "--"):
			args, err = c.parseLong(arg, args)
		case len(arg) > 1 && arg[0] == '-':
			args, err = c.parseCluster(arg, args)
		case strings.HasPrefix(arg, "–") || strings.HasPrefix(arg, "—"):
			err = usagef("expected an option that begins with - or --, got %q, whose dash is that of a text", arg)
		default:
			c.urls = append(c.urls, arg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseLong takes --name, which may take its value from rest.
func (c *config) parseLong(arg string, rest []string) ([]string, error) {
	name, value, attached := strings.Cut(arg[2:], "=")
	o, on := find(name)
	switch {
	case o == nil:
		return nil, unknown("--"+name, name)
	case o.optional() && !attached && len(rest) > 0 && o.arg == "[="+rest[0]+"]":
		return nil, usagef("option --%s takes its value as --%s=%s", name, name, rest[0])
	case o.optional():
		return rest, c.apply(o, "--"+name, value)
	case o.arg == "" && attached:
		return nil, usagef("option --%s takes no value", name)
	case o.arg == "":
		return rest, c.apply(o, arg, fmt.Sprint(on))
	case attached:
		return rest, c.apply(o, "--"+name, value)
	}
	return c.applyNext(o, arg, rest)
}

// parseCluster takes -x, or -xyz where all but the last are switches.
func (c *config) parseCluster(arg string, rest []string) ([]string, error) {
	if name, _, _ := strings.Cut(arg[1:], "="); len(name) > 1 {
		if o, _ := find(name); o != nil {
			return nil, usagef("option -%s: did you mean --%s?", name, name)
		}
	}
	for i := 1; i < len(arg); i++ {
		o, shown := findShort(arg[i]), "-"+arg[i:i+1]
		switch {
		case o == nil:
			return nil, unknown(shown, shown)
		case o.arg == "" || o.optional():
			if err := c.apply(o, shown, "true"); err != nil {
				return nil, err
			}
		case i+1 < len(arg):
			return rest, c.apply(o, shown, arg[i+1:])
		default:
			return c.applyNext(o, shown, rest)
		}
	}
	return rest, nil
}

// applyNext applies an option whose value is the next argument.
func (c *config) applyNext(o *option, shown string, rest []string) ([]string, error) {
	if o.name == "help" { // the only one whose value may be missing
		rest = append(rest, "")
	}
	if len(rest) == 0 {
		return nil, usagef("option %s needs a value: %s", shown, o.arg)
	}
	c.took(taking{shown, rest[0], o.arg, len(rest) == 1 && o.mayBeURL()})
	return rest[1:], c.apply(o, shown, rest[0])
}

// optional reports whether the option's value may be left out; it is given as
// --name=value only.
func (o *option) optional() bool { return strings.HasPrefix(o.arg, "[=") }

func (c *config) apply(o *option, shown, value string) error {
	if o.name == "help" {
		c.help = &value
		return nil
	}
	c.given = append(c.given, o.name)
	if o.arg != "" {
		c.values = append(c.values, given{o.name, value})
	}
	if beginsURL.MatchString(value) && !o.mayBeURL() {
		return usagef("option %s: expected a value, %s, got a URL", shown, o.arg)
	}
	if err := o.set(c, value); err != nil {
		return fmt.Errorf("option %s: %w", shown, asUsage(err))
	}
	return nil
}

// find finds an option by its long name; on is false if it is there as no-name,
// or name for one that is called no-name.
func find(name string) (o *option, on bool) {
	if o = named(name); o != nil {
		return o, true
	}
	if rest, ok := strings.CutPrefix(name, "no-"); ok {
		if o = named(rest); o != nil && o.arg == "" {
			return o, false
		}
	}
	return named("no-" + name), false
}

func named(name string) *option {
	for i := range options {
		if options[i].name == name {
			return &options[i]
		}
	}
	return nil
}

func findShort(short byte) *option {
	for i := range options {
		if options[i].short == short {
			return &options[i]
		}
	}
	return nil
}

// unknown is the error for an option that is not in the table.
func unknown(shown, name string) error {
	if why := whyRefused(name); why != "" {
		return usagef("option %s is curl's and not here: %s", shown, why)
	}
	if rest, ok := strings.CutPrefix(name, "no-"); ok && named(rest) != nil {
		return usagef("option --%s takes a value, and has no --%s", rest, name)
	}
	if here := elsewhere[name]; here != "" {
		return usagef("unknown option %s; use %s", shown, here)
	}
	if near := nearest(name); near != "" {
		return usagef("unknown option %s; did you mean --%s?", shown, near)
	}
	return usagef("unknown option %s; curlew --help all lists those there are", shown)
}

// nearest is the option whose name is like this one, "" if none is.
func nearest(name string) string {
	best, least := "", len(name)/3+1
	for _, o := range options {
		if d := distance(name, o.name); d < least {
			best, least = o.name, d
		}
	}
	return best
}

// distance is how many letters to insert, delete, replace, or swap with the
// next, to make b of a.
func distance(a, b string) int {
	d := make([][]int, len(a)+1) // of the beginnings of a and b
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
		for j := 1; j <= len(b); j++ {
			if i == 0 {
				d[i][j] = j
				continue
			}
			replaced := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			d[i][j] = min(replaced, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
