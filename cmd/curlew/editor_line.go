package main

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// A line is a text with a cursor in it. It may have ends of lines. What a person
// takes for one character may be several of Unicode, and is not taken apart.
type line struct {
	text string
	at   int // in bytes: the cursor is before text[at]
}

// insert puts s before the cursor.
func (l *line) insert(s string) outcome {
	l.text = l.text[:l.at] + s + l.text[l.at:]
	l.at += len(s)
	return goOn
}

// cut deletes text[from:to].
func (l *line) cut(from, to int) {
	l.text = l.text[:from] + l.text[to:]
	if l.at > from {
		l.at = max(from, l.at-(to-from))
	}
}

// set makes text the text, with the cursor behind it.
func (l *line) set(text string) { l.text, l.at = text, len(text) }

// right is where the character ends that the cursor is before.
func (l line) right() int {
	cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(l.text[l.at:], -1)
	return l.at + len(cluster)
}

// left is where the character begins that the cursor is behind.
func (l line) left() int {
	at := l.home()
	if at == l.at {
		return max(0, at-1) // the end of the line before
	}
	for {
		next := line{l.text, at}.right()
		if next >= l.at {
			return at
		}
		at = next
	}
}

// home and end are where the line that the cursor is in begins and ends.
func (l line) home() int { return strings.LastIndexByte(l.text[:l.at], '\n') + 1 }

func (l line) end() int {
	if n := strings.IndexByte(l.text[l.at:], '\n'); n >= 0 {
		return l.at + n
	}
	return len(l.text)
}

// wordLeft and wordRight are where the word begins, or ends, that the cursor is in or comes to.
func (l line) wordLeft() int {
	head := strings.TrimRightFunc(l.text[:l.at], noWord)
	i := strings.LastIndexFunc(head, noWord)
	if i < 0 {
		return 0
	}
	_, n := utf8.DecodeRuneInString(head[i:])
	return i + n
}

func (l line) wordRight() int {
	tail := l.text[l.at:]
	rest := strings.TrimLeftFunc(tail, noWord)
	if n := strings.IndexFunc(rest, noWord); n >= 0 {
		rest = rest[n:]
	} else {
		rest = ""
	}
	return len(l.text) - len(rest)
}

func noWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// up and down move the cursor to the line above or below, if there is one.
func (l *line) up() bool {
	home := l.home()
	if home == 0 {
		return false
	}
	column := l.at - home
	l.at = home - 1
	l.column(column)
	return true
}

func (l *line) down() bool {
	end, column := l.end(), l.at-l.home()
	if end == len(l.text) {
		return false
	}
	l.at = end + 1
	l.column(column)
	return true
}

// column moves the cursor within its line, so many bytes from its beginning or
// a little less.
func (l *line) column(n int) {
	want := min(l.home()+n, l.end())
	for l.at = l.home(); l.right() <= want && l.right() > l.at; {
		l.at = l.right()
	}
}
