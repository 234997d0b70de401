package curlewtest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseScript reads a wire script. The name is for errors, which are
// *[ScriptError]; nothing is kept of text.
func ParseScript(name string, text []byte) (*Script, error) {
	body, files := splitFiles(string(text))
	p := &scriptParser{script: &Script{file: name, server: true, client: true}, files: files}
	p.blocks = []block{{}}
	for i, line := range strings.Split(body, "\n") {
		if err := p.line(i+1, line); err != nil {
			return nil, &ScriptError{name, i + 1, strings.TrimSpace(line), err}
		}
	}
	if open := len(p.blocks) - 1; open > 0 {
		return nil, &ScriptError{name, p.blocks[open].line, "repeat", errors.New("expected an end that belongs to it")}
	}
	if !p.script.server && !p.script.client {
		return nil, &ScriptError{name, 1, "role", errors.New("the script has lines for a server and lines for a client")}
	}
	p.part()
	return p.script, nil
}

// splitFiles takes the files of a txtar archive from what is before them.
func splitFiles(text string) (body string, files map[string]string) {
	files = map[string]string{}
	var b strings.Builder
	name, inFile := "", false
	next := func() {
		if inFile {
			files[name] = b.String()
		} else {
			body = b.String()
		}
		b.Reset()
	}
	for line := range strings.SplitAfterSeq(text, "\n") {
		if n, ok := fileName(line); ok {
			next()
			name, inFile = n, true
			continue
		}
		b.WriteString(line)
	}
	next()
	return body, files
}

// fileName reads a line that begins a file.
func fileName(line string) (string, bool) {
	line = strings.TrimRight(line, "\r\n")
	name, ok := strings.CutPrefix(line, "-- ")
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, " --")
	return strings.TrimSpace(name), ok
}

// A scriptParser makes steps of lines.
type scriptParser struct {
	script *Script
	files  map[string]string
	blocks []block // those that are open, the innermost last; the first is the part
}

// A block is a part, or the lines between repeat and end.
type block struct {
	line  int
	count int
	steps []step
}

// A verb makes what a line does of the words behind its first.
type verb func(p *scriptParser, words []string) (func(*player) error, error)

// line reads one line.
func (p *scriptParser) line(number int, text string) error {
	words, err := splitWords(text)
	if err != nil || len(words) == 0 {
		return err
	}
	rest := words[1:]
	switch words[0] {
	case "connection":
		if len(p.blocks) > 1 {
			return errors.New("expected the end of repeat first")
		}
		p.part()
		return none(rest)
	case "repeat":
		n, err := number1(rest)
		p.blocks = append(p.blocks, block{line: number, count: n})
		return err
	case "end":
		return errors.Join(none(rest), p.endRepeat())
	}
	make, ok := verbs[words[0]]
	if !ok {
		return fmt.Errorf("expected a statement, got %q", words[0])
	}
	do, err := make(p, rest)
	p.add(step{number, strings.TrimSpace(text), do})
	return err
}

func (p *scriptParser) add(s step) {
	b := &p.blocks[len(p.blocks)-1]
	b.steps = append(b.steps, s)
}

// part ends the lines for a connection.
func (p *scriptParser) part() {
	p.script.parts = append(p.script.parts, p.blocks[0].steps)
	p.blocks[0].steps = nil
}

func (p *scriptParser) endRepeat() error {
	b := p.blocks[len(p.blocks)-1]
	if len(p.blocks) == 1 {
		return errors.New("expected repeat before it")
	}
	p.blocks = p.blocks[:len(p.blocks)-1]
	p.add(step{b.line, "repeat", func(pl *player) error {
		for range b.count {
			if err := pl.run(b.steps); err != nil {
				return err
			}
		}
		return nil
	}})
	return nil
}

// only says that a line is for one role.
func (p *scriptParser) only(server bool) {
	if server {
		p.script.client = false
	} else {
		p.script.server = false
	}
}

// splitWords splits a line at spaces outside quotes, and drops its comment.
func splitWords(line string) (words []string, err error) {
	for {
		line = strings.TrimLeft(line, " \t\r")
		if line == "" || line[0] == '#' {
			return words, nil
		}
		n := 0
		for n < len(line) && !strings.ContainsRune(" \t\r", rune(line[n])) {
			if line[n] != '"' {
				n++
				continue
			}
			quoted, err := strconv.QuotedPrefix(line[n:])
			if err != nil {
				return nil, fmt.Errorf("expected a string as in Go, got %s", line[n:])
			}
			n += len(quoted)
		}
		words, line = append(words, line[:n]), line[n:]
	}
}

// maxBytes is the most that BYTES may be.
const maxBytes = 32 << 20

// bytes reads BYTES.
func (p *scriptParser) bytes(words []string) (b []byte, err error) {
	for _, w := range words {
		item, err := p.item(w)
		if err != nil {
			return nil, err
		}
		if len(b)+len(item) > maxBytes {
			return nil, fmt.Errorf("expected at most %d bytes", maxBytes)
		}
		b = append(b, item...)
	}
	return b, nil
}

func (p *scriptParser) item(w string) ([]byte, error) {
	count, rest, repeated := strings.Cut(w, "*")
	switch {
	case w[0] == '"':
		s, err := strconv.Unquote(w)
		if err != nil {
			return nil, fmt.Errorf("expected a space behind the string in %s", w)
		}
		return []byte(s), nil
	case w[0] == '@':
		file, ok := p.files[w[1:]]
		if !ok {
			return nil, fmt.Errorf("expected a file %q in the script", w[1:])
		}
		return []byte(file), nil
	case repeated && rest != "":
		n, err := strconv.ParseUint(count, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("expected a number before * in %s", w)
		}
		item, err := p.item(rest)
		if err == nil && n*uint64(len(item)) > maxBytes {
			err = fmt.Errorf("expected at most %d bytes", maxBytes)
		}
		if err != nil {
			return nil, err
		}
		return []byte(strings.Repeat(string(item), int(n))), nil
	}
	b, err := hex.DecodeString(w)
	if err != nil {
		return nil, fmt.Errorf(`expected "text", two hexadecimal digits a byte, @file or N*item, got %q`, w)
	}
	return b, nil
}

// none says that no word may come.
func none(words []string) error {
	if len(words) > 0 {
		return fmt.Errorf("expected nothing behind it, got %q", words[0])
	}
	return nil
}

// number1 reads one number, from 0.
func number1(words []string) (int, error) {
	if len(words) == 1 {
		if n, err := strconv.ParseUint(words[0], 10, 31); err == nil {
			return int(n), nil
		}
	}
	return 0, errors.New("expected one number behind it")
}

// string1 reads one string.
func (p *scriptParser) string1(words []string) (string, error) {
	if len(words) != 1 {
		return "", errors.New("expected one string behind it")
	}
	b, err := p.item(words[0])
	return string(b), err
}

// duration reads one duration.
func duration(words []string) (time.Duration, error) {
	if len(words) == 1 {
		if d, err := time.ParseDuration(words[0]); err == nil && d >= 0 {
			return d, nil
		}
	}
	return 0, errors.New("expected one duration like 100ms behind it")
}
