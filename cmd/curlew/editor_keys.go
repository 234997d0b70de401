package main

import (
	"bufio"
	"unicode/utf8"
)

// Keys with names of their own; the others are in bindings.
const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
	ctrlG      = "\x07"
	ctrlR      = "\x12"
)

// readKey reads what a key sends: a character, or a sequence that begins with
// ESC. What is no UTF-8 is "".
func readKey(in *bufio.Reader) (string, error) {
	r, n, err := in.ReadRune()
	switch {
	case err != nil || r == utf8.RuneError && n == 1:
		return "", err
	case r != '\x1b' || in.Buffered() == 0: // a terminal sends a sequence at once
		return string(r), nil
	}
	r, _, err = in.ReadRune()
	key := "\x1b" + string(r)
	if r == 'O' || r == '[' {
		for err == nil {
			var b byte
			if b, err = in.ReadByte(); err != nil {
				break
			}
			if key += string(rune(b)); b >= '@' && b <= '~' {
				break
			}
		}
	}
	return key, err
}

// bindings are the keys of bash that people know.
var bindings = map[string]func(*editor) outcome{
	"\r":     (*editor).enter,
	"\n":     func(e *editor) outcome { return e.insert("\n") }, // Ctrl-J
	"\x1b\r": func(e *editor) outcome { return e.insert("\n") }, // Alt-Enter
	"\x03":   func(e *editor) outcome { return leave },
	"\x04":   (*editor).deleteOrLeave,
	"\t":     (*editor).tab,
	"\x0c":   func(e *editor) outcome { e.wipe(); return goOn },
	ctrlR:    (*editor).beginSearch,

	"\x1b[A": (*editor).older, "\x1bOA": (*editor).older, "\x10": (*editor).older,
	"\x1b[B": (*editor).newer, "\x1bOB": (*editor).newer, "\x0e": (*editor).newer,
	"\x1b[C": moving(line.right), "\x1bOC": moving(line.right), "\x06": moving(line.right),
	"\x1b[D": moving(line.left), "\x1bOD": moving(line.left), "\x02": moving(line.left),
	"\x1b[H": moving(line.home), "\x1bOH": moving(line.home), "\x1b[1~": moving(line.home), "\x1b[7~": moving(line.home), "\x01": moving(line.home),
	"\x1b[F": moving(line.end), "\x1bOF": moving(line.end), "\x1b[4~": moving(line.end), "\x1b[8~": moving(line.end), "\x05": moving(line.end),
	"\x1bb": moving(line.wordLeft), "\x1b[1;5D": moving(line.wordLeft), "\x1b[1;3D": moving(line.wordLeft),
	"\x1bf": moving(line.wordRight), "\x1b[1;5C": moving(line.wordRight), "\x1b[1;3C": moving(line.wordRight),

	"\x7f": erasing(line.left), "\b": erasing(line.left), "\x1b[3~": erasing(line.right),
	"\x17": killing(line.wordLeft), "\x1b\x7f": killing(line.wordLeft), "\x1bd": killing(line.wordRight),
	"\x15": killing(line.home), "\x0b": killing(line.end),
	"\x19": func(e *editor) outcome { return e.insert(e.killed) },
}

// moving moves the cursor to where to says.
func moving(to func(line) int) func(*editor) outcome {
	return func(e *editor) outcome { e.at = to(e.line); return goOn }
}

// erasing deletes what is between the cursor and there, killing remembers it, too.
func erasing(to func(line) int) func(*editor) outcome {
	return func(e *editor) outcome { e.cut(min(e.at, to(e.line)), max(e.at, to(e.line))); return goOn }
}

func killing(to func(line) int) func(*editor) outcome {
	return func(e *editor) outcome { return e.kill(min(e.at, to(e.line)), max(e.at, to(e.line))) }
}

// enter ends the text, or, behind a backslash, its line.
func (e *editor) enter() outcome {
	if n := len(e.text); n > 0 && e.at == n && e.text[n-1] == '\\' {
		e.cut(n-1, n)
		return e.insert("\n")
	}
	return enter
}

func (e *editor) deleteOrLeave() outcome {
	if e.text == "" {
		return leave
	}
	e.cut(e.at, e.right())
	return goOn
}

func (e *editor) tab() outcome {
	if e.complete != nil {
		head := e.complete(e.text[:e.at])
		e.line = line{head + e.text[e.at:], len(head)}
	}
	return goOn
}

// beginSearch searches for what the text is.
func (e *editor) beginSearch() outcome {
	e.draft = e.text
	e.search = &search{at: e.history.len()}
	if e.text != "" {
		e.find(e.text, e.history.len())
	}
	return goOn
}
