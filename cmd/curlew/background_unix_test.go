//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/curlew-ws/curlew"
)

// inShell runs a command line in a shell with jobs, on a terminal.
func inShell(t *testing.T, line string) *terminal {
	return onTTY(t, exec.Command("sh", "-mc", line), &pty.Winsize{Rows: 24, Cols: 80})
}

// TestRememberedBackground: in the background of a shell, curlew neither reads
// the terminal nor changes its mode, which would stop it.
func TestRememberedBackground(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"", ">log"} {
		url := sessions(t, nil, func(c *curlew.Conn) {
			c.Send(curlew.Text, []byte("news"))
			c.Ping(t.Context())
			c.Shutdown(t.Context(), curlew.CloseNormal, "")
		})
		log := filepath.Join(t.TempDir(), "log")
		to = strings.Replace(to, "log", log, 1)
		s := inShell(t, "was=$(stty -g); curlew "+url+" "+to+" & wait $!; echo exit $?; [ $was = $(stty -g) ] && echo as it was")
		if seen := s.see("exit 0\r\nas it was"); to == "" && !strings.Contains(seen, "news\r\n") {
			t.Errorf("expected the message, saw %q", seen)
		}
		if text, _ := os.ReadFile(log); to != "" && string(text) != "news\n" {
			t.Errorf("expected the message in the log, got %q", text)
		}
		s.ends(0)
	}
}

// TestRememberedForeground: brought to the foreground, it reads.
func TestRememberedForeground(t *testing.T) {
	t.Parallel()
	url, got, say := listener(t)
	s := inShell(t, "curlew --count 2 "+url+" & read line; fg")
	say <- "first"
	s.see("first\r\n")
	s.type_("\n")
	s.see("curlew --count 2")
	s.type_("hello\n")
	hear(t, got, curlew.Text, "hello")
	say <- "second"
	s.see("second\r\n")
	s.ends(0)
}
