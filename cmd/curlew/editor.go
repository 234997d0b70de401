package main

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// An editor is where a person types, at the bottom of the terminal. What is
// written to it appears above, a status line stands below:
//
//	what was written
//	> the text that is edited, in as
//	many rows as it needs
//	open  3 sent, 5 received
//
// Terminal of golang.org/x/term is not that: to it, every character is one
// column wide, and there is nothing below the line. One goroutine calls
// readLine; all else may be called from any.
type editor struct {
	in       *bufio.Reader
	history  *history
	complete func(head string) string         // what Tab makes of the text before the cursor
	status   func(columns int) string         // the status line; called with mu held
	pasting  bool                             // between the marks of a paste,
	pasted   strings.Builder                  // which this has collected
	bindings map[string]func(*editor) outcome // what keys do that are not text

	mu sync.Mutex
	screen
	line
	killed string // what the last deletion of many characters took
	from   int    // the line of the history that is shown; its length: none
	draft  string // what was typed before that
	search *search
}

// A search is Ctrl-R's.
type search struct {
	text string // is in the line that is shown
	at   int    // of the history is that line
}

// An outcome is what a key ends.
type outcome int

const (
	goOn outcome = iota
	enter
	leave // the input
)

// prompt is in front of the text.
const prompt = "> "

func newEditor(in io.Reader, out io.Writer, h *history) *editor {
	return &editor{
		in: bufio.NewReader(in), history: h, from: h.len(), bindings: bindings,
		screen: screen{out: out, columns: 80, rows: 24}, status: func(int) string { return "" },
	}
}

// readLine waits until Enter is pressed, and returns the text, or io.EOF for
// Ctrl-C, or Ctrl-D where there is no text.
func (e *editor) readLine() (string, error) {
	for {
		key, err := readKey(e.in)
		if err != nil {
			return "", err
		}
		switch text, end := e.press(key); end {
		case enter:
			return text, nil
		case leave:
			return "", io.EOF
		}
	}
}

// press does what a key does; text is what was entered.
func (e *editor) press(key string) (text string, end outcome) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.pasting || key == pasteBegin:
		e.paste(key)
	case e.search != nil && e.searchKey(key):
	default:
		end = e.act(key)
	}
	switch {
	case end == enter:
		text = e.text
		e.commit()
	case e.in.Buffered() == 0 && !e.pasting: // else the next key draws
		e.draw(e)
	}
	return text, end
}

// act does what a key does outside a paste and a search.
func (e *editor) act(key string) outcome {
	if do := e.bindings[key]; do != nil {
		return do(e)
	}
	if r, _ := utf8.DecodeRuneInString(key); r >= ' ' && r != utf8.RuneError && r != 0x7f {
		e.insert(key)
	}
	return goOn
}

// paste takes a key that was pasted. At its end the text is inserted at once: a
// long one would else be drawn, and copied, over and over.
func (e *editor) paste(key string) {
	switch key {
	case pasteBegin:
		e.pasting = true
	case pasteEnd:
		e.insert(pastedEnds.Replace(e.pasted.String()))
		e.pasted.Reset()
		e.pasting = false
	default:
		e.pasted.WriteString(key)
	}
}

// pastedEnds makes ends of lines of what terminals send for them.
var pastedEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// commit leaves the text where it is, and begins with a new one below.
func (e *editor) commit() {
	e.history.add(e.text)
	e.search = nil
	e.keep(e)
	e.line, e.from, e.draft = line{}, e.history.len(), ""
	e.draw(e)
}

// searchKey does what a key does within a search, or ends it and returns false.
func (e *editor) searchKey(key string) bool {
	s := e.search
	r, _ := utf8.DecodeRuneInString(key)
	switch {
	case key == ctrlR:
		e.find(s.text, s.at)
	case key == "\x7f" || key == "\b":
		_, n := utf8.DecodeLastRuneInString(s.text)
		e.find(s.text[:len(s.text)-n], e.history.len())
	case key == ctrlG:
		e.set(e.draft)
		e.search = nil
	case r >= ' ' && r != utf8.RuneError:
		e.find(s.text+key, s.at+1)
	default:
		e.search = nil
		return false
	}
	return true
}

// find shows the newest line of the history before the one at limit that has
// text in it, if there is one.
func (e *editor) find(text string, limit int) {
	e.search.text = text
	if i, ok := e.history.find(text, limit); ok {
		e.search.at, e.from = i, i
		e.set(e.history.lines[i])
	}
}

// older and newer show another line of the history, or, in a text of several
// lines, move the cursor.
func (e *editor) older() outcome {
	if e.up() || e.from == 0 {
		return goOn
	}
	if e.from == e.history.len() {
		e.draft = e.text
	}
	e.from--
	e.set(e.history.lines[e.from])
	return goOn
}

func (e *editor) newer() outcome {
	if e.down() || e.from == e.history.len() {
		return goOn
	}
	if e.from++; e.from == e.history.len() {
		e.set(e.draft)
	} else {
		e.set(e.history.lines[e.from])
	}
	return goOn
}

// kill deletes and remembers.
func (e *editor) kill(from, to int) outcome {
	if from < to {
		e.killed = e.text[from:to]
		e.cut(from, to)
	}
	return goOn
}

// Write shows p, which ends with a newline, above the text.
func (e *editor) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.above(e, bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
	return len(p), err
}

// refresh shows the status as it is now.
func (e *editor) refresh() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.draw(e)
}

// resize takes note of the terminal's size.
func (e *editor) resize(columns, rows int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reflow(columns, rows)
	e.draw(e)
}

// close takes text and status off the terminal.
func (e *editor) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clear()
}
