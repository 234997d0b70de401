// Crowd serves many connections with one goroutine, by a Multi, which needs Linux.
// It sends a message on each, and counts the answers.
//
//	crowd ws://127.0.0.1:8080/ 1000
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: crowd URL COUNT")
	}
	count, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = run(context.Background(), os.Args[1], count)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url string, count int) error {
	m, err := curlew.NewMulti()
	if err != nil {
		return err
	}
	defer m.Close()
	for i := range count {
		c, err := curlew.Dial(ctx, url)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Send(curlew.Text, fmt.Appendf(nil, "I am number %d", i)); err != nil {
			return err
		}
		if err := m.Add(c); err != nil {
			return err
		}
	}
	crowd := crowd{buf: make([]byte, 4096), parts: map[*curlew.Conn][]byte{}}
	for crowd.answers < count {
		c, err := m.Wait(ctx)
		if err != nil {
			return err
		}
		if err := crowd.receive(c); err != nil {
			return err
		}
	}
	fmt.Printf("%d answers, goroutines: %d\n", crowd.answers, runtime.NumGoroutine())
	return nil
}

// A crowd is the state of all connections.
type crowd struct {
	buf     []byte                  // shared by all of them
	parts   map[*curlew.Conn][]byte // of messages not yet complete
	answers int
}

// receive receives until nothing is available.
func (w *crowd) receive(c *curlew.Conn) error {
	for {
		m, err := c.TryRecv(w.buf)
		switch {
		case errors.Is(err, curlew.ErrAgain):
			return nil
		case err != nil:
			return err // a server would close this one, and continue
		case m.Flags&(curlew.Text|curlew.Binary) == 0:
			continue // PONG, or CLOSE, after which the next call returns an error
		}
		message := append(w.parts[c], w.buf[:m.Len]...)
		if !m.MessageEnd() {
			w.parts[c] = message
			continue
		}
		delete(w.parts, c)
		w.answers++ // message is complete
	}
}
