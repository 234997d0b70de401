// Broadcast sends one message to many. It encodes and deflates it once for all
// of them. The server and the subscribers are in this program.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/curlew-ws/curlew"
)

const subscribers = 3

// alone deflates each message by itself, so that it is the same for all.
var alone = &curlew.Compression{ServerNoTakeover: true}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	joined := make(chan *curlew.Conn)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := curlew.Accept(w, r, &curlew.AcceptOptions{Compression: alone}); err == nil {
			joined <- c
		}
	}))
	defer server.Close()
	news, err := curlew.Prepare(curlew.Text, []byte(strings.Repeat("The curlews are back. ", 10)))
	if err != nil {
		return err
	}
	heard := make(chan string)
	for range subscribers {
		go func() { heard <- subscribe(ctx, "ws"+strings.TrimPrefix(server.URL, "http")) }()
	}
	for range subscribers {
		c := <-joined
		defer c.Close()
		if err := c.SendPrepared(news); err != nil {
			return err
		}
	}
	for range subscribers {
		fmt.Println(<-heard)
	}
	return nil
}

// subscribe returns a description of what it receives.
func subscribe(ctx context.Context, url string) string {
	client := curlew.Client{Compression: alone}
	c, err := client.Dial(ctx, url)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	f, p, err := c.ReadMessage(ctx, nil)
	return fmt.Sprintf("%.21s, compressed: %t, %v", p, f&curlew.Compressed != 0, err)
}
