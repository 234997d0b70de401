package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
)

// The server implements WebSocket by hand, without code of curlew or a peer. All
// peers get the same bytes from it. The path of the request selects what it does: it
// has the kind of work, the size of messages, the number of connections to expect,
// and a number for the client.

const (
	pieceLen  = 256 << 10 // of one write
	headerLen = 14        // of the longest header
	guid      = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)

// serve prints its address and serves until stdin ends.
func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			serveOne(c) // the client ends it
		}()
	}
}

// serveOne serves one connection.
func serveOne(c net.Conn) error {
	c, err := unwrapped(c)
	if err != nil {
		return err
	}
	head, err := readHead(c)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(head, []byte("GET /tally ")) {
		return giveTally(c)
	}
	var w workload
	var client int
	if _, err := fmt.Sscanf(string(head), "GET /%d/%d/%d/%d", &w.Kind, &w.Size, &w.Conns, &client); err != nil {
		return err
	}
	if err := accept(c, head); err != nil {
		return err
	}
	if bytes.Contains(head[:bytes.IndexByte(head, '\r')], []byte("/proof ")) {
		return serveProof(c, &w, head)
	}
	switch w.Kind {
	case receive, sink:
		return produce(c, w.Size)
	case feed:
		return keepFed(c, &w, client)
	case inflate:
		first, again := compressed(w.Size, noTakeover(head))
		for _, err = c.Write(first); err == nil; {
			_, err = c.Write(again)
		}
		return err
	case echo:
		return reflect(c)
	case idleTakeover, idleAlone:
		c.Write(greeting(w.Size))
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, bufferOf(w.Kind)))
	return err
}

// greeting returns the first of the compressed messages, which is the same with
// and without context takeover.
func greeting(size int) []byte {
	greetingOnce.Do(func() {
		var all []byte
		all, _ = compressed(size, true)
		h, n, _ := parse(all)
		greetingBytes = all[:h+n]
	})
	return greetingBytes
}

var (
	greetingOnce  sync.Once
	greetingBytes []byte
)

func noTakeover(head []byte) bool { return bytes.Contains(head, []byte("server_no_context_takeover")) }

func bufferOf(work kind) int {
	if work&(idles|connect|feed) != 0 {
		return 64
	}
	return pieceLen
}

// readHead reads a request's head.
func readHead(c net.Conn) ([]byte, error) {
	buf := make([]byte, 0, 2048)
	for !bytes.HasSuffix(buf, []byte("\r\n\r\n")) {
		n, err := c.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return nil, err
		}
		if buf = buf[:len(buf)+n]; len(buf) == cap(buf) {
			return nil, errors.New("the request is too long")
		}
	}
	return buf, nil
}

// accept answers the opening handshake. It negotiates permessage-deflate without
// context takeover if the client offers that, otherwise with it.
func accept(c net.Conn, head []byte) error {
	hash := sha1.Sum([]byte(header(head, "sec-websocket-key") + guid))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(hash[:]) + "\r\n"
	if offer := header(head, "sec-websocket-extensions"); offer != "" {
		answer += "Sec-WebSocket-Extensions: permessage-deflate"
		for _, p := range []string{"server_no_context_takeover", "client_no_context_takeover"} {
			if bytes.Contains([]byte(offer), []byte(p)) {
				answer += "; " + p
			}
		}
		answer += "\r\n"
	}
	_, err := io.WriteString(c, answer+"\r\n")
	return err
}

// header returns the value of a header field; name is in lower case.
func header(head []byte, name string) string {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if field, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.ToLower(field)) == name {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// appendHeader appends the header of an unmasked message of one frame.
func appendHeader(dst []byte, first byte, size int) []byte {
	switch {
	case size > 0xFFFF:
		return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(size))
	case size > 125:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(size))
	}
	return append(dst, first, byte(size))
}

const binaryFrame, textFrame, compressedFrame = 0x82, 0x81, 0x81 | 0x40

// produce sends messages of size bytes forever. It sends many small ones per write,
// and a large one in several writes, of which the first has the header.
func produce(c net.Conn, size int) error {
	one := appendHeader(nil, binaryFrame, size)
	one = append(one, make([]byte, min(size, pieceLen))...)
	many := bytes.Repeat(one, max(1, pieceLen/len(one)))
	zeros := make([]byte, pieceLen)
	for {
		if _, err := c.Write(many); err != nil {
			return err
		}
		for left := size - pieceLen; left > 0; left -= pieceLen {
			if _, err := c.Write(zeros[:min(left, pieceLen)]); err != nil {
				return err
			}
		}
	}
}

// reflect sends every message back, unmasked.
func reflect(c net.Conn) error {
	in, out := make([]byte, 0, 4096), make([]byte, 0, 4096)
	for {
		n, err := c.Read(in[len(in):cap(in)])
		if err != nil {
			return err
		}
		in, out = in[:len(in)+n], out[:0]
		for {
			h, size, key := parse(in)
			if h == 0 || len(in) < h+size {
				break
			}
			out = appendHeader(out, in[0], size)
			for i, b := range in[h : h+size] {
				out = append(out, b^key[i&3])
			}
			in = append(in[:0], in[h+size:]...)
		}
		if len(out) > 0 {
			if _, err := c.Write(out); err != nil {
				return err
			}
		}
	}
}

// parse parses a header, masked or not. h is its length, 0 if it is incomplete.
func parse(b []byte) (h, size int, key [4]byte) {
	if len(b) < 2 {
		return 0, 0, key
	}
	h, size = 2, int(b[1]&0x7F)
	switch {
	case size == 126 && len(b) >= 4:
		h, size = 4, int(binary.BigEndian.Uint16(b[2:]))
	case size == 127 && len(b) >= 10:
		h, size = 10, int(binary.BigEndian.Uint64(b[2:]))
	case size >= 126:
		return 0, 0, key
	}
	if b[1]&0x80 == 0 {
		return h, size, key
	}
	if len(b) < h+len(key) {
		return 0, 0, key
	}
	return h + copy(key[:], b[h:]), size, key
}

// compressed returns two sequences of compressed messages. First is to be sent once,
// then again forever. With context takeover a message refers to those before it, so
// again begins in the state in which it ends.
func compressed(size int, noTakeover bool) (first, again []byte) {
	w := workload{Kind: inflate, Size: size}
	var one bytes.Buffer
	z, _ := flate.NewWriter(&one, flate.DefaultCompression) // the level is valid
	row := func() (all []byte) {
		for _, p := range w.payloads() {
			one.Reset()
			if noTakeover {
				z.Reset(&one)
			}
			z.Write(p)
			z.Flush()
			body := bytes.TrimSuffix(one.Bytes(), []byte{0, 0, 0xFF, 0xFF})
			all = append(appendHeader(all, compressedFrame, len(body)), body...)
		}
		return all
	}
	return row(), row()
}
