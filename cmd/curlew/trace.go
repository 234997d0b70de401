package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// finishTraces makes what -v, --frames, --trace, -i and -D look on with.
func (c *config) finishTraces() error {
	if c.verbose > 0 {
		c.traces = append(c.traces, c.verboseTrace())
	}
	if c.frames != nil {
		c.traces = append(c.traces, c.frameTrace())
	}
	for _, file := range []struct {
		option, name string
		line         func([]byte) string
	}{{"trace", c.traceFile, hexLine}, {"trace-ascii", c.traceASCII, asciiLine}} {
		if file.name == "" {
			continue
		}
		w, err := c.create(file.name)
		if err != nil {
			return fmt.Errorf("option --%s: %w", file.option, err)
		}
		c.traces = append(c.traces, c.byteTrace(w, file.line))
	}
	if c.dump == "" && !c.include {
		return nil
	}
	heads, err := c.dumpTrace()
	c.traces = append(c.traces, heads)
	c.client.ShowSecrets = true // the heads as they came; verboseTrace and byteTrace mask them
	return err
}

// together makes one trace of many.
func together(all []curlew.Trace) *curlew.Trace {
	var t curlew.Trace
	for _, one := range all {
		if before, head := t.Head, one.Head; head != nil {
			t.Head = func(sent bool, p []byte) {
				if before != nil {
					before(sent, p)
				}
				head(sent, p)
			}
		}
		if before, chunk := t.Chunk, one.Chunk; chunk != nil {
			t.Chunk = func(sent bool, p []byte, m curlew.Meta) {
				if before != nil {
					before(sent, p, m)
				}
				chunk(sent, p, m)
			}
		}
		if before, bytes := t.Bytes, one.Bytes; bytes != nil {
			t.Bytes = func(sent bool, p []byte) {
				if before != nil {
					before(sent, p)
				}
				bytes(sent, p)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &t
}

// A teller writes lines from several goroutines, with the time in front on demand.
type teller struct {
	mu    sync.Mutex
	w     io.Writer
	times bool
	err   error // the first of writing
}

// tell writes text, which ends with a newline.
func (t *teller) tell(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.times {
		text = time.Now().Format("15:04:05.000000 ") + text
	}
	if _, err := io.WriteString(t.w, text); err != nil && t.err == nil {
		t.err = err
	}
}

// failed is the first error of writing.
func (t *teller) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// teller makes one for w, whose errors are those of the session.
func (c *config) teller(w io.Writer, times bool) *teller {
	t := &teller{w: w, times: times}
	c.tellers = append(c.tellers, t)
	return t
}

// frameTrace is --frames: a line a chunk, as text or as JSON.
func (c *config) frameTrace() curlew.Trace {
	asJSON := *c.frames == "json"
	t := c.teller(c.stderr, c.traceTime && !asJSON)
	return curlew.Trace{Chunk: func(sent bool, p []byte, m curlew.Meta) {
		if asJSON {
			t.tell(jsonLine(sent, m, time.Now()))
		} else {
			t.tell(arrow(sent) + chunkLine(p, m) + "\n")
		}
	}}
}

// jsonLine is a chunk as --frames=json shows it.
func jsonLine(sent bool, m curlew.Meta, now time.Time) string {
	dir := "in"
	if sent {
		dir = "out"
	}
	line, _ := json.Marshal(struct { // never fails
		Time       json.Number `json:"time"`
		Dir        string      `json:"dir"`
		Opcode     string      `json:"opcode"`
		Fin        bool        `json:"fin"`
		Compressed bool        `json:"compressed,omitempty"`
		Offset     int64       `json:"offset"`
		Len        int         `json:"len"`
		Left       int64       `json:"left"`
	}{
		json.Number(fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)), dir,
		strings.ToLower(frameType(m.Flags)), m.Flags&curlew.Cont == 0, m.Flags&curlew.Compressed != 0, m.Offset, m.Len, m.BytesLeft,
	})
	return string(line) + "\n"
}

// dumpTrace is -D and -i: the heads of responses as they came.
func (c *config) dumpTrace() (curlew.Trace, error) {
	var to []*teller
	if c.include {
		to = append(to, c.teller(c.stdout, false))
	}
	if c.dump != "" {
		w, err := c.create(c.dump)
		if err != nil {
			return curlew.Trace{}, fmt.Errorf("option -D: %w", err)
		}
		to = append(to, c.teller(w, false))
	}
	return curlew.Trace{Head: func(sent bool, head []byte) {
		for _, t := range to {
			if !sent {
				t.tell(string(head))
			}
		}
	}}, nil
}

// byteTrace is --trace and --trace-ascii, in curl's form.
func (c *config) byteTrace(w io.Writer, line func([]byte) string) curlew.Trace {
	t := c.teller(w, c.traceTime)
	dump := func(what string, p []byte) {
		var b strings.Builder
		fmt.Fprintf(&b, "%s, %d bytes (0x%x)\n", what, len(p), len(p))
		for at := 0; at < len(p); {
			next := p[at:min(at+lineBytes(line), len(p))]
			fmt.Fprintf(&b, "%04x: %s\n", at, line(next))
			at += len(next)
		}
		t.tell(b.String())
	}
	return curlew.Trace{
		Head: func(sent bool, head []byte) { dump(direction(sent)+" header", c.maskedHead(head)) },
		Bytes: func(sent bool, p []byte) {
			dump(direction(sent)+" data", p)
		},
	}
}

func direction(sent bool) string {
	if sent {
		return "=> Send"
	}
	return "<= Recv"
}

// lineBytes is how many bytes a line shows: 16 in hexadecimal, else 64.
func lineBytes(line func([]byte) string) int {
	if len(line([]byte{0})) > 1 {
		return 16
	}
	return 64
}

func hexLine(p []byte) string { return fmt.Sprintf("%-48s", fmt.Sprintf("% x", p)) + asciiLine(p) }

// asciiLine is p with a dot for every byte that is no printable ASCII.
func asciiLine(p []byte) string {
	line := make([]byte, len(p))
	for i, b := range p {
		if line[i] = b; b < 0x20 || b >= 0x7f {
			line[i] = '.'
		}
	}
	return string(line)
}

// maskedHead is head without secrets, unless they are to be shown. The library
// masks them, but for -i and -D, which are exact.
func (c *config) maskedHead(head []byte) []byte {
	if c.showSecrets {
		return head
	}
	return handshake.Mask(head)
}

// maskedURL is text with the secrets of its URLs masked, unless they are to be shown.
func (c *config) maskedURL(text string) string {
	if c.showSecrets {
		return text
	}
	return handshake.MaskURL(text)
}
