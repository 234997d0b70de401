package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-ws/curlew"
)

// ends bring about the ends of docs/closing.md, whose names they have.
var ends = map[string]struct {
	options *curlew.AcceptOptions
	end     func(c *curlew.Conn, p *wirePeer)
}{
	"peer closes, 1000":    {nil, func(_ *curlew.Conn, p *wirePeer) { p.send(closeFrame(1000, "")) }},
	"peer closes, 1001":    {nil, func(_ *curlew.Conn, p *wirePeer) { p.send(closeFrame(1001, "")) }},
	"peer closes, no code": {nil, func(_ *curlew.Conn, p *wirePeer) { p.send(rawFrame{wClose, ""}) }},
	"peer closes, 1011":    {nil, func(_ *curlew.Conn, p *wirePeer) { p.send(closeFrame(1011, "")) }},
	"peer closes while our frame is open": {nil, func(c *curlew.Conn, p *wirePeer) {
		c.StartFrame(curlew.Text, 1)
		p.send(closeFrame(1000, ""))
	}},
	"peer closes, NoAutoClose, not answered": {&curlew.AcceptOptions{NoAutoClose: true}, func(c *curlew.Conn, p *wirePeer) {
		p.send(closeFrame(1000, ""))
	}},
	"peer closes, NoAutoClose, answered": {&curlew.AcceptOptions{NoAutoClose: true}, func(c *curlew.Conn, p *wirePeer) {
		p.send(closeFrame(1000, ""))
		c.Recv(nil)
		c.Send(curlew.Close, nil)
	}},
	"we close, not answered":          {nil, func(c *curlew.Conn, _ *wirePeer) { c.Send(curlew.Close, nil) }},
	"we close, the peer answers 1000": {nil, func(c *curlew.Conn, p *wirePeer) { c.Send(curlew.Close, nil); p.send(closeFrame(1000, "")) }},
	"both close at once, 1000 and 4000": {nil, func(c *curlew.Conn, p *wirePeer) {
		p.send(closeFrame(4000, ""))
		c.Send(curlew.Close, curlew.AppendClose(nil, 1000, ""))
	}},
	"we close, the stream ends":  {nil, func(c *curlew.Conn, p *wirePeer) { c.Send(curlew.Close, nil); p.closeWrite() }},
	"stream ends":                {nil, func(_ *curlew.Conn, p *wirePeer) { p.closeWrite() }},
	"stream ends inside a frame": {nil, func(_ *curlew.Conn, p *wirePeer) { p.sendBytes([]byte("\x82\x05hell")); p.closeWrite() }},
	"stream breaks":              {nil, func(_ *curlew.Conn, p *wirePeer) { p.Close() }},
	"peer breaks the protocol":   {nil, func(_ *curlew.Conn, p *wirePeer) { p.sendBytes([]byte{0x83, 0}) }},
	"text is not UTF-8":          {nil, func(_ *curlew.Conn, p *wirePeer) { p.sendBytes([]byte("\x81\x05ok\xff")) }},
	"MaxMessage is passed":       {&curlew.AcceptOptions{MaxMessage: 9}, func(_ *curlew.Conn, p *wirePeer) { p.send(textFrame(letters(10))) }},
	"no PONG within PongTimeout": {&curlew.AcceptOptions{PingInterval: time.Second}, func(c *curlew.Conn, _ *wirePeer) {
		c.Recv(nil)
	}},
	"answer to a PING cannot be written": {nil, func(c *curlew.Conn, p *wirePeer) {
		c.SetWriteDeadline(time.Now().Add(-1))
		p.send(pingFrame(""))
		c.Recv(nil)
	}},
	"a deadline cuts a message of ours": {nil, func(c *curlew.Conn, p *wirePeer) {
		w, _ := c.NextWriter(context.Background(), curlew.Binary)
		c.SetWriteDeadline(time.Now().Add(time.Second))
		w.Write(make([]byte, 1<<20))
		c.SetWriteDeadline(time.Time{})
	}},
	"a message is open, the write deadline passes": {nil, func(c *curlew.Conn, p *wirePeer) {
		c.NextWriter(context.Background(), curlew.Binary)
		c.SetWriteDeadline(time.Now().Add(-1))
	}},
	"Close": {nil, func(c *curlew.Conn, p *wirePeer) { p.send(textFrame("x")); c.Close() }},
	"peer closes, then Close": {nil, func(c *curlew.Conn, p *wirePeer) {
		p.send(closeFrame(1000, ""))
		c.Recv(nil)
		c.Close()
	}},
	"context of Perform ended": {nil, func(c *curlew.Conn, p *wirePeer) {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(errCause)
		c.Perform(ctx, curlew.Handler{})
	}},
	"raw mode, stream ends": {&curlew.AcceptOptions{RawMode: true}, func(_ *curlew.Conn, p *wirePeer) { p.closeWrite() }},
}

// outcome is err as docs/closing.md calls it.
func outcome(err error) string {
	if errors.Is(err, curlew.ErrLost) && !errors.Is(err, io.ErrUnexpectedEOF) { // receiving has both
		return "ErrLost"
	}
	for name, want := range map[string]error{
		"io.EOF": io.EOF, "ErrClosing": curlew.ErrClosing, "net.ErrClosed": net.ErrClosed, "ErrPongTimeout": curlew.ErrPongTimeout,
		"the cause": errCause, "ErrFrameOpen": curlew.ErrFrameOpen, "ErrUsage": curlew.ErrUsage,
		"os.ErrDeadlineExceeded": os.ErrDeadlineExceeded,
	} {
		if errors.Is(err, want) {
			return name
		}
	}
	var ce *curlew.CloseError
	var pe *curlew.ProtocolError
	switch {
	case err == nil:
		return "nil"
	case errors.As(err, &ce):
		return fmt.Sprint("CloseError ", ce.Code)
	case errors.As(err, &pe):
		return fmt.Sprint("ProtocolError ", pe.Code)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "io.ErrUnexpectedEOF"
	}
	return err.Error()
}

// endMethods are the columns of docs/closing.md; several methods of one column
// must agree.
var endMethods = []map[string]func(ctx context.Context, c *curlew.Conn, say func(string)){
	{"Next": func(_ context.Context, c *curlew.Conn, say func(string)) {
		for {
			_, m, err := c.Next()
			switch {
			case err != nil:
				say(outcome(err))
				return
			case m.Flags == curlew.Close:
				say("CLOSE, ")
			default:
				say("part, ")
			}
		}
	}, "Recv": func(_ context.Context, c *curlew.Conn, say func(string)) {
		for {
			m, err := c.Recv(make([]byte, 100))
			switch {
			case err != nil:
				say(outcome(err))
				return
			case m.Flags == curlew.Close:
				say("CLOSE, ")
			default:
				say("part, ")
			}
		}
	}},
	{"ReadMessage": func(ctx context.Context, c *curlew.Conn, say func(string)) {
		_, _, err := c.ReadMessage(ctx, nil)
		say(outcome(err))
	}, "NextReader": func(ctx context.Context, c *curlew.Conn, say func(string)) {
		_, r, err := c.NextReader(ctx)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		say(outcome(err))
	}},
	{"Messages": func(ctx context.Context, c *curlew.Conn, say func(string)) {
		for _, err := range c.Messages(ctx) {
			say(outcome(err))
			return
		}
		say("ends")
	}},
	{"Perform": func(ctx context.Context, c *curlew.Conn, say func(string)) {
		say(outcome(c.Perform(ctx, curlew.Handler{})))
	}, "Perform with Upload": func(ctx context.Context, c *curlew.Conn, say func(string)) {
		say(outcome(c.Perform(ctx, curlew.Handler{Upload: neverUploads})))
	}},
	{"Send": func(_ context.Context, c *curlew.Conn, say func(string)) {
		receiveToTheEnd(c)
		if c.NetConn() != nil {
			say(outcome(c.Send(0, nil)))
			return
		}
		say(outcome(c.Send(curlew.Text, nil)))
	}},
	{"Ping": func(ctx context.Context, c *curlew.Conn, say func(string)) {
		_, err := c.Ping(ctx)
		say(outcome(err))
	}},
	{"Shutdown": func(ctx context.Context, c *curlew.Conn, say func(string)) {
		say(outcome(c.Shutdown(ctx, 1000, "")))
	}},
}

// receiveToTheEnd receives until there is an error, or nothing more for a while.
func receiveToTheEnd(c *curlew.Conn) {
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	for {
		if _, _, err := c.Next(); err != nil {
			return
		}
	}
}

// Every cell of the table in docs/closing.md is true.
func TestEnds(t *testing.T) {
	doc, err := os.ReadFile("docs/closing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "|---|---|---|---|---|---|---|---|\n")
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != len(endMethods)+1 {
			break
		}
		rows++
		end, ok := ends[cells[0]]
		if !ok {
			t.Errorf("the row %q has no test", cells[0])
			continue
		}
		t.Run(cells[0], func(t *testing.T) {
			for i, methods := range endMethods {
				for name, method := range methods {
					synctest.Test(t, func(t *testing.T) {
						c, p := pipePair(t, end.options)
						end.end(c, p)
						said := make(chan string)
						done := make(chan bool)
						go func() {
							defer close(done)
							method(t.Context(), c, func(s string) { said <- s })
						}()
						if got := listen(said); got != cells[i+1] {
							t.Errorf("%s: got %q, documented is %q", name, got, cells[i+1])
						}
						c.Close()
						go func() {
							for range said {
							}
						}()
						<-done
						close(said)
					})
				}
			}
		})
	}
	if rows != len(ends) {
		t.Errorf("the table has %d rows, tested are %d", rows, len(ends))
	}
}

// listen puts together what is said within a minute.
func listen(said chan string) (all string) {
	for minute := time.After(time.Minute); ; {
		select {
		case s := <-said:
			if all += s; !strings.HasSuffix(s, ", ") {
				return all
			}
		case <-minute:
			return all + "waits"
		}
	}
}
