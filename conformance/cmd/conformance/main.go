// Command conformance tests any WebSocket endpoint that echoes.
//
//	conformance [flags] URL [CASE ...]           the endpoint is a server
//	conformance [flags] -listen ADDR [CASE ...]  the endpoint is a client that connects to ADDR
//
// A CASE is the number of a case, or the beginning of one: 6.4 is 6.4.1 to
// 6.4.4. Without any, all cases are played. A client requests ws://ADDR/count,
// ws://ADDR/case/1 and so on, then ws://ADDR/report. It appends ?agent=NAME to get
// results of its own.
//
// The exit status is 0 if every case passed, 1 if not, and 2 if they could not be
// played. Cases that are known not to pass can be listed in a file: see -exclude.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"time"

	"github.com/curlew-ws/curlew/conformance"
	"github.com/curlew-ws/curlew/dial"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// config is the parsed command line.
type config struct {
	options   conformance.Options
	listen    string
	exclude   string
	parallel  int
	verbose   bool
	url       *url.URL // nil with listen
	cases     []*conformance.Case
	exclusion conformance.Exclusions
	out, log  io.Writer
}

// errFailed reports that a case did not pass.
var errFailed = errors.New("some cases did not pass")

// run runs the program and returns its exit status.
func run(ctx context.Context, args []string, out, log io.Writer) int {
	c := config{out: out, log: log}
	err := c.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil && c.url != nil {
		err = c.testServer(ctx)
	} else if err == nil {
		err = c.testClients(ctx)
	}
	switch {
	case err == nil:
		return 0
	case err == errFailed:
		return 1
	}
	fmt.Fprintln(log, "conformance:", err)
	return 2
}

func (c *config) parse(args []string) (err error) {
	f := flag.NewFlagSet("conformance", flag.ContinueOnError)
	f.SetOutput(c.log)
	f.StringVar(&c.listen, "listen", "", "test the clients that connect to this `address`, until interrupted")
	f.StringVar(&c.exclude, "exclude", "", "a `file` with lines of the number of a case that is known not to pass, and the reason")
	f.StringVar(&c.options.Subprotocol, "subprotocol", "", "offer this `name` to the server")
	f.DurationVar(&c.options.Timeout, "timeout", 5*time.Second, "how long an answer may take; large cases have ten times as long")
	f.DurationVar(&c.options.Pause, "pause", 100*time.Millisecond, "how long to wait where a case lets time pass")
	f.BoolVar(&c.options.FullSize, "full", false, "play the cases of sections 9, 12 and 13 in full size (some 11 GB)")
	f.IntVar(&c.parallel, "j", 4, "how many cases to play at a time")
	f.BoolVar(&c.verbose, "v", false, "print each case as it was played")
	if err := f.Parse(args); err != nil {
		return err
	}
	args = f.Args()
	if c.listen == "" {
		if len(args) == 0 {
			return errors.New("expected the URL of a server, or -listen")
		}
		if c.url, err = serverURL(args[0]); err != nil {
			return err
		}
		args = args[1:]
	}
	if c.cases, err = conformance.Select(conformance.Cases(), args...); err != nil || c.exclude == "" {
		return err
	}
	file, err := os.Open(c.exclude)
	if err != nil {
		return err
	}
	defer file.Close()
	if c.exclusion, err = conformance.ReadExclusions(file); err != nil {
		return fmt.Errorf("%s: %w", c.exclude, err)
	}
	return nil
}

func serverURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return nil, fmt.Errorf("expected a URL such as ws://127.0.0.1:9001/, got %q", s)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// testServer plays the cases with a server.
func (c *config) testServer(ctx context.Context) error {
	connect := func(ctx context.Context) (net.Conn, error) {
		conn, _, err := new(dial.Config).Dial(ctx, c.url, "http/1.1")
		return conn, err
	}
	results := conformance.RunServer(ctx, c.url, connect, c.cases, c.parallel, c.options, c.progress)
	return c.conclude(results)
}

// testClients plays the cases with clients until ctx ends.
func (c *config) testClients(ctx context.Context) error {
	tcp, err := net.Listen("tcp", c.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.log, "listening: ws://%s/count, /case/1 to /case/%d, /report\n", tcp.Addr(), len(c.cases))
	l := conformance.NewListener(c.cases, c.options, func(agent string, r conformance.Result) { c.progress(r) })
	if err := l.Serve(ctx, tcp); ctx.Err() == nil {
		return err
	}
	for _, agent := range l.Agents() {
		if agent != "" {
			fmt.Fprintf(c.out, "\n%s\n\n", agent)
		}
		err = errors.Join(err, c.conclude(l.Results(agent)))
	}
	if err != nil {
		return errFailed
	}
	return nil
}

func (c *config) progress(r conformance.Result) {
	if c.verbose {
		fmt.Fprintln(c.log, r)
	}
}

// conclude prints the table, and its differences from the exclusions.
func (c *config) conclude(results []conformance.Result) error {
	if err := conformance.WriteTable(c.out, results); err != nil {
		return err
	}
	unexpected := c.exclusion.Unexpected(results)
	for _, r := range unexpected {
		if r.Outcome == conformance.Pass {
			fmt.Fprintf(c.out, "\n%s passes, but is excluded: %s\n", r.Case.ID, c.exclusion[r.Case.ID])
		}
	}
	if len(unexpected) > 0 {
		return errFailed
	}
	return nil
}
