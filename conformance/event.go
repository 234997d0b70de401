package conformance

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/curlew-ws/curlew/internal/deflate"
	"github.com/curlew-ws/curlew/internal/protocol"
	"github.com/curlew-ws/curlew/internal/wire"
)

// An event is what the peer did: a whole message, a control frame, the end of the
// stream, a violation of the protocol, or nothing in time.
type event struct {
	flags   protocol.Flags // Text, Binary, Ping, Pong, Close; 0 with err
	data    []byte         // for CLOSE, the reason
	code    int            // for CLOSE
	err     error
	dropped bool // the stream ended
	silent  bool // nothing was received
}

// over reports whether e ends the session.
func (e event) over() bool { return e.dropped || e.flags == protocol.Close }

func (e event) equal(want event) bool {
	return e.err == nil && e.flags == want.flags && bytes.Equal(e.data, want.data)
}

// String describes the event, including the beginning of its data.
func (e event) String() string {
	name := map[protocol.Flags]string{protocol.Text: "text", protocol.Binary: "binary data", protocol.Ping: "PING", protocol.Pong: "PONG"}[e.flags]
	const most = 20
	switch {
	case e.err != nil:
		return e.err.Error()
	case e.flags == protocol.Close && e.code == wire.CloseNoStatus:
		return "CLOSE without a code"
	case e.flags == protocol.Close && len(e.data) > 0:
		return fmt.Sprintf("CLOSE %d %.60q", e.code, e.data)
	case e.flags == protocol.Close:
		return fmt.Sprintf("CLOSE %d", e.code)
	case len(e.data) > most:
		return fmt.Sprintf("%s of %d bytes, %q...", name, len(e.data), e.data[:most])
	}
	return fmt.Sprintf("%s %q", name, e.data)
}

// A source reads the peer's side of a stream.
type source struct {
	in       *bufio.Reader
	dec      protocol.Decoder
	inflater *deflate.Inflater // nil if compression was not negotiated
	anyCode  bool              // CLOSE may have any code
	message  []byte
}

// next blocks until there is an event, and returns it.
func (s *source) next() event {
	for {
		e, err := s.frame()
		var violation *protocol.Error
		switch {
		case errors.As(err, &violation):
			return event{err: fmt.Errorf("a violation of the protocol (close code %d): %w", violation.Code, err)}
		case err != nil:
			return event{err: fmt.Errorf("the end of the stream (%w)", err), dropped: true}
		case e.flags != 0:
			return e
		}
	}
}

// frame reads one frame. The event has no flags unless the frame ended a message.
func (s *source) frame() (event, error) {
	if err := s.header(); err != nil {
		return event{}, err
	}
	f := s.dec.Flags()
	if f&protocol.Control != 0 {
		return s.control(f)
	}
	for s.dec.Open() {
		if err := s.payload(f); err != nil {
			return event{}, inside(err)
		}
	}
	if s.dec.Message() != 0 {
		return event{}, nil
	}
	e := event{flags: f & protocol.Data, data: s.message}
	s.message = nil
	if f&protocol.Compressed != 0 && f&protocol.Text != 0 && !utf8.Valid(e.data) {
		return e, s.dec.Fail(wire.CloseInvalidData, errors.New("expected a compressed text in UTF-8"))
	}
	return e, nil
}

func (s *source) header() error {
	for want := 2; ; want++ {
		b, err := s.in.Peek(want)
		if err != nil && len(b) > 0 {
			return inside(err)
		} else if err != nil {
			return err
		}
		n, err := s.dec.Header(b)
		if n > 0 || err != nil {
			s.in.Discard(n)
			return err
		}
	}
}

func (s *source) control(f protocol.Flags) (event, error) {
	p := make([]byte, s.dec.Left())
	if _, err := io.ReadFull(s.in, p); err != nil {
		return event{}, inside(err)
	}
	if f == protocol.Close && s.anyCode {
		_, err := s.dec.Payload(p, p)
		return event{flags: f, code: rawCode(p)}, err
	}
	if err := s.dec.Control(p); err != nil {
		return event{}, err
	}
	s.dec.Skip()
	if f == protocol.Close {
		code, reason, _ := wire.ParseClose(p)
		return event{flags: f, code: code, data: []byte(reason)}, nil
	}
	return event{flags: f, data: p}, nil
}

// rawCode returns the code in the payload of a CLOSE, valid or not.
func rawCode(p []byte) int {
	if len(p) < 2 {
		return wire.CloseNoStatus
	}
	return int(binary.BigEndian.Uint16(p))
}

// payload reads what is available of the open data frame.
func (s *source) payload(f protocol.Flags) error {
	var p []byte
	if left := s.dec.Left(); left > 0 {
		if _, err := s.in.Peek(1); err != nil {
			return err
		}
		p, _ = s.in.Peek(int(min(left, int64(s.in.Buffered()))))
	}
	m, err := s.dec.Payload(p, p)
	if err == nil {
		err = s.dec.Err() // text that became invalid within p
	}
	if err != nil {
		return err
	}
	if f&protocol.Compressed == 0 {
		s.message = append(s.message, p[:m.Len]...)
	} else if err := s.inflate(p); err != nil {
		return err
	}
	s.in.Discard(len(p))
	return nil
}

// inflate handles p, the next bytes of a compressed message.
func (s *source) inflate(p []byte) error {
	s.inflater.Feed(p, s.dec.Message() == 0)
	for {
		view, err := s.inflater.Next()
		s.message = append(s.message, view...)
		switch {
		case err == nil:
		case err == deflate.ErrMore:
			return nil
		case err == io.EOF:
			s.inflater.Release()
			return nil
		default:
			return s.dec.Fail(wire.CloseInvalidData, err)
		}
	}
}

// inside turns the end of the stream into one within a frame.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
