package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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
	t       *term.Terminal
	history *history
	restore func()
	styled  bool

	pending  []string     // lines of a message that goes on
	fragment curlew.Flags // the type of the message that /fragment began, 0 if none
	last     []byte       // the last message sent, for /resend
	lastType curlew.Flags

	mu       sync.Mutex
	inside   bool // of a message: of its lines, or its fragments
	sent     int
	received int
	pings    map[string]time.Time // /ping's payload, and when it went out
	rtt      time.Duration
	resumed  chan struct{} // closed by the end of /pause; nil: no pause
}

// person reports whether somebody types the input and reads the output.
func (c *config) person() bool {
	return len(c.outgoing) == 0 && !c.reconnect && len(c.urls) == 1 && c.framingIn == "" &&
		term.IsTerminal(int(c.std.in.Fd())) && term.IsTerminal(int(c.std.out.Fd()))
}

// newConsole takes the terminal over, until restore.
func newConsole(s *session) (*console, error) {
	c := s.c
	in, out := int(c.std.in.Fd()), int(c.std.out.Fd())
	state, err := term.MakeRaw(in)
	if err != nil {
		return nil, &failure{codeRead, err}
	}
	k := &console{s: s, history: openHistory(c), pings: map[string]time.Time{}, styled: !c.plain && os.Getenv("NO_COLOR") == ""}
	k.t = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{c.std.in, c.std.out}, "")
	k.t.History = k.history
	k.t.AutoCompleteCallback = k.complete
	k.t.SetBracketedPasteMode(true)
	resize := func() {
		if width, height, err := term.GetSize(out); err == nil {
			k.t.SetSize(width, height)
		}
	}
	resize()
	stopResize := onResize(resize)
	k.prompt()
	restoreOut := c.stdout.swap(&lineWriter{w: k.t, style: k.style("36")})
	restoreErr := c.stderr.swap(&lineWriter{w: k.t, style: k.style("2")})
	k.restore = sync.OnceFunc(func() {
		stopResize()
		restoreOut()
		restoreErr()
		k.t.SetBracketedPasteMode(false)
		term.Restore(in, state)
		fmt.Fprintln(c.std.out)
	})
	return k, nil
}

func (k *console) style(code string) string {
	if !k.styled {
		return ""
	}
	return "\x1b[" + code + "m"
}

// prompt shows the state of the session in front of the line.
func (k *console) prompt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	var state []string
	if k.resumed != nil {
		state = append(state, "paused")
	}
	if k.rtt > 0 {
		state = append(state, k.rtt.Round(10*time.Microsecond).String())
	}
	mark := ">"
	if k.inside {
		mark = "…"
	}
	state = append(state, fmt.Sprintf("%d↑ %d↓ %s ", k.sent, k.received, mark))
	k.t.SetPrompt(strings.Join(state, " "))
}

// run reads lines and does what they say, until the end of the input.
func (k *console) run(ctx context.Context) error {
	k.say("connected to %s; /help lists the commands, Ctrl-D closes", k.s.conn.RemoteAddr())
	for {
		k.mu.Lock()
		k.inside = len(k.pending) > 0 || k.fragment != 0
		k.mu.Unlock()
		k.prompt()
		line, err := k.t.ReadLine()
		if err != nil && err != term.ErrPasteIndicator {
			if err == io.EOF {
				return nil
			}
			return readError(err)
		}
		if err == term.ErrPasteIndicator {
			k.pending = append(k.pending, line)
			continue
		}
		if rest, ok := strings.CutSuffix(line, `\`); ok {
			k.pending = append(k.pending, rest)
			continue
		}
		if err := k.enter(ctx, line); err != nil {
			return err
		}
	}
}

// enter does what a line says that ends what was pending. Errors that end the
// session are returned, others shown.
func (k *console) enter(ctx context.Context, line string) error {
	if len(k.pending) > 0 {
		lines := k.pending
		k.pending = nil
		if line != "" {
			lines = append(lines, line)
		}
		return k.show(k.send(ctx, k.s.c.messageType(), []byte(strings.Join(lines, "\n"))))
	}
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
	if f == curlew.Text && !utf8.Valid(p) {
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
		k.prompt()
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

func (k *console) pong(p []byte) {
	k.mu.Lock()
	sent, ok := k.pings[string(p)]
	if ok {
		delete(k.pings, string(p))
		k.rtt = time.Since(sent)
	}
	rtt := k.rtt
	k.mu.Unlock()
	if ok {
		k.prompt()
		k.say("PONG after %v", rtt)
	} else {
		k.say("PONG %q, which nobody asked for", cut(p))
	}
}
