// Reconnecting stays connected. It begins every session with the message that
// subscribes, and reports every gap, in which it may have missed something. The
// message bye ends it.
//
//	reconnecting ws://127.0.0.1:8080/ "subscribe"
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/reconnect"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: reconnecting URL MESSAGE")
	}
	loop := reconnect.Loop{
		Client:   &curlew.Client{PingInterval: 30 * time.Second},
		Opening:  []curlew.Message{{Flags: curlew.Text, Data: []byte(os.Args[2])}},
		MinDelay: 10 * time.Millisecond,
		OnPause:  func(g reconnect.Gap, d time.Duration) { log.Printf("%v; again in %v", g.Err, d) },
	}
	if err := loop.Run(context.Background(), os.Args[1], session); err != nil {
		log.Fatal(err)
	}
}

// session runs one session. When it returns, Run opens the next.
func session(ctx context.Context, c *curlew.Conn, g reconnect.Gap) error {
	if g.Sessions > 0 {
		fmt.Println("(something may be missing here)")
	}
	for m, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", m.Data)
		if string(m.Data) == "bye" {
			return reconnect.ErrDone
		}
	}
	return nil
}
