// Cork sends a thousand small messages in few writes. One by one they would
// take a thousand.
//
//	cork ws://127.0.0.1:8080/
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync/atomic"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: cork URL")
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url string) error {
	var writes atomic.Int64
	client := curlew.Client{Trace: &curlew.Trace{Bytes: func(sent bool, _ []byte) {
		if sent {
			writes.Add(1)
		}
	}}}
	c, err := client.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	before := writes.Load()
	if err := send(c, 1000); err != nil {
		return err
	}
	fmt.Printf("1000 messages in %d write\n", writes.Load()-before)
	for range 1000 {
		if _, _, err := c.ReadMessage(ctx, nil); err != nil {
			return err
		}
	}
	return c.Shutdown(ctx, curlew.CloseNormal, "")
}

// send has exclusive use of the send side until Flush.
func send(c *curlew.Conn, n int) error {
	b := c.Cork()
	for i := range n {
		if err := b.Send(curlew.Text, fmt.Appendf(nil, "%d", i)); err != nil {
			b.Flush()
			return err
		}
	}
	return b.Flush()
}
