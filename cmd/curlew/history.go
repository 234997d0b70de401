package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxHistory is how many lines are kept.
const maxHistory = 1000

// A history holds the lines that were typed, in this session and earlier ones,
// and adds new ones to a file: a quoted line each. Lines that begin with a space
// are not kept, nor is one that repeats the last. It is for one goroutine.
type history struct {
	lines []string // the newest last
	file  *os.File // nil: none
}

// openHistory reads the history, if one is to be kept. That it cannot be kept is
// no reason not to talk.
func openHistory(c *config) *history {
	h := &history{}
	name := historyFile()
	if c.noHistory || name == "" || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return h
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return h
	}
	h.file = f
	for in := bufio.NewReader(f); err == nil; {
		var text string
		text, err = in.ReadString('\n') // a Scanner ends at a long line
		if line, bad := strconv.Unquote(strings.TrimSuffix(text, "\n")); bad == nil {
			h.lines = append(h.lines, line)
		}
	}
	if len(h.lines) > 2*maxHistory {
		h.shorten()
	}
	return h
}

// historyFile is where the history is kept, "" if there is no place.
func historyFile() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "curlew", "history")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "state", "curlew", "history")
}

// shorten writes the newest lines back.
func (h *history) shorten() {
	h.lines = h.lines[len(h.lines)-maxHistory:]
	if h.file.Truncate(0) == nil {
		for _, line := range h.lines {
			h.write(line)
		}
	}
}

func (h *history) write(line string) {
	if h.file != nil {
		h.file.WriteString(strconv.Quote(line) + "\n")
	}
}

// add adds a line that was typed.
func (h *history) add(line string) {
	if line == "" || line[0] == ' ' || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	h.write(line)
}

func (h *history) len() int { return len(h.lines) }

// find finds the newest line before the one at limit that has text in it.
func (h *history) find(text string, limit int) (int, bool) {
	for i := min(limit, len(h.lines)) - 1; i >= 0; i-- {
		if strings.Contains(h.lines[i], text) {
			return i, true
		}
	}
	return 0, false
}
