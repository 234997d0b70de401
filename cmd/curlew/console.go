package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
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

// A consoleCommand is what a line that begins with / does.
type consoleCommand struct {
	args, help string
	do         func(k *console, ctx context.Context, arg string) error
}

var consoleCommands map[string]consoleCommand

func init() { // and not above, since /help lists them
	consoleCommands = map[string]consoleCommand{
		"ping":     {"[TEXT]", "send a PING and show how long its PONG takes", (*console).cmdPing},
		"close":    {"[CODE [REASON]]", "close the session, with 1000 if no code is given", (*console).cmdClose},
		"text":     {"TEXT", "send a TEXT message", (*console).cmdText},
		"binary":   {"FILE", "send a file as a BINARY message", (*console).cmdBinary},
		"send":     {"FILE", "send a file as a TEXT message, or with --binary as a BINARY one", (*console).cmdSend},
		"fragment": {"TEXT", "send a fragment; the next message is the last one of it", (*console).cmdFragment},
		"resend":   {"", "send the last message again", (*console).cmdResend},
		"pause":    {"", "stop receiving; again: go on", (*console).cmdPause},
		"info":     {"", "show what is known of the session", (*console).cmdInfo},
		"help":     {"", "show this", (*console).cmdHelp},
	}
}

func (k *console) cmdPing(ctx context.Context, arg string) error {
	if arg == "" {
		k.mu.Lock()
		arg = fmt.Sprintf("curlew %d", len(k.pings)+1)
		k.mu.Unlock()
	}
	k.mu.Lock()
	k.pings[arg] = time.Now()
	k.mu.Unlock()
	return k.s.conn.Send(curlew.Ping, []byte(arg))
}

// A closeRequest ends the session by the user's code and reason.
type closeRequest struct {
	code   int
	reason string
}

func (*closeRequest) Error() string { return "closed" }

func (k *console) cmdClose(ctx context.Context, arg string) error {
	code, reason, _ := strings.Cut(arg, " ")
	request := &closeRequest{code: curlew.CloseNormal, reason: reason}
	if code != "" {
		var err error
		if request.code, err = strconv.Atoi(code); err != nil || request.code < 1000 || request.code > 4999 {
			return usagef("expected a code from 1000 to 4999, came %q", code)
		}
	}
	return request
}

func (k *console) cmdText(ctx context.Context, arg string) error {
	return k.send(ctx, curlew.Text, []byte(arg))
}

func (k *console) cmdBinary(ctx context.Context, arg string) error {
	return k.sendFile(ctx, curlew.Binary, arg)
}

func (k *console) cmdSend(ctx context.Context, arg string) error {
	return k.sendFile(ctx, k.s.c.messageType(), arg)
}

func (k *console) sendFile(ctx context.Context, f curlew.Flags, name string) error {
	if k.fragment != 0 {
		return usagef("the message that /fragment began is to be ended first")
	}
	file, err := os.Open(name)
	if err != nil {
		return &failure{codeRead, err}
	}
	defer file.Close()
	err = k.s.sendStream(ctx, f, file)
	k.count(&k.sent, err)
	return err
}

func (k *console) cmdFragment(ctx context.Context, arg string) error {
	if k.fragment == 0 {
		k.fragment = curlew.Text
	}
	return k.s.conn.Send(k.fragment|curlew.Cont, []byte(arg))
}

func (k *console) cmdResend(ctx context.Context, arg string) error {
	if k.lastType == 0 {
		return usagef("no message was sent yet")
	}
	return k.send(ctx, k.lastType, k.last)
}

func (k *console) cmdPause(ctx context.Context, arg string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.resumed != nil {
		close(k.resumed)
		k.resumed = nil
		return nil
	}
	k.resumed = make(chan struct{})
	return nil
}

func (k *console) cmdInfo(ctx context.Context, arg string) error {
	conn, t := k.s.conn, k.s.tally.now()
	k.say("from %v to %v, open for %v", conn.LocalAddr(), conn.RemoteAddr(), time.Since(t.start).Round(time.Second))
	if name := conn.Subprotocol(); name != "" {
		k.say("subprotocol %q", name)
	}
	if extensions := conn.Response().Header.Get("Sec-WebSocket-Extensions"); extensions != "" {
		k.say("extensions %q", extensions)
	}
	k.mu.Lock()
	sent, received, rtt := k.sent, k.received, k.rtt
	k.mu.Unlock()
	k.say("%d messages sent, %d received", sent, received)
	if rtt > 0 {
		k.say("last PONG after %v", rtt)
	}
	return nil
}

func (k *console) cmdHelp(ctx context.Context, arg string) error {
	for _, name := range commandList() {
		c := consoleCommands[name]
		k.say("%-24s %s", strings.TrimSpace("/"+name+" "+c.args), c.help)
	}
	k.say("%-24s %s", `LINE\`, "the message goes on in the next line")
	k.say("%-24s %s", "//LINE", "a message that begins with /")
	k.say("%-24s %s", "Tab, Ctrl-R", "complete a command; search the history for what the line has")
	k.say("%-24s %s", "Ctrl-C, Ctrl-D", "close the session")
	return nil
}

func commandList() []string {
	var names []string
	for name := range consoleCommands {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// complete is called for keys: Tab completes commands and files, Ctrl-R finds
// earlier lines.
func (k *console) complete(line string, pos int, key rune) (string, int, bool) {
	const tab, ctrlR = '\t', 'R' - '@'
	if key != ctrlR {
		k.history.search = ""
	}
	switch key {
	case ctrlR:
		found, ok := k.history.find(line)
		return found, len(found), ok
	case tab:
		return completeCommand(line, pos)
	}
	return "", 0, false
}

// completeCommand completes a command's name, or the file that it takes.
func completeCommand(line string, pos int) (string, int, bool) {
	head, tail := line[:pos], line[pos:]
	if !strings.HasPrefix(head, "/") {
		return "", 0, false
	}
	var choices []string
	if name, arg, isArg := strings.Cut(head[1:], " "); isArg {
		if consoleCommands[name].args != "FILE" {
			return "", 0, false
		}
		choices, _ = filepath.Glob(arg + "*")
		for i := range choices {
			choices[i] = "/" + name + " " + choices[i]
		}
	} else {
		for _, name := range commandList() {
			if name = "/" + name; strings.HasPrefix(name, head) {
				choices = append(choices, name+" ")
			}
		}
	}
	if len(choices) == 0 {
		return "", 0, false
	}
	common := choices[0]
	for _, choice := range choices {
		for !strings.HasPrefix(choice, common) {
			common = common[:len(common)-1]
		}
	}
	return common + tail, len(common), true
}

// A lineWriter passes on whole lines, in a style. It is for one goroutine at a
// time, as what writes to it takes care of.
type lineWriter struct {
	w     io.Writer
	style string
	rest  []byte
}

func (l *lineWriter) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	text := l.rest[:end]
	if l.style != "" {
		text = fmt.Appendf(nil, "%s%s\x1b[0m\n", l.style, l.rest[:end-1])
	}
	_, err := l.w.Write(text)
	l.rest = append(l.rest[:0], l.rest[end:]...)
	return len(p), err
}

// A switched is a writer whose place another can take for a time.
type switched struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *switched) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// swap puts w in its place, until restore is called.
func (s *switched) swap(w io.Writer) (restore func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.w
	s.w = w
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.w = before
	}
}
