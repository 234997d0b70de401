// Server accepts WebSocket sessions in an ordinary HTTP server, and echoes every
// message. It prints the URL it listens on.
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

// serve serves one session. If there is none, Accept has sent the refusal.
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

// echo sends back every chunk, even before its frame has ended. So it needs only
// one buffer, however long a message is. It returns the error that ended the session.
func echo(c *curlew.Conn) error {
	for {
		p, m, err := c.Next()
		if err != nil {
			return err
		}
		if m.Flags&(curlew.Text|curlew.Binary) == 0 {
			continue // PING and CLOSE have been answered
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
