package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/curlew-ws/curlew"
)

// An outgoing is a part of what is sent: a message, or the messages in a file.
type outgoing struct {
	flags   curlew.Flags // 0: Text, or Binary by --binary
	data    []byte       // the message
	file    string       // or where it is; "-" is standard input
	framing string       // how messages are told apart in the file
}

// The framings of --framing.
const (
	framingLine    = "line"    // a message ends with a newline
	framingNull    = "null"    // with a zero byte
	framingLength  = "length"  // begins with its length, 4 bytes, the first the greatest
	framingNDJSON  = "ndjson"  // is {"text":"…"} or {"binary":"base64"} on a line
	framingJSON    = "json"    // input: is a JSON value, of any number of lines
	framingRaw     = "raw"     // is what one read gives; nothing is between messages
	framingMessage = "message" // is all of the file, sent in fragments
	framingFile    = "file"    // output: goes to a file of its own
)

// buffer is how much is read at once.
const buffer = 64 << 10

// readsStdin reports whether messages come from standard input though no option
// says so. After messages of -d a terminal is for the console only.
func (c *config) readsStdin() bool {
	return len(c.outgoing) == 0 || c.opensOnly() && !stdin{c.std.in}.isTerminal()
}

// opensOnly reports whether options name messages that go before the input, and
// nothing that stands in its place.
func (c *config) opensOnly() bool {
	return !slices.ContainsFunc(c.outgoing, func(o outgoing) bool { return o.framing != "" || o.file == "-" })
}

// sendInput sends all that is to be sent.
func (s *session) sendInput(ctx context.Context) error { return s.sendParts(ctx, s.c.input()) }

// sendParts sends parts of the input, in order.
func (s *session) sendParts(ctx context.Context, parts []outgoing) error {
	for _, o := range parts {
		if o.flags == 0 {
			o.flags = s.c.messageType()
		}
		s.unsent.Store(true)
		if err := s.sendOutgoing(ctx, o); err != nil {
			return err
		}
	}
	s.unsent.Store(false)
	return nil
}

// messageType is what messages are whose type nothing else says.
func (c *config) messageType() curlew.Flags {
	if c.binary {
		return curlew.Binary
	}
	return curlew.Text
}

// input is what is to be sent: the messages of -d, and then standard input, or
// files.
func (c *config) input() []outgoing {
	input := slices.Clone(c.outgoing)
	if c.readsStdin() {
		input = append(input, outgoing{file: "-", framing: framingLine})
	}
	for i := range input {
		if input[i].framing != "" && c.framingIn != "" {
			input[i].framing = c.framingIn
		}
	}
	return input
}

func (s *session) sendOutgoing(ctx context.Context, o outgoing) error {
	if o.file == "" {
		return s.sendMessage(ctx, o.flags, o.data, "the value of -d")
	}
	r, err := s.c.open(o.file)
	if err != nil {
		return err
	}
	defer r.Close()
	r = textIn(r, o.flags, o.framing)
	if o.framing == "" || o.framing == framingMessage {
		return s.sendStream(ctx, o.flags, r)
	}
	b := &batches{s: s, r: r}
	in := newInput(b, o.flags, o.framing)
	in.keep = s.c.keeps(o.framing)
	b.in = in
	for b.err == nil && in.next() {
		if err := b.send(ctx, in); err != nil {
			return errors.Join(b.flush(), err)
		}
	}
	return cmp.Or(b.err, b.flush(), in.err)
}

// sendMessage sends a message that is in memory; where says where it is from.
func (s *session) sendMessage(ctx context.Context, f curlew.Flags, p []byte, where string) error {
	if s.c.isNoText(f, p) {
		return noText(where, p)
	}
	if err := s.awaitTurn(ctx); err != nil {
		return err
	}
	s.up.spend(ctx, len(p))
	s.wait.sending()
	return s.conn.WriteMessage(ctx, f, p)
}

// sendStream sends all that r gives as one message, in constant memory.
func (s *session) sendStream(ctx context.Context, f curlew.Flags, r io.Reader) error {
	if err := s.awaitTurn(ctx); err != nil {
		return err
	}
	s.wait.sending()
	w, err := s.conn.NextWriter(ctx, f)
	if err != nil {
		return err
	}
	buf, kept := make([]byte, buffer), 0
	for at := int64(0); ; {
		n, err := r.Read(buf[kept:])
		n += kept
		end := n
		if f == curlew.Text && err == nil {
			end = whole(buf[:n])
		}
		if s.c.isNoText(f, buf[:end]) {
			return noText(fmt.Sprintf("the input from byte %d on", at), buf[:end])
		}
		s.up.spend(ctx, end)
		if _, err := w.Write(buf[:end]); err != nil {
			return err
		}
		kept = copy(buf, buf[end:n])
		at += int64(end)
		switch {
		case err == io.EOF:
			return w.Close()
		case err != nil:
			return readError(err)
		}
	}
}

// isNoText reports whether p is to be text and is not.
func (c *config) isNoText(f curlew.Flags, p []byte) bool {
	return f == curlew.Text && !c.client.NoUTF8Check && !utf8.Valid(p)
}

// keeps reports whether messages of a framing keep the byte that ends them.
func (c *config) keeps(framing string) bool {
	return c.keepTerminator && (framing == framingLine || framing == framingNull)
}

// noText is the error for what is to be text and is not.
func noText(where string, p []byte) error {
	return &failure{codeRead, fmt.Errorf("%s is not text: expected UTF-8, got %s; --binary sends any bytes", where, badPart(p))}
}

// badPart shows p from shortly before its first byte that is no UTF-8.
func badPart(p []byte) string {
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Sprintf("%q", cut(p[max(0, i-10):]))
		}
		i += n
	}
	return fmt.Sprintf("%q", cut(p))
}

func readError(err error) error {
	return &failure{codeRead, fmt.Errorf("reading the input: %w", err)}
}

// cut is the beginning of p, short enough for a message to the user.
func cut(p []byte) []byte { return p[:min(len(p), 40)] }

// An input yields the messages in a stream. An empty line is an empty message;
// behind the last end of line there is none.
type input struct {
	flags   curlew.Flags
	message []byte // valid until the next call of next
	err     error  // why there is no more; nil at the end of the stream

	scan    *bufio.Scanner
	framing string
	keep    bool  // messages keep what ends them
	n       int   // messages so far
	taken   int64 // bytes of the stream that they were
}

func newInput(r io.Reader, f curlew.Flags, framing string) *input {
	in := &input{flags: f, scan: bufio.NewScanner(r), framing: framing}
	in.scan.Buffer(make([]byte, buffer), math.MaxInt)
	split := map[string]bufio.SplitFunc{
		framingLine: splitAt('\n'), framingNDJSON: splitAt('\n'), framingNull: splitAt(0),
		framingLength: splitLength, framingJSON: splitJSON(), framingRaw: splitRaw(f),
	}[framing]
	in.scan.Split(func(data []byte, eof bool) (int, []byte, error) {
		n, message, err := split(data, eof)
		in.taken += int64(n)
		if in.keep && message != nil {
			message = data[:n]
		}
		return n, message, err
	})
	return in
}

// next waits for a message and reports whether there is one.
func (in *input) next() bool {
	if in.err != nil || !in.scan.Scan() {
		if err := in.scan.Err(); err != nil && in.err == nil {
			in.err = readError(err)
		}
		return false
	}
	in.n++
	in.message = in.scan.Bytes()
	switch in.framing {
	case framingNDJSON:
		in.flags, in.message, in.err = parseJSON(in.message, in.where())
	case framingJSON:
		in.err = checkJSON(in.message, in.where())
	}
	return in.err == nil
}

// where names the message that next yielded.
func (in *input) where() string {
	switch in.framing {
	case framingLine, framingNDJSON:
		return fmt.Sprintf("line %d of the input", in.n)
	}
	return fmt.Sprintf("message %d of the input", in.n)
}

// splitAt splits at bytes that end messages, of which the last needs none. It
// looks at each byte once, however many reads a long message takes.
func splitAt(end byte) bufio.SplitFunc {
	seen := 0 // bytes of data that were here before, end not among them
	return func(data []byte, eof bool) (int, []byte, error) {
		i := bytes.IndexByte(data[seen:], end)
		switch {
		case i >= 0:
			i += seen
			seen = 0
			return i + 1, data[:i], nil
		case eof && len(data) > 0:
			seen = 0
			return len(data), data, nil
		}
		seen = len(data)
		return 0, nil, nil
	}
}

// splitLength splits messages that begin with their length.
func splitLength(data []byte, eof bool) (int, []byte, error) {
	if len(data) >= 4 {
		if end := 4 + int64(binary.BigEndian.Uint32(data)); end <= int64(len(data)) {
			return int(end), data[4:end], nil
		}
	}
	if eof && len(data) > 0 {
		return 0, nil, errors.New("it ends inside a message: expected 4 bytes with the length, and so many bytes more")
	}
	return 0, nil, nil
}

// splitRaw makes a message of what one read gives; text is not cut inside a
// character.
func splitRaw(f curlew.Flags) bufio.SplitFunc {
	return func(data []byte, eof bool) (int, []byte, error) {
		n := len(data)
		if f == curlew.Text && !eof {
			n = whole(data)
		}
		if n == 0 {
			return 0, nil, nil
		}
		return n, data[:n], nil
	}
}

// A jsonMessage is a line of NDJSON. Exactly one field is there.
type jsonMessage struct {
	Text   *string `json:"text,omitempty"`
	Binary *[]byte `json:"binary,omitempty"`
}

func parseJSON(line []byte, where string) (curlew.Flags, []byte, error) {
	var m jsonMessage
	err := json.Unmarshal(line, &m)
	switch {
	case err == nil && m.Text != nil && m.Binary == nil:
		return curlew.Text, []byte(*m.Text), nil
	case err == nil && m.Binary != nil && m.Text == nil:
		return curlew.Binary, *m.Binary, nil
	}
	return 0, nil, &failure{codeRead, fmt.Errorf(`%s: expected {"text":"…"} or {"binary":"base64"}, got %q`, where, cut(line))}
}

// setData is -d and its like: a message, or with @ the file that has it.
func setData(f curlew.Flags) setter { // 0: as --binary says
	return func(c *config, value string) error {
		o := outgoing{flags: f, data: []byte(value)}
		if value != "" && value[0] == '@' {
			o = outgoing{flags: f, file: value[1:]}
		}
		c.outgoing = append(c.outgoing, o)
		return nil
	}
}

func setRawData(c *config, value string) error {
	c.outgoing = append(c.outgoing, outgoing{data: []byte(value)})
	return nil
}

// setUpload is -T: a file is a message, standard input a stream of bytes.
func setUpload(c *config, value string) error {
	switch value {
	case "":
		return errors.New("expected a file, or - or . for standard input, got nothing")
	case "-", ".":
		c.outgoing = append(c.outgoing, outgoing{file: "-", framing: framingRaw})
		c.raw = true
	default:
		if _, err := os.Stat(value); err != nil {
			return &failure{codeRead, err}
		}
		c.outgoing = append(c.outgoing, outgoing{file: value, framing: framingMessage})
		c.upload = true
	}
	return nil
}
