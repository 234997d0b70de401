package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/curlew-ws/curlew"
)

// An output writes messages as they come, told apart by a framing. On a
// terminal binary messages are left out, and long ones cut.
type output struct {
	c        *config
	framing  string
	terminal bool

	w      *bufio.Writer // nil: no file is open yet
	file   *os.File      // the one to close, if it is not standard output
	n      int           // messages, the current one included
	inside bool          // of a message
	held   []byte        // its beginning, not passed on yet: what comes with it may show that it is none
	shown  bool          // part of it was passed on
	within bool          // a line: the terminal's cursor is not at the beginning of one
	whole  []byte        // the message, where it must be whole to be written
	long   bool          // it is too long for that
	cut    cutter
	hexed  io.WriteCloser // writes the message in hexadecimal; nil outside one
	warned bool
	unread func() // for when nobody reads what is written
}

// The longest message that is indented, and the longest that it may get by
// that, in bytes.
const (
	maxPretty   = 16 << 20
	maxIndented = 2 * maxPretty
)

// newOutput makes the output. Files are opened when there is something to write.
func newOutput(c *config) *output {
	o := &output{c: c, framing: framingLine}
	o.terminal = c.output == "" && c.framingOut != framingFile && term.IsTerminal(int(c.std.out.Fd()))
	switch {
	case c.framingOut != "":
		o.framing = c.framingOut
	case c.raw && (c.framingIn == "" || c.framingIn == framingRaw), c.upload && !o.terminal:
		o.framing = framingRaw
	}
	return o
}

// watch finds out when nobody reads the pipe or socket that messages go to. A
// file of -o is looked at when it is opened.
func (o *output) watch() <-chan struct{} {
	ctx, unread := context.WithCancel(context.Background())
	o.unread = unread
	if o.toStdout() {
		o.watchFile(o.c.std.out)
	}
	return ctx.Done()
}

func (o *output) watchFile(f *os.File) {
	to, err := f.Stat()
	if err != nil || o.framing == framingFile || to.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return
	}
	go func() {
		if awaitReadersEnd(f) {
			o.unread()
		}
	}()
}

// toStdout reports whether messages go to standard output, by one of its names.
func (o *output) toStdout() bool {
	names := []string{"", "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}
	return o.framing != framingFile && slices.Contains(names, o.c.output)
}

// chunk writes a chunk of a data message.
func (o *output) chunk(p []byte, m curlew.Meta) error {
	if o.terminal && m.Flags&curlew.Binary != 0 && o.framing != framingNDJSON && !o.c.hex {
		return o.leaveOut()
	}
	if err := o.begin(); err != nil {
		return err
	}
	if o.terminal {
		p = o.cut.take(p)
	}
	if err := o.payload(p, m); err != nil || !m.MessageEnd() {
		return err
	}
	return o.end(m.Flags)
}

// payload writes, or keeps, what a chunk has of its message.
func (o *output) payload(p []byte, m curlew.Meta) (err error) {
	switch {
	case o.c.hex && o.framing != framingNDJSON:
		return o.dump(p, m.MessageEnd())
	case o.keepsWhole() && !o.tooLong(len(p)):
		if o.whole = append(o.whole, p...); m.MessageEnd() {
			err = o.writeWhole(m.Flags)
		}
		return err
	}
	if err := o.put(o.whole); err != nil {
		return err
	}
	o.whole = nil
	return o.pass(p, m.MessageEnd())
}

// dump writes a part of a message in hexadecimal.
func (o *output) dump(p []byte, last bool) error {
	if o.hexed == nil {
		o.hexed = hex.Dumper(&lateNewline{put: o.put})
	}
	_, err := o.hexed.Write(p)
	if last {
		err = cmp.Or(err, o.hexed.Close())
		o.hexed = nil
	}
	return err
}

// tooLong reports whether a message with n bytes more is too long to be
// indented; from here on it is written as it comes.
func (o *output) tooLong(n int) bool {
	if o.framing == framingLength || o.framing == framingNDJSON {
		return false
	}
	o.long = o.long || len(o.whole)+n > maxPretty
	return o.long
}

// pass writes a part of a message, or holds it for the next flush.
func (o *output) pass(p []byte, last bool) error {
	if !last && !o.shown && len(o.held)+len(p) <= buffer {
		o.held = append(o.held, p...)
		return nil
	}
	if err := o.passHeld(); err != nil {
		return err
	}
	return o.put(p)
}

func (o *output) passHeld() error {
	held := o.held
	o.held = o.held[:0]
	return o.put(held)
}

// put writes a part of a message to w.
func (o *output) put(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	o.shown, o.within = true, p[len(p)-1] != '\n'
	_, err := o.w.Write(p)
	return err
}

// drop forgets what is held of a message that turned out to be none.
func (o *output) drop() { o.held = o.held[:0] }

// breakOff ends a message of which no more will come, and reports whether part
// of it was passed on. What follows, from another session too, does not go on
// in its line.
func (o *output) breakOff() (part bool, err error) {
	if o.w == nil {
		return false, nil
	}
	err = o.flush()
	part = o.inside && o.shown
	if o.within && o.terminal || part && o.framing == framingLine && o.c.reconnect {
		o.w.WriteByte('\n')
		err = cmp.Or(err, o.flush())
	}
	if part && o.framing == framingFile {
		err = cmp.Or(err, o.close())
	}
	o.inside, o.shown, o.within = false, false, false
	o.whole, o.long, o.cut, o.hexed = o.whole[:0], false, cutter{}, nil
	return part, err
}

// holds reports whether something is written that flush has not passed on.
func (o *output) holds() bool { return len(o.held) > 0 || o.w != nil && o.w.Buffered() > 0 }

// flush passes on what is written.
func (o *output) flush() error {
	if o.w == nil {
		return nil
	}
	return cmp.Or(o.passHeld(), o.w.Flush())
}

// begin prepares for the next chunk, and message.
func (o *output) begin() error {
	if o.inside {
		return nil
	}
	o.inside = true
	o.n++
	if o.w != nil {
		return nil
	}
	return o.open()
}

// end writes what is behind a message: the bytes of a BINARY one stay as they
// are, unless a framing was asked for, or they are shown in another way.
func (o *output) end(f curlew.Flags) error {
	o.inside, o.shown, o.long = false, false, false
	switch o.framing {
	case framingLine:
		if f&curlew.Text != 0 || o.c.framingOut != "" || o.c.hex {
			o.w.WriteByte('\n')
			o.within = false
		}
	case framingNull:
		o.w.WriteByte(0)
	case framingFile:
		return o.close()
	}
	hidden := o.cut.hidden
	o.cut = cutter{}
	if hidden == 0 {
		return nil
	}
	err := o.flush()
	o.c.note("%s more of this message; -o FILE or a pipe takes all of it", amount(hidden, "byte"))
	return err
}

// keepsWhole reports whether messages must be whole to be written.
func (o *output) keepsWhole() bool {
	return o.framing == framingLength || o.framing == framingNDJSON || o.c.pretty
}

// perLevel is what --pretty puts before a line for each level.
const perLevel = "  "

// pretty is p indented, if it is JSON, and if that does not make it too long.
func pretty(p []byte) []byte {
	size := indentedSize(p)
	if size > maxIndented {
		return p
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	if json.Indent(b, p, "", perLevel) != nil {
		return p
	}
	return b.Bytes()
}

// indentedSize is the most that p can have when it is indented: a few bytes in
// deep arrays get thousands of times as many.
func indentedSize(p []byte) int {
	p = bytes.TrimLeft(p, " \t\r\n")
	v, size := jsonEnd{}, len(p)
	for v.seen = range p {
		if b := p[v.seen]; !v.text && bytes.IndexByte([]byte("{[,:]}"), b) >= 0 {
			size += 1 + len(perLevel)*(max(v.depth, 0)+1)
		}
		v.next(p[v.seen])
	}
	return size
}

// writeWhole writes the message that was kept.
func (o *output) writeWhole(f curlew.Flags) error {
	p := o.whole
	o.whole = o.whole[:0]
	switch {
	case o.framing == framingNDJSON:
		return o.writeJSON(f, p)
	case o.c.pretty:
		p = pretty(p)
	}
	if o.framing != framingLength {
		return o.put(p)
	}
	if int64(len(p)) > math.MaxUint32 {
		return fmt.Errorf("a message of %d bytes is too long for --framing-out length, which has 4 bytes for it", len(p))
	}
	o.w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
	o.w.Write(p)
	return nil
}

func (o *output) writeJSON(f curlew.Flags, p []byte) error {
	if p == nil {
		p = []byte{} // null is no message
	}
	m := jsonMessage{Binary: &p}
	if f&curlew.Text != 0 {
		text := string(p)
		m = jsonMessage{Text: &text}
	}
	enc := json.NewEncoder(o.w)
	enc.SetEscapeHTML(false)
	return enc.Encode(m)
}

// open opens the file that is written to.
func (o *output) open() error {
	name := o.c.output
	if o.framing == framingFile {
		name = fmt.Sprintf(name, o.n)
	}
	if o.toStdout() {
		o.w = bufio.NewWriterSize(o.c.stdout, buffer)
		return nil
	}
	if o.c.outputDir != "" {
		name = filepath.Join(o.c.outputDir, name)
	}
	if o.c.createDirs {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666) // for reading too, we would be a FIFO's reader
	if err != nil {
		return &outputError{err}
	}
	o.watchFile(f)
	o.file, o.w = f, bufio.NewWriterSize(guarded(f), buffer)
	return nil
}

// An outputError means that the file of -o cannot be opened.
type outputError struct{ err error }

func (e *outputError) Error() string { return "option -o: " + e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

// close ends the output. It may be called again.
func (o *output) close() error {
	var err error
	if o.w != nil {
		err = o.w.Flush()
	}
	if o.file != nil {
		err = errors.Join(err, o.file.Close())
	}
	o.w, o.file = nil, nil
	return err
}

func (o *output) leaveOut() error {
	if !o.warned {
		fmt.Fprintln(o.c.stderr, "curlew: binary messages are not shown on a terminal; --hex shows them, -o FILE or a pipe takes them")
	}
	o.warned = true
	return nil
}

// setRemoteName is -O: the file is named as the end of the URL's path.
func (c *config) setRemoteName(urlPath string) error {
	name := path.Base(urlPath)
	if name == "." || name == "/" || strings.ContainsAny(name, `\:`) {
		return usagef("option -O: the URL's path has no name for the file at its end; use -o FILE")
	}
	c.output = name
	return nil
}
