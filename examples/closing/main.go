// Closing ends a session with a closing handshake, with a code and a reason of its
// own, and prints the server's answer.
//
//	closing ws://127.0.0.1:8080/ 4000 "that was all"
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: closing URL CODE REASON")
	}
	code, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if err := run(context.Background(), os.Args[1], code, os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url string, code int, reason string) error {
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close() // does nothing after Shutdown
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := c.Shutdown(ctx, code, reason); err != nil {
		return err // for example, no answer in time; the connection is closed anyway
	}
	_, _, err = c.ReadMessage(ctx, nil) // every later call returns the same
	var end *curlew.CloseError
	if !errors.As(err, &end) {
		return err
	}
	fmt.Printf("the server answered with %d\n", end.Code)
	return nil
}
