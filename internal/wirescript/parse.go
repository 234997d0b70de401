package wirescript

import (
	"errors"
	"fmt"
	"strings"
)

// Parse parses a wire script. The name is for errors, which are *[Error]. Parse
// keeps no reference to text.
func Parse(name string, text []byte) (*Script, error) {
	body, files := splitFiles(string(text))
	p := &scriptParser{script: &Script{file: name, server: true, client: true}, grammar: Grammar{Files: files}}
	p.blocks = []block{{}}
	for i, line := range strings.Split(body, "\n") {
		if err := p.line(i+1, line); err != nil {
			return nil, &Error{name, i + 1, strings.TrimSpace(line), err}
		}
	}
	if open := len(p.blocks) - 1; open > 0 {
		return nil, &Error{name, p.blocks[open].line, "repeat", errors.New("expected a matching end")}
	}
	if !p.script.server && !p.script.client {
		return nil, &Error{name, 1, "role", errors.New("the script has lines for a server and lines for a client")}
	}
	p.part()
	return p.script, nil
}

// splitFiles separates the files of a txtar archive from the text before them.
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

// fileName parses a line that begins a file.
func fileName(line string) (string, bool) {
	line = strings.TrimRight(line, "\r\n")
	name, ok := strings.CutPrefix(line, "-- ")
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, " --")
	return strings.TrimSpace(name), ok
}

// A scriptParser turns lines into steps.
type scriptParser struct {
	script  *Script
	grammar Grammar
	blocks  []block // the open blocks, the innermost last; the first is the part
}

// A block is a part, or the lines between repeat and end.
type block struct {
	line  int
	count int
	steps []step
}

// A verb turns the words after the first of a line into what the line does.
type verb func(p *scriptParser, words []string) (func(*player) error, error)

// line reads one line.
func (p *scriptParser) line(number int, text string) error {
	words, err := SplitWords(text)
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
		return None(rest)
	case "repeat":
		n, err := Number(rest)
		p.blocks = append(p.blocks, block{line: number, count: n})
		return err
	case "end":
		return errors.Join(None(rest), p.endRepeat())
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

// only records that a line is for one role.
func (p *scriptParser) only(server bool) {
	if server {
		p.script.client = false
	} else {
		p.script.server = false
	}
}

// text parses words, which must be one string.
func (p *scriptParser) text(words []string) (string, error) {
	if len(words) != 1 {
		return "", errors.New("expected one string")
	}
	b, err := p.bytes(words)
	return string(b), err
}

// bytes parses BYTES.
func (p *scriptParser) bytes(words []string) ([]byte, error) {
	items, err := p.grammar.Items(words)
	if err != nil {
		return nil, err
	}
	return items.Bytes(nil, nil), nil
}
