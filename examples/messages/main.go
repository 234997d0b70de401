// Messages sends each line of its input as a text message, and prints each
// message it receives as a line. At the end of the input it closes the session
// and prints what it still receives.
//
//	messages ws://127.0.0.1:8080/
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: messages URL")
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
	sent := make(chan error, 1)
	go func() { sent <- send(ctx, c) }()
	for m, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", m.Data)
	}
	return <-sent
}

// send sends the lines of the input, then CLOSE. The loop above continues until
// the peer has answered that.
func send(ctx context.Context, c *curlew.Conn) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := c.WriteMessage(ctx, curlew.Text, lines.Bytes()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return c.Send(curlew.Close, curlew.AppendClose(nil, curlew.CloseNormal, ""))
}
