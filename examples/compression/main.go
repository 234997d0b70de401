// Compression sends a text twice, deflated, and prints how many bytes that took.
// The second time it takes next to nothing, because the server has the text in its
// window (RFC 7692, context takeover).
//
//	compression ws://127.0.0.1:8080/
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"sync/atomic"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: compression URL")
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url string) error {
	var sent atomic.Int64
	client := curlew.Client{
		Compression: &curlew.Compression{Level: 6},
		Trace: &curlew.Trace{Bytes: func(out bool, p []byte) {
			if out {
				sent.Add(int64(len(p)))
			}
		}},
	}
	c, err := client.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	text := []byte(strings.Repeat("The curlew's bill is long and bent. ", 50))
	for range 2 {
		before := sent.Load()
		if err := c.WriteMessage(ctx, curlew.Text, text); err != nil {
			return err
		}
		f, p, err := c.ReadMessage(ctx, nil)
		if err != nil {
			return err
		}
		fmt.Printf("%d bytes sent as %d; %d received, compressed: %t\n", len(text), sent.Load()-before, len(p), f&curlew.Compressed != 0)
	}
	return c.Shutdown(ctx, curlew.CloseNormal, "")
}
