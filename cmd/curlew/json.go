package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// splitJSON makes a message of each JSON value; space is between them, or nothing
// where it need not be. It looks at each byte once, however many reads a long
// value takes.
func splitJSON() bufio.SplitFunc {
	v := jsonEnd{}
	return func(data []byte, eof bool) (int, []byte, error) {
		start := len(data) - len(bytes.TrimLeft(data, " \t\r\n"))
		if start == len(data) {
			return start, nil, nil
		}
		end := v.find(data[start:], eof)
		if end == 0 && !eof {
			return start, nil, nil
		}
		if v = (jsonEnd{}); end == 0 {
			return 0, nil, errors.New("it ends inside a JSON value")
		}
		return start + end, data[start : start+end], nil
	}
}

// A jsonEnd looks for the end of a JSON value.
type jsonEnd struct {
	seen    int  // bytes looked at
	depth   int  // objects and arrays that are open
	text    bool // within a string
	escaped bool // behind a backslash
}

// find returns the length of the value that p begins with, 0 if more must come.
// Whether it is one is not checked.
func (v *jsonEnd) find(p []byte, eof bool) int {
	for ; v.seen < len(p); v.seen++ {
		if length, done := v.next(p[v.seen]); done {
			return length
		}
	}
	if eof && v.depth == 0 && !v.text {
		return len(p)
	}
	return 0
}

// next looks at byte b; done says that the value is length bytes long.
func (v *jsonEnd) next(b byte) (length int, done bool) {
	switch {
	case v.escaped:
		v.escaped = false
	case v.text && b == '\\':
		v.escaped = true
	case b == '"':
		if v.depth == 0 && !v.text && v.seen > 0 {
			return v.seen, true
		}
		v.text = !v.text
		return v.seen + 1, !v.text && v.depth == 0
	case v.text:
	case b == '{' || b == '[':
		if v.depth == 0 && v.seen > 0 {
			return v.seen, true
		}
		v.depth++
	case b == '}' || b == ']':
		v.depth--
		return v.seen + 1, v.depth <= 0
	case v.depth == 0 && (b == ' ' || b == '\t' || b == '\r' || b == '\n'):
		return v.seen, true
	}
	return 0, false
}

// checkJSON returns the error for what is no JSON value.
func checkJSON(value []byte, where string) error {
	if json.Valid(value) {
		return nil
	}
	return &failure{codeRead, fmt.Errorf("%s: expected a JSON value, got %q", where, cut(value))}
}
