// Senders has ten goroutines send on one session at the same time, while another
// receives the echoes. No message is interrupted by another. Those of one
// goroutine stay in order.
//
//	senders ws://127.0.0.1:8080/
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/curlew-ws/curlew"
)

const senders, each = 10, 100

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: senders URL")
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url string) error {
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	sent := make(chan error, senders)
	for s := range senders {
		go func() { sent <- send(ctx, c, s) }()
	}
	var next [senders]int
	for range senders * each {
		_, p, err := c.ReadMessage(ctx, nil)
		if err != nil {
			return err
		}
		var s, n int
		if _, err := fmt.Sscanf(string(p), "%d: %d", &s, &n); err != nil || n != next[s] {
			return fmt.Errorf("got %q, expected its number %d", p, next[s])
		}
		next[s]++
	}
	for range senders {
		if err := <-sent; err != nil {
			return err
		}
	}
	fmt.Printf("%d messages of %d senders, each in order\n", senders*each, senders)
	return c.Shutdown(ctx, curlew.CloseNormal, "")
}

func send(ctx context.Context, c *curlew.Conn, s int) error {
	for n := range each {
		if err := c.WriteMessage(ctx, curlew.Text, fmt.Appendf(nil, "%d: %d", s, n)); err != nil {
			return err
		}
	}
	return nil
}
