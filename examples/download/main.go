// Download sends a message and stores the one it receives in a file, in constant
// memory, however long it is.
//
//	download ws://127.0.0.1:8080/ "what I want" FILE
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
	if len(os.Args) != 4 {
		log.Fatal("usage: download URL MESSAGE FILE")
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url, message, name string) error {
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.WriteMessage(ctx, curlew.Text, []byte(message)); err != nil {
		return err
	}
	_, r, err := c.NextReader(ctx)
	if err != nil {
		return err
	}
	n, err := store(name, r)
	if err != nil {
		return err
	}
	fmt.Printf("%d bytes are in %s\n", n, name)
	return c.Shutdown(ctx, curlew.CloseNormal, "")
}

func store(name string, r io.Reader) (n int64, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if n, err = io.Copy(f, r); err != nil {
		return n, err
	}
	return n, f.Close()
}
