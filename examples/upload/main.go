// Upload sends a file as one binary message, and prints how many bytes it gets back,
// in constant memory both ways. A file of known length is sent as one frame.
// Standard input, "-", is sent in as many fragments as it takes.
//
//	upload ws://127.0.0.1:8080/ FILE
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: upload URL FILE")
	}
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url, name string) error {
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	sent := make(chan error, 1)
	go func() { sent <- upload(ctx, c, name) }()
	_, r, err := c.NextReader(ctx)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		return err
	}
	if err := <-sent; err != nil {
		return err
	}
	fmt.Printf("%d bytes received\n", n)
	return c.Shutdown(ctx, curlew.CloseNormal, "")
}

func upload(ctx context.Context, c *curlew.Conn, name string) error {
	if name == "-" {
		return fragments(ctx, c)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := c.StartFrame(curlew.Binary, info.Size()); err != nil {
		return err
	}
	_, err = io.Copy(payload{c}, io.LimitReader(f, info.Size()))
	return err
}

// payload writes to the open frame.
type payload struct{ c *curlew.Conn }

func (p payload) Write(b []byte) (int, error) {
	if err := p.c.SendPayload(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// fragments sends the input.
func fragments(ctx context.Context, c *curlew.Conn) error {
	w, err := c.NextWriter(ctx, curlew.Binary)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, os.Stdin); err != nil {
		return err
	}
	return w.Close()
}
