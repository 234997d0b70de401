package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curlew-ws/curlew/curltls"
	"github.com/curlew-ws/curlew/dial"
)

// A setter takes an option's value into the config; that of a switch is "true"
// or, for --no-name, "false". Its error says what was expected.
type setter func(c *config, value string) error

func yes(field func(*config) *bool) setter {
	return func(c *config, value string) error {
		*field(c) = value == "true"
		return nil
	}
}

func no(field func(*config) *bool) setter {
	return func(c *config, value string) error {
		*field(c) = value == "false"
		return nil
	}
}

// count counts how often a switch is given.
func count(field func(*config) *int) setter {
	return func(c *config, value string) error {
		if *field(c)++; value == "false" {
			*field(c) = 0
		}
		return nil
	}
}

func text(field func(*config) *string) setter {
	return func(c *config, value string) error {
		*field(c) = value
		return nil
	}
}

// each collects the values of a repeated option.
func each(field func(*config) *[]string) setter {
	return func(c *config, value string) error {
		*field(c) = append(*field(c), value)
		return nil
	}
}

func commas(field func(*config) *[]string) setter {
	return func(c *config, value string) error {
		*field(c) = strings.Split(value, ",")
		return nil
	}
}

// nothing is for switches that ask for what is done anyway.
func nothing(c *config, value string) error {
	if value == "false" {
		return errors.New("this cannot be turned off")
	}
	return nil
}

// ignored is for values that are not needed.
func ignored(c *config, value string) error { return nil }

// bearer is --oauth2-bearer.
func bearer(c *config, value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("expected a token of printable ASCII without spaces, got another character")
	}
	c.bearer = value
	return nil
}

// subprotocols is --subprotocol.
func subprotocols(c *config, value string) error {
	for name := range strings.SplitSeq(value, ",") {
		c.client.Subprotocols = append(c.client.Subprotocols, strings.TrimSpace(name))
	}
	return nil
}

func number(field func(*config) *int) setter {
	return func(c *config, value string) error {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("expected a whole number from 0 on, got %q", value)
		}
		*field(c) = int(n)
		return nil
	}
}

// size takes a number of bytes, as 100, 64k, 1.5M or 2G.
func size(field func(*config) *int64) setter {
	return func(c *config, value string) error {
		digits := strings.TrimRight(value, "kKmMgGtT")
		unit := map[string]float64{"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}[strings.ToLower(value[len(digits):])]
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil || unit == 0 || !(n >= 0 && n*unit < 1<<62) {
			return fmt.Errorf("expected a number of bytes, as 1000 or 64k, got %q", value)
		}
		*field(c) = int64(n * unit)
		return nil
	}
}

// fragmentSize is --fragment-size.
func fragmentSize(c *config, value string) error {
	var n int64
	err := size(func(*config) *int64 { return &n })(c, value)
	if err == nil && (n == 0 || n > math.MaxInt32) {
		err = fmt.Errorf("expected 1 to %d bytes, got %q", math.MaxInt32, value)
	}
	c.client.FragmentSize = int(n)
	return err
}

func seconds(field func(*config) *time.Duration) setter {
	return func(c *config, value string) error {
		s, err := strconv.ParseFloat(value, 64)
		if err != nil || !(s >= 0 && s < 1e9) {
			return fmt.Errorf("expected seconds, as 2 or 0.5, got %q", value)
		}
		*field(c) = time.Duration(s * float64(time.Second))
		return nil
	}
}

func secondsOrInf(field func(*config) *time.Duration) setter {
	return func(c *config, value string) error {
		if value == "inf" {
			*field(c) = forever
			return nil
		}
		if err := seconds(field)(c, value); err != nil {
			return fmt.Errorf("expected seconds or inf, got %q", value)
		}
		return nil
	}
}

func milliseconds(field func(*config) *time.Duration) setter {
	return func(c *config, value string) error {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("expected a whole number of milliseconds, got %q", value)
		}
		*field(c) = time.Duration(n) * time.Millisecond
		return nil
	}
}

func redirects(c *config, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < -1 {
		return fmt.Errorf("expected a whole number, or -1 for any, got %q", value)
	}
	c.maxRedirs = n
	return nil
}

func scheme(name string) setter {
	return func(c *config, value string) error {
		c.scheme = name
		return nil
	}
}

func proxyScheme(name string) setter {
	return func(c *config, value string) error {
		c.proxyScheme = name
		return nil
	}
}

func localPort(c *config, value string) error {
	low, high, isRange := strings.Cut(value, "-")
	if !isRange {
		high = low
	}
	from, err := strconv.ParseUint(low, 10, 16)
	to, err2 := strconv.ParseUint(high, 10, 16)
	if err != nil || err2 != nil || from == 0 || to < from {
		return fmt.Errorf("expected a port, or two as 4000-4010, got %q", value)
	}
	c.client.Net.LocalPort, c.client.Net.LocalPortRange = int(from), int(to-from)+1
	return nil
}

func family(version int) setter {
	return func(c *config, value string) error {
		c.client.Net.IPVersion = version
		return nil
	}
}

func keepAliveTime(c *config, value string) error {
	k := &c.client.Net.KeepAlive
	k.Enable = true
	err := seconds(func(*config) *time.Duration { return &k.Idle })(c, value)
	k.Interval = k.Idle
	return err
}

func keepAliveCount(c *config, value string) error {
	k := &c.client.Net.KeepAlive
	k.Enable = true
	return number(func(*config) *int { return &k.Count })(c, value)
}

// proxyAs is -x for a proxy whose scheme the option says.
func proxyAs(scheme string) setter {
	return func(c *config, value string) error {
		if scheme != "" && strings.Contains(value, "://") {
			return errors.New("expected host:port without a scheme, which the option says; -x takes a URL")
		}
		c.noProxy = value == ""
		if c.noProxy {
			return nil
		}
		return proxyTo(func(c *config) **url.URL { return &c.proxy })(c, scheme+value)
	}
}

func proxyTo(field func(*config) **url.URL) setter {
	return func(c *config, value string) (err error) {
		*field(c), err = dial.ParseProxy(value)
		return err
	}
}

// noProxy is --noproxy, which replaces what the environment says, also by "".
func noProxy(c *config, value string) error {
	c.client.Net.NoProxy = value
	c.envNoProxy = &value
	return nil
}

func hostTLS(c *config) *curltls.Options  { return &c.tls }
func proxyTLS(c *config) *curltls.Options { return &c.proxyTLS }

// certTo is -E: the password is what follows the last colon, unless that is
// the one of a Windows drive; \: stands for a colon.
func certTo(options func(*config) *curltls.Options) setter {
	return func(c *config, value string) error {
		i := strings.LastIndexByte(value, ':')
		if i > 1 && value[i-1] != '\\' {
			options(c).Password = value[i+1:]
			value = value[:i]
		}
		options(c).Cert = strings.ReplaceAll(value, `\:`, ":")
		return nil
	}
}

var tlsVersions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func minimum(options func(*config) *curltls.Options, version uint16) setter {
	return func(c *config, value string) error {
		options(c).MinVersion = version
		return nil
	}
}

func tlsMax(c *config, value string) error {
	version, ok := tlsVersions[value]
	if !ok && value != "default" {
		return fmt.Errorf("expected 1.0, 1.1, 1.2, 1.3 or default, got %q", value)
	}
	c.tls.MaxVersion = version
	return nil
}

var (
	inFramings  = []string{framingLine, framingNull, framingLength, framingNDJSON, framingJSON, framingRaw, framingMessage}
	outFramings = []string{framingLine, framingNull, framingLength, framingNDJSON, framingRaw, framingFile}
)

func framing(field func(*config) *string, names []string) setter {
	return func(c *config, value string) error {
		if !slices.Contains(names, value) {
			return fmt.Errorf("expected one of %s, got %q", strings.Join(names, ", "), value)
		}
		*field(c) = value
		return nil
	}
}

// bothFramings is --framing; a message for each file is so both ways.
func bothFramings(c *config, value string) error {
	out := value
	switch value {
	case framingMessage:
		out = framingRaw
	case framingJSON:
		out = framingLine
	case framingFile:
		value = framingMessage
	}
	if err := framing(func(c *config) *string { return &c.framingIn }, inFramings)(c, value); err != nil {
		return err
	}
	c.framingOut = out
	return nil
}

// speedTime is -y, which asks for a --speed-limit.
func speedTime(c *config, value string) error {
	if c.speedLimit == 0 {
		c.speedLimit = 1
	}
	err := seconds(func(c *config) *time.Duration { return &c.speedTime })(c, value)
	if err == nil && c.speedTime == 0 {
		err = errors.New("expected more than 0 seconds")
	}
	return err
}

// setStderr is --stderr.
func setStderr(c *config, value string) error {
	if value == "-" {
		c.stderr = c.stdout
		return nil
	}
	f, err := os.Create(value) // open to the end of the program
	if err != nil {
		return written(err)
	}
	c.stderr = &switched{w: guarded(f)}
	return nil
}

// setFrames is --frames.
func setFrames(c *config, value string) error {
	if value != "" && value != "json" {
		return fmt.Errorf("expected nothing or json, got %q", value)
	}
	c.frames = &value
	return nil
}

// setWriteOut is -w; @file has the format.
func setWriteOut(c *config, value string) error {
	c.writeOut = value
	name, ok := strings.CutPrefix(value, "@")
	if !ok {
		return nil
	}
	text, err := c.readText(name)
	c.writeOut = string(text)
	return err
}
