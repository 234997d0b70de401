// Raw sends a frame that it encoded itself, and prints the bytes of the answer. It
// is libcurl's CURLWS_RAW_MODE, for programs that do their own framing.
//
//	raw ws://127.0.0.1:8080/ "hi"
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
	if len(os.Args) != 3 || len(os.Args[2]) > 125 {
		log.Fatal("usage: raw URL MESSAGE, of at most 125 bytes")
	}
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url, message string) error {
	client := curlew.Client{RawMode: true}
	c, err := client.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	// FIN and the opcode of text; the mask bit and the length; a key that masks
	// nothing, which is acceptable only in an example: RFC 6455 section 5.3.
	frame := append([]byte{0x81, 0x80 | byte(len(message)), 0, 0, 0, 0}, message...)
	if err := c.Send(0, frame); err != nil {
		return err
	}
	answer := make([]byte, 2+len(message))
	if _, err := io.ReadFull(c.NetConn(), answer); err != nil {
		return err
	}
	fmt.Printf("% x\n", answer)
	return nil
}
