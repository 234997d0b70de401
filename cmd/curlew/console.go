package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/curlew-ws/curlew"
)

// A console is the session's input where a person types it: lines are edited,
// kept in a history, and sent; messages that come are printed above the line.
type console struct {
	s       *session
	editor  *editor
	restore func()
	styled  bool

	fragment curlew.Flags // the type of the message that /fragment began, 0 if none
	last     []byte       // the last message sent, for /resend
	lastType curlew.Flags

	mu       sync.Mutex
	inside   bool // of a message of which fragments were sent
	sent     int
	received int
	pings    map[string]bool // the payloads of /ping that have no PONG yet
	resumed  chan struct{}   // closed by the end of /pause; nil: no pause
}

// person reports whether somebody types the input and reads the output, on a
// terminal that can move its cursor.
func (c *config) person() bool {
	return c.opensOnly() && (len(c.outgoing) == 0 || !c.oneShot()) && !c.reconnect && len(c.urls) == 1 && c.framingIn == "" && !dumb() &&
		stdin{c.std.in}.isOurs() && term.IsTerminal(int(c.std.out.Fd()))
}

// oneShot reports whether options say when a session ends whose messages options
// have.
func (c *config) oneShot() bool {
	return c.count > 0 || c.until != nil || slices.Contains(c.given, "linger") || slices.Contains(c.given, "idle")
}

// dumb reports whether the terminal knows no sequences, for the cursor or colours.
func dumb() bool { return os.Getenv("TERM") == "dumb" }

// newConsole takes the terminal over, until restore.
func newConsole(s *session) (*console, error) {
	c := s.c
	in, out := int(c.std.in.Fd()), int(c.std.out.Fd())
	state, err := term.MakeRaw(in)
	if err != nil {
		return nil, &failure{codeRead, err}
	}
	k := &console{s: s, sent: len(c.outgoing), pings: map[string]bool{}, styled: !c.plain && os.Getenv("NO_COLOR") == ""}
	k.editor = newEditor(stdin{c.std.in}, c.std.out, openHistory(c))
	k.editor.complete, k.editor.status, k.editor.styled = completeCommand, k.status, k.styled
	resize := func() {
		if columns, rows, err := term.GetSize(out); err == nil {
			k.editor.resize(columns, rows)
		}
	}
	fmt.Fprint(c.std.out, "\x1b[?2004h") // pastes are marked
	resize()
	stopResize := onResize(resize)
	messages := &lineWriter{w: k.editor, style: k.style("36")}
	restoreOut := c.stdout.swap(messages)
	restoreErr := c.stderr.swap(&lineWriter{w: k.editor, style: k.style("2")})
	k.restore = sync.OnceFunc(func() {
		stopResize()
		restoreOut()
		restoreErr()
		k.editor.close()
		fmt.Fprint(c.std.out, "\x1b[?2004l")
		if !background(c.std.in) {
			term.Restore(in, state)
		}
		c.std.out.Write(messages.rest) // of one that was cut off
	})
	return k, nil
}

func (k *console) style(code string) string {
	if !k.styled {
		return ""
	}
	return "\x1b[" + code + "m"
}

// status is the status line: as much of it as there is room for, what matters
// most first.
func (k *console) status(columns int) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	state := "open"
	switch {
	case k.resumed != nil:
		state = "paused"
	case k.inside:
		state = "in fragments"
	}
	rtt := "RTT -"
	if now := k.s.tally.now(); now.rtt > 0 {
		rtt = "RTT " + shortly(now.rtt).String()
	}
	counts := fmt.Sprintf("%d sent  %d received", k.sent, k.received)
	if columns < 40 {
		counts = fmt.Sprintf("%d↑ %d↓", k.sent, k.received)
	}
	line := state
	for _, part := range []string{counts, rtt, k.s.conn.RemoteAddr().String()} {
		if utf8.RuneCountInString(line)+2+utf8.RuneCountInString(part) <= columns {
			line += "  " + part
		}
	}
	return line[:min(len(line), columns)]
}

// run reads lines and does what they say, until the end of the input. It reads
// on while a message cannot go out, since Ctrl-C is a key like others here.
func (k *console) run(ctx context.Context) error {
	reading, cancel := context.WithCancel(ctx) // a send goes on until the session has ended: cutting it would lose the connection
	defer cancel()
	lines, ended, done := make(chan string, 64), make(chan error, 1), make(chan error, 1)
	go func() { ended <- k.read(reading, lines) }()
	go func() { done <- k.follow(ctx, lines) }()
	select {
	case err := <-done:
		return err
	case err := <-ended:
		select {
		case before := <-done:
			err = cmp.Or(before, err)
		case <-time.After(time.Second): // what still waits is given up
		}
		return err
	}
}

// read passes lines on until the end of the input.
func (k *console) read(ctx context.Context, lines chan<- string) error {
	defer close(lines)
	for {
		line, err := k.editor.readLine()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return readError(err)
		}
		select {
		case lines <- line:
		case <-ctx.Done():
			return nil
		}
	}
}

// follow sends the messages of -d, and does what lines say.
func (k *console) follow(ctx context.Context, lines <-chan string) error {
	if err := k.s.sendParts(ctx, k.s.c.outgoing); err != nil {
		return err
	}
	for line := range lines {
		if err := k.enter(ctx, line); err != nil {
			return err
		}
		k.mu.Lock()
		k.inside = k.fragment != 0
		k.mu.Unlock()
		k.editor.refresh()
	}
	return nil
}

// enter does what a line says that ends what was pending. Errors that end the
// session are returned, others shown.
func (k *console) enter(ctx context.Context, line string) error {
	name, isCommand := strings.CutPrefix(line, "/")
	if !isCommand || strings.HasPrefix(name, "/") {
		return k.show(k.send(ctx, k.s.c.messageType(), []byte(name)))
	}
	name, arg, _ := strings.Cut(name, " ")
	command, ok := consoleCommands[name]
	if !ok {
		k.say("no command /%s; /help lists them, // sends a message that begins with /", name)
		return nil
	}
	return k.show(command.do(k, ctx, arg))
}

// show shows an error that is the user's affair, and returns any other.
func (k *console) show(err error) error {
	if err != nil && (isA[*failure](err) || errors.Is(err, curlew.ErrUsage)) {
		k.say("%s", plain(err))
		return nil
	}
	return err
}

// say shows a line that is no message.
func (k *console) say(format string, args ...any) { k.s.c.note(format, args...) }

// send sends a message, or the last fragment of the one that is open.
func (k *console) send(ctx context.Context, f curlew.Flags, p []byte) error {
	if k.s.c.isNoText(f, p) {
		return noText("the message", p)
	}
	var err error
	if k.fragment != 0 {
		err = k.s.conn.Send(k.fragment, p)
		k.fragment = 0
	} else {
		err = k.s.conn.WriteMessage(ctx, f, p)
		k.last, k.lastType = p, f
	}
	k.count(&k.sent, err)
	return err
}

func (k *console) count(n *int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		*n++
	}
}

// got takes note of a chunk that came, and waits while there is a pause.
func (k *console) got(ctx context.Context, p []byte, m curlew.Meta) {
	switch {
	case m.Flags&curlew.Pong != 0:
		k.pong(p)
	case m.MessageEnd():
		k.count(&k.received, nil)
		k.editor.refresh()
	}
	k.mu.Lock()
	pause := k.resumed
	k.mu.Unlock()
	if pause != nil {
		select {
		case <-pause:
		case <-ctx.Done():
		}
	}
}

// shortly is a time with as many digits as matter to a person.
func shortly(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

func (k *console) pong(p []byte) {
	k.mu.Lock()
	asked := k.pings[string(p)]
	delete(k.pings, string(p))
	k.mu.Unlock()
	if asked {
		k.say("PONG after %v", shortly(k.s.tally.now().rtt))
	} else {
		k.say("PONG %q, which nobody asked for", cut(p))
	}
}
