package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/curlew-ws/curlew"
)

// verbose is the trace of -v: heads as curl shows them, then a line a frame.
func verbose(w io.Writer) *curlew.Trace {
	var mu sync.Mutex
	show := func(sent bool, text string) {
		mu.Lock()
		defer mu.Unlock()
		io.WriteString(w, arrow(sent)+text+"\n")
	}
	return &curlew.Trace{
		Head: func(sent bool, head []byte) {
			text := strings.ReplaceAll(strings.TrimSuffix(string(head), "\r\n"), "\r\n", "\n"+arrow(sent))
			show(sent, string(escape(nil, []byte(text))))
		},
		Chunk: func(sent bool, p []byte, m curlew.Meta) {
			if m.Offset == 0 {
				show(sent, frameLine(p, m))
			}
		},
	}
}

func arrow(sent bool) string {
	if sent {
		return "> "
	}
	return "< "
}

// frameLine describes a frame by its first chunk.
func frameLine(p []byte, m curlew.Meta) string {
	name := frameName(m.Flags)
	if m.Flags&curlew.Close != 0 {
		code, reason, _ := curlew.ParseClose(p)
		return fmt.Sprintf("%s %d %q", name, code, reason)
	}
	return fmt.Sprintf("%s %s %s", name, frameLength(m), preview(p, m))
}

// frameName is the frame's type, with what its flags say besides.
func frameName(f curlew.Flags) string {
	names := map[curlew.Flags]string{curlew.Text: "TEXT", curlew.Binary: "BINARY", curlew.Close: "CLOSE", curlew.Ping: "PING", curlew.Pong: "PONG"}
	name := names[f&^(curlew.Cont|curlew.Compressed)]
	if f&curlew.Cont != 0 {
		name += "+CONT"
	}
	if f&curlew.Compressed != 0 {
		name += "+COMPRESSED"
	}
	return name
}

func frameLength(m curlew.Meta) string {
	if m.BytesLeft < 0 {
		return "of unknown length"
	}
	return fmt.Sprintf("%d bytes", int64(m.Len)+m.BytesLeft)
}

// preview is the beginning of a payload, quoted.
func preview(p []byte, m curlew.Meta) string {
	start := cut(p)
	text := fmt.Sprintf("%q", start)
	if len(start) < len(p) || m.BytesLeft != 0 {
		text += "…"
	}
	return text
}
