// Limits accepts no message of more than 1000 bytes, gets one that is longer, and
// prints which limit it exceeded, from the error.
//
//	limits ws://127.0.0.1:8080/
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: limits URL")
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url string) error {
	client := curlew.Client{
		HandshakeTimeout: 10 * time.Second,
		MaxMessage:       1000, // counted after inflating
		MaxFrame:         1 << 20,
		MaxFragments:     100,
	}
	c, err := client.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.WriteMessage(ctx, curlew.Binary, make([]byte, 1001)); err != nil {
		return err
	}
	_, _, err = c.ReadMessage(ctx, nil)
	var breach *curlew.ProtocolError
	var limit *curlew.LimitError
	if !errors.As(err, &breach) || !errors.As(err, &limit) {
		return fmt.Errorf("expected a limit to be exceeded: %w", err)
	}
	fmt.Printf("exceeded %s (%d); closed with %d\n", limit.Name, limit.Limit, breach.Code)
	return nil
}
