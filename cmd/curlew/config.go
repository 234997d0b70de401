package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/curlew-ws/curlew"
)

// A config is what the options say.
type config struct {
	std    std
	client curlew.Client
	urls   []string

	binary  bool
	count   int // 0: no limit
	linger  time.Duration
	maxTime time.Duration // 0: no limit

	insecure bool
	cacert   string

	verbose int
	version bool
	help    *string // category
}

// forever is a duration that does not pass.
const forever time.Duration = math.MaxInt64

func newConfig(s std) *config {
	return &config{std: s, client: curlew.Client{Header: http.Header{}}, linger: time.Second}
}

// A setter takes an option's value into the config; that of a switch is "true"
// or, for --no-name, "false". Its error says what was expected.
type setter func(c *config, value string) error

func yes(field func(*config) *bool) setter {
	return func(c *config, value string) error {
		*field(c) = value == "true"
		return nil
	}
}

// count counts how often a switch is given.
func count(field func(*config) *int) setter {
	return func(c *config, value string) error {
		if *field(c)++; value != "true" {
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

func number(field func(*config) *int) setter {
	return func(c *config, value string) error {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("expected a whole number from 0 on, came %q", value)
		}
		*field(c) = int(n)
		return nil
	}
}

func seconds(field func(*config) *time.Duration) setter {
	return func(c *config, value string) error {
		s, err := strconv.ParseFloat(value, 64)
		if err != nil || !(s >= 0 && s < 1e9) {
			return fmt.Errorf("expected seconds, as 2 or 0.5, came %q", value)
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
			return fmt.Errorf("expected seconds or inf, came %q", value)
		}
		return nil
	}
}

// setHeader is -H.
func setHeader(c *config, value string) error {
	name, ok := strings.CutPrefix(value, "@")
	if !ok {
		return addHeader(c.client.Header, value)
	}
	f, err := c.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); ; {
		if !lines.Scan() {
			return lines.Err()
		}
		line := strings.TrimRight(lines.Text(), "\r")
		if line == "" {
			continue
		}
		if err := addHeader(c.client.Header, line); err != nil {
			return err
		}
	}
}

// addHeader adds a header as curl's -H gives it. The value, which may be
// secret, is in no error.
func addHeader(h http.Header, line string) error {
	name, value, found := strings.Cut(line, ":")
	switch value = strings.TrimSpace(value); {
	case found && value != "":
		h.Add(name, value)
	case found:
		h[http.CanonicalHeaderKey(name)] = nil
	case strings.HasSuffix(line, ";"):
		h.Add(strings.TrimSuffix(line, ";"), "")
	default:
		return fmt.Errorf(`expected "name: value", "name:" or "name;", came neither colon nor semicolon`)
	}
	return nil
}

// open opens a file to read, or standard input for "-".
func (c *config) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.std.in), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, &failure{codeRead, err}
	}
	return f, nil
}
