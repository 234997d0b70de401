package main

import (
	"fmt"

	"github.com/curlew-ws/curlew"
)

// How frames and chunks are shown in a line.

func arrow(sent bool) string {
	if sent {
		return "> "
	}
	return "< "
}

// frameLine describes a frame by its first chunk.
func frameLine(p []byte, m curlew.Meta) string {
	if m.Flags&curlew.Close != 0 {
		return closeLine(p)
	}
	return fmt.Sprintf("%s %s %s", frameName(m.Flags), frameLength(m), preview(p, m))
}

// chunkLine describes a chunk.
func chunkLine(p []byte, m curlew.Meta) string {
	if m.Flags&curlew.Close != 0 {
		return closeLine(p)
	}
	return fmt.Sprintf("%s offset %d len %d left %s %s", frameName(m.Flags), m.Offset, m.Len, left(m), preview(p, m))
}

func closeLine(p []byte) string {
	code, reason, _ := curlew.ParseClose(p)
	return fmt.Sprintf("CLOSE %d %q", code, reason)
}

// frameType is the frame's type.
func frameType(f curlew.Flags) string {
	switch {
	case f&curlew.Text != 0:
		return "TEXT"
	case f&curlew.Binary != 0:
		return "BINARY"
	case f&curlew.Close != 0:
		return "CLOSE"
	case f&curlew.Ping != 0:
		return "PING"
	case f&curlew.Pong != 0:
		return "PONG"
	}
	return "CONT"
}

// frameName is the frame's type, with what its flags say besides.
func frameName(f curlew.Flags) string {
	name := frameType(f)
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
	return fmt.Sprintf("%d bytes", m.Offset+int64(m.Len)+m.BytesLeft)
}

func left(m curlew.Meta) string {
	if m.BytesLeft < 0 {
		return "?"
	}
	return fmt.Sprint(m.BytesLeft)
}

// preview is the beginning of a chunk, quoted.
func preview(p []byte, m curlew.Meta) string {
	start := cut(p)
	text := fmt.Sprintf("%q", start)
	if len(start) < len(p) {
		text += "…"
	}
	return text
}
