// Heartbeat measures the round trip to the server, then receives until the server
// closes the session or is gone. The server counts as gone if nothing at all
// arrives for an interval, and no answer to a PING for another.
//
//	heartbeat ws://127.0.0.1:8080/ 30s
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
	if len(os.Args) != 3 {
		log.Fatal("usage: heartbeat URL INTERVAL")
	}
	interval, err := time.ParseDuration(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if err := run(context.Background(), os.Args[1], interval); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url string, interval time.Duration) error {
	client := curlew.Client{PingInterval: interval, PongTimeout: interval}
	c, err := client.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	rtt, err := c.Ping(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("there and back in %v\n", rtt)
	for m, err := range c.Messages(ctx) {
		if errors.Is(err, curlew.ErrPongTimeout) {
			fmt.Println("the server is gone")
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", m.Data)
	}
	return nil
}
