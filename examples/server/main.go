// Server accepts WebSocket sessions within an ordinary HTTP server, and answers
// each message with itself. It says where it listens.
//
//	server [ADDRESS]
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/curlew-ws/curlew"
)

func main() {
	address := "127.0.0.1:8080"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ws://%s/\n", l.Addr())
	http.HandleFunc("/", serve)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(l))
}

// serve is one session. Accept has sent the refusal if there is none.
func serve(w http.ResponseWriter, r *http.Request) {
	c, err := curlew.Accept(w, r, &curlew.AcceptOptions{PingInterval: time.Minute})
	if err != nil {
		log.Print(err)
		return
	}
	defer c.Close()
	var end *curlew.CloseError
	if err := echo(c); !errors.As(err, &end) && !errors.Is(err, io.EOF) {
		log.Print(err)
	}
}

// echo sends every chunk back while its frame still comes, so that it needs
// one buffer, however long a message is, and returns what ended the session.
func echo(c *curlew.Conn) error {
	for {
		p, m, err := c.Next()
		if err != nil {
			return err
		}
		if m.Flags&(curlew.Text|curlew.Binary) == 0 {
			continue // PING and CLOSE are answered already
		}
		if m.Offset == 0 {
			if err := c.StartFrame(m.Flags, int64(m.Len)+m.BytesLeft); err != nil {
				return err
			}
		}
		if len(p) > 0 {
			if err := c.SendPayload(p); err != nil {
				return err
			}
		}
	}
}
