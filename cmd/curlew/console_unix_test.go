//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/curlew-ws/curlew"
)

// A terminal has curlew in it.
type terminal struct {
	t   *testing.T
	cmd *exec.Cmd
	tty *os.File

	mu   sync.Mutex
	text string // all that was shown, and not yet awaited
	more chan struct{}
}

// type ahead of keys that have no letter.
const (
	keyUp    = "\x1b[A"
	keyCtrlR = "\x12"
	keyCtrlC = "\x03"
	keyCtrlD = "\x04"
)

// onScreen starts curlew in a terminal, with a home of its own.
func onScreen(t *testing.T, home string, args ...string) *terminal {
	return onTerminal(t, "xterm", home, args...)
}

// onTerminal does so in a terminal of this type.
func onTerminal(t *testing.T, term, home string, args ...string) *terminal {
	cmd := exec.Command("curlew", args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME=", "XDG_CONFIG_HOME=", "TERM="+term, "NO_COLOR=")
	return onTTY(t, cmd, &pty.Winsize{Rows: 24, Cols: 80})
}

// onTTY starts a command in a terminal of this size.
func onTTY(t *testing.T, cmd *exec.Cmd, size *pty.Winsize) *terminal {
	s := &terminal{t: t, cmd: cmd, more: make(chan struct{}, 1)}
	var err error
	if s.tty, err = pty.StartWithSize(s.cmd, size); err != nil {
		t.Skip("no terminal to be had: ", err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.tty.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := s.tty.Read(buf)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.text += string(buf[:n])
			s.mu.Unlock()
			select {
			case s.more <- struct{}{}:
			default:
			}
		}
	}()
	return s
}

// see waits until what matches is shown, and returns what was shown up to it,
// which it forgets.
func (s *terminal) see(pattern string) string {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	limit := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		if at := re.FindStringIndex(s.text); at != nil {
			seen := s.text[:at[1]]
			s.text = s.text[at[1]:]
			s.mu.Unlock()
			return seen
		}
		text := s.text
		s.mu.Unlock()
		select {
		case <-s.more:
		case <-limit:
			s.t.Fatalf("waited in vain for %q, saw %q", pattern, text)
			return ""
		}
	}
}

func (s *terminal) type_(keys string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits for the program's end.
func (s *terminal) ends(code int) {
	s.t.Helper()
	s.cmd.Wait()
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Errorf("expected exit code %d, came %d", code, got)
	}
}

// A heard is what the server of a console test got.
type heard struct {
	flags curlew.Flags
	text  string
}

// listener serves one session: what it gets goes to got, what is put into say it sends.
func listener(t *testing.T) (url string, got chan heard, say chan string) {
	got, say = make(chan heard, 100), make(chan string)
	url = sessions(t, nil, func(c *curlew.Conn) {
		defer close(got)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			for {
				select {
				case text := <-say:
					c.Send(curlew.Text, []byte(text))
				case <-ctx.Done():
					return
				}
			}
		}()
		for {
			p, m, err := c.Next()
			if err != nil {
				return
			}
			got <- heard{m.Flags, string(p)}
		}
	})
	return url, got, say
}

func hear(t *testing.T, got chan heard, f curlew.Flags, text string) {
	t.Helper()
	select {
	case h := <-got:
		if h.flags != f || h.text != text {
			t.Errorf("expected %v %q, came %v %q", f, text, h.flags, h.text)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("waited in vain for %q", text)
	}
}

func TestConsole(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	url, got, say := listener(t)
	s := onScreen(t, home, "--no-styled-output", url)
	s.see(`connected to 127.0.0.1:\d+; /help`)
	s.see(`open  0 sent  0 received  RTT -  127.0.0.1`)

	// Lines are messages, and can be edited.
	s.type_("helo\x1b[Dl\r")
	hear(t, got, curlew.Text, "hello")
	s.see(`1 sent  0 received`)

	// What comes while a line is typed appears above it.
	s.type_("half a li")
	s.see("half a li")
	say <- "news\x1b[2J"
	s.see(`news\\x1b\[2J\r\n> half a li\r\nopen  1 sent  1 received`)
	s.type_("ne\r")
	hear(t, got, curlew.Text, "half a line")

	// History: the arrow, and the search.
	s.type_(keyUp + keyUp + "\r")
	hear(t, got, curlew.Text, "hello")
	s.type_("half" + keyCtrlR + "\r")
	hear(t, got, curlew.Text, "half a line")

	// Messages of several lines: typed, and pasted.
	s.type_("one\\\rtwo\r")
	hear(t, got, curlew.Text, "one\ntwo")
	s.type_("\x1b[200~{\r  \"a\": 1\r}\x1b[201~\r")
	hear(t, got, curlew.Text, "{\n  \"a\": 1\n}")

	// A window of another size.
	if err := pty.Setsize(s.tty, &pty.Winsize{Rows: 10, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	s.type_("a line that is longer than the window is wide now\r")
	hear(t, got, curlew.Text, "a line that is longer than the window is wide now")

	s.type_(keyCtrlD)
	hear(t, got, curlew.Close, "\x03\xe8")
	s.ends(0)

	// The history is there next time.
	url, got, _ = listener(t)
	s = onScreen(t, home, url)
	s.see("> ")
	s.type_(keyUp + "\r")
	hear(t, got, curlew.Text, "a line that is longer than the window is wide now")
	s.type_(keyCtrlC)
	hear(t, got, curlew.Close, "\x03\xe8")
	s.ends(0)
	if _, err := os.Stat(filepath.Join(home, ".local/state/curlew/history")); err != nil {
		t.Error(err)
	}
}

func TestConsoleCommands(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("in the file"), 0o666); err != nil {
		t.Fatal(err)
	}
	url, got, say := listener(t)
	s := onScreen(t, t.TempDir(), "--no-styled-output", "--no-history", url)
	s.see("> ")
	for _, step := range []struct {
		line  string
		flags curlew.Flags
		text  string
		shown string
	}{
		{"/ping are you there?", 0, "", `PONG after \d`},
		{"/text /slash", curlew.Text, "/slash", ""},
		{"//slashes", curlew.Text, "/slashes", ""},
		{"/resend", curlew.Text, "/slashes", ""},
		{"/binary " + file, curlew.Binary, "in the file", ""},
		{"/send " + file, curlew.Text, "in the file", ""},
		{"/send missing", 0, "", "missing: no such file"},
		{"/fragment one ", curlew.Text | curlew.Cont, "one ", "in fragments"},
		{"/send " + file, 0, "", "is to be ended first"},
		{"message", curlew.Text, "message", ""},
		{"/bi\t" + file, curlew.Binary, "in the file", ""},
		{"/info", 0, "", `open for .*\d messages sent, 0 received\r\n.*last PONG after [\d.]+`},
		{"/help", 0, "", `/close \[CODE \[REASON\]\]`},
		{"/dance", 0, "", "no command /dance"},
		{"/close never", 0, "", `expected a code from 1000 to 4999, got "never"`},
		{"/close 1006 gone", 0, "", `invalid close code 1006: expected 1000 to 1003`},
	} {
		s.type_(step.line + "\r")
		if step.flags != 0 {
			hear(t, got, step.flags, step.text)
		}
		if step.shown != "" {
			s.see("(?s)" + step.shown)
		}
	}

	// A pause holds messages back, and loses none.
	s.type_("/pause\r")
	s.see("paused")
	say <- "held back"
	s.type_("/pause\r")
	s.see("held back")

	s.type_("/close 4001 enough\r")
	hear(t, got, curlew.Close, "\x0f\xa1enough")
	s.ends(0)
}

// TestRememberedLoginThenConsole: messages of -d are sent, and the console goes
// on, unless options say when the session ends.
func TestRememberedLoginThenConsole(t *testing.T) {
	t.Parallel()
	url, got, _ := listener(t)
	s := onScreen(t, t.TempDir(), "-d", "login", "--data-binary", "more", "--no-styled-output", url)
	hear(t, got, curlew.Text, "login")
	hear(t, got, curlew.Binary, "more")
	s.see("open  2 sent")
	s.type_("hello\r")
	hear(t, got, curlew.Text, "hello")
	s.see("3 sent")
	s.type_(keyCtrlD)
	hear(t, got, curlew.Close, "\x03\xe8")
	s.ends(0)

	url, got, say := listener(t)
	s = onScreen(t, t.TempDir(), "-d", "ask", "--count", "1", url)
	hear(t, got, curlew.Text, "ask")
	say <- "answer"
	if seen := s.see("answer\r\n"); seen != "answer\r\n" {
		t.Errorf("expected the answer and no console, saw %q", seen)
	}
	s.ends(0)
}

// TestRememberedConsoleEndsWhileSending: Ctrl-C ends the console while a message
// waits: for an answer to the one before, or for a server that does not read.
func TestRememberedConsoleEndsWhileSending(t *testing.T) {
	t.Parallel()
	mute := sessions(t, nil, func(c *curlew.Conn) {
		for {
			if _, m, err := c.Next(); err != nil || m.Flags == curlew.Close {
				return
			}
		}
	})
	deaf := sessions(t, nil, func(c *curlew.Conn) {
		c.Send(curlew.Text, []byte("welcome"))
		<-t.Context().Done()
	})
	file := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 32<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--lockstep", "-d", "one", "-d", "two", mute}, {"--close-timeout", "0.1", "-d", "@" + file, deaf}} {
		s := onScreen(t, t.TempDir(), args...)
		s.see("connected to")
		s.type_("typed\r")
		s.see("typed")
		s.type_(keyCtrlC)
		s.ends(0)
	}
}

// TestConsoleServerCloses: the terminal is given back whoever ends the session.
func TestConsoleServerCloses(t *testing.T) {
	t.Parallel()
	url := sessions(t, nil, func(c *curlew.Conn) {
		c.Send(curlew.Binary, []byte{0, 1})
		c.Shutdown(context.Background(), 4000, "no more")
	})
	s := onScreen(t, t.TempDir(), url)
	s.see("binary messages are not shown on a terminal")
	s.see(`curlew: \(116\) the peer closed the session with code 4000, "no more"\r\n`)
	s.ends(codeApplication)
	if strings.Contains(s.text, "> ") {
		t.Errorf("a prompt behind the end: %q", s.text)
	}
}

// TestConsoleGoodEnd: "connected" stands above all that comes, at the end stands why.
func TestConsoleGoodEnd(t *testing.T) {
	t.Parallel()
	url := sessions(t, nil, func(c *curlew.Conn) {
		c.Send(curlew.Text, []byte("welcome"))
		c.Shutdown(context.Background(), curlew.CloseGoingAway, "until tomorrow")
	})
	s := onScreen(t, t.TempDir(), url)
	if seen := s.see("welcome"); !strings.Contains(seen, "connected to") {
		t.Errorf("a message is above what says that there is a connection: %q", seen)
	}
	s.see(`curlew: the server closed the session with code 1001, "until tomorrow"\r\n`)
	s.ends(0)
}

// TestDumbTerminal: one that cannot move its cursor is used as a pipe is.
func TestDumbTerminal(t *testing.T) {
	t.Parallel()
	url, got, say := listener(t)
	s := onTerminal(t, "dumb", t.TempDir(), "--count", "1", url)
	s.type_("hello\n")
	hear(t, got, curlew.Text, "hello")
	say <- "news"
	if seen := s.see("news"); strings.Contains(seen, "\x1b") {
		t.Errorf("a sequence for the cursor: %q", seen)
	}
	s.ends(0)
}

// TestConsoleInterruptTwice: the second Ctrl-C does not wait for the server's CLOSE.
func TestConsoleInterruptTwice(t *testing.T) {
	t.Parallel()
	closing, over := make(chan struct{}), make(chan struct{})
	url := sessions(t, &curlew.AcceptOptions{NoAutoClose: true}, func(c *curlew.Conn) {
		c.Next() // CLOSE, which stays without an answer
		close(closing)
		<-over
	})
	s := onScreen(t, t.TempDir(), url)
	s.see("open  0 sent")
	s.type_(keyCtrlC)
	<-closing
	s.type_(keyCtrlC)
	s.ends(codeInterrupt)
	close(over)
}
