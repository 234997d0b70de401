// Connectonly sends one text message and prints each chunk it receives. It is
// libcurl's CURLOPT_CONNECT_ONLY = 2 with curl_ws_send and curl_ws_recv.
//
//	connectonly ws://127.0.0.1:8080/ "hello"
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/curlew-ws/curlew"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: connectonly URL MESSAGE")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(url, message string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := curlew.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Send(curlew.Text, []byte(message)); err != nil {
		return err
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 8) // small, to show a frame in chunks
	for {
		m, err := c.Recv(buf)
		if errors.Is(err, io.EOF) {
			return nil // the closing handshake is over
		}
		if err != nil {
			return err
		}
		fmt.Printf("%q at %d, %d left\n", buf[:m.Len], m.Offset, m.BytesLeft)
		if m.MessageEnd() {
			return c.Shutdown(ctx, curlew.CloseNormal, "")
		}
	}
}
