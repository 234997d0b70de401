package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/curlew-ws/curlew"
)

// demoTime is more than the demonstration takes.
const demoTime = 10 * time.Second

const (
	demoText    = "Hello, WebSocket!"
	demoPing    = "still there?"
	demoGoodbye = "that was all"
)

// demoFragments is a message as the demonstration's server sends it.
var demoFragments = []string{"A message may come in ", "several frames, ", "and a frame in several chunks."}

// demo shows a session with a server of its own on loopback.
func demo(s std, args []string) error {
	if len(args) > 0 {
		return usagef("curlew demo takes no arguments, got %q", args[0])
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return &failure{codeConnect, err}
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), demoTime, timeLimit("curlew demo", demoTime))
	defer cancel()
	served := make(chan error, 1)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { served <- demoServer(ctx, w, r) })}
	go srv.Serve(l)
	defer srv.Close()
	d := &demonstration{w: s.out, colour: term.IsTerminal(int(s.out.Fd())) && os.Getenv("NO_COLOR") == "" && !dumb()}
	if err := d.run(ctx, "ws://"+l.Addr().String()+"/demo"); err != nil {
		return cause(ctx, err)
	}
	return <-served
}

// demoServer is the server's side.
func demoServer(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	c, err := curlew.Accept(w, r, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	f, text, err := c.ReadMessage(ctx, nil)
	if err != nil {
		return err
	}
	if err := demoSend(c, f, text); err != nil {
		return err
	}
	for {
		_, m, err := c.Next()
		if err != nil {
			return err
		}
		if m.Flags == curlew.Pong {
			return c.Shutdown(ctx, curlew.CloseNormal, demoGoodbye)
		}
	}
}

// demoSend sends what the demonstration shows: an echo, fragments, a PING.
func demoSend(c *curlew.Conn, f curlew.Flags, text []byte) error {
	b := c.Cork()
	b.Send(f, text)
	last := len(demoFragments) - 1
	for _, fragment := range demoFragments[:last] {
		b.Send(curlew.Text|curlew.Cont, []byte(fragment))
	}
	b.Send(curlew.Text, []byte(demoFragments[last]))
	b.Send(curlew.Ping, []byte(demoPing))
	return b.Flush()
}

// A demonstration is the client's side, with what it shows.
type demonstration struct {
	colour bool

	mu  sync.Mutex
	w   io.Writer
	err error
}

func (d *demonstration) run(ctx context.Context, url string) error {
	client := &curlew.Client{Trace: &curlew.Trace{Head: d.head, Chunk: d.control}}
	d.title("The upgrade: HTTP asks, and becomes WebSocket")
	conn, err := client.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	d.title("A text message, which the server sends back")
	d.print(true, fmt.Sprintf("TEXT %q", demoText))
	if err := conn.Send(curlew.Text, []byte(demoText)); err != nil {
		return err
	}
	if err := d.message(conn, 64); err != nil {
		return err
	}
	d.title("A message of three fragments, received in chunks of at most 12 bytes")
	if err := d.message(conn, 12); err != nil {
		return err
	}
	d.title("A PING, answered by the library, and the close")
	_, err = conn.Recv(make([]byte, 125))
	if err == nil {
		_, err = conn.Recv(nil)
	}
	if err != io.EOF {
		return err
	}
	return d.err
}

// message receives a message into a buffer of so many bytes and shows its chunks.
func (d *demonstration) message(conn *curlew.Conn, size int) error {
	buf := make([]byte, size)
	for {
		m, err := conn.Recv(buf)
		if err != nil {
			return err
		}
		d.print(false, fmt.Sprintf("%-10s offset %2d  len %2d  left %2d  %q", frameName(m.Flags), m.Offset, m.Len, m.BytesLeft, buf[:m.Len]))
		if m.MessageEnd() {
			return nil
		}
	}
}

// head shows a head of the opening handshake.
func (d *demonstration) head(sent bool, head []byte) {
	for line := range strings.Lines(strings.TrimSpace(string(head))) {
		d.print(sent, strings.TrimRight(line, "\r\n"))
	}
}

// control shows the control frames.
func (d *demonstration) control(sent bool, p []byte, m curlew.Meta) {
	if m.Flags&(curlew.Text|curlew.Binary) == 0 {
		d.print(sent, frameLine(p, m))
	}
}

func (d *demonstration) title(text string) { d.write("\n" + d.paint("1", text) + "\n") }

// print shows a line of what is sent or received.
func (d *demonstration) print(sent bool, text string) {
	colour := "36"
	if sent {
		colour = "32"
	}
	d.write("  " + d.paint(colour, arrow(sent)+text) + "\n")
}

func (d *demonstration) paint(colour, text string) string {
	if !d.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (d *demonstration) write(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := io.WriteString(d.w, text); err != nil && d.err == nil {
		d.err = written(err)
	}
}
