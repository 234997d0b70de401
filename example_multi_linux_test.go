package curlew_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/curlew-ws/curlew"
)

// A server in which one goroutine receives from all clients.
func ExampleMulti() {
	m, err := curlew.NewMulti()
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := curlew.Accept(w, r, nil) // it stays when the handler returns
		if err == nil {
			err = m.Add(c)
		}
		if err != nil {
			log.Print(err)
		}
	}))
	defer server.Close()
	go func() { // two clients
		for _, name := range []string{"Anna", "Ben"} {
			c, err := curlew.Dial(context.Background(), "ws"+strings.TrimPrefix(server.URL, "http"))
			if err != nil {
				log.Print(err)
				return
			}
			c.Send(curlew.Text, []byte(name))
			c.ReadMessage(context.Background(), nil)
			c.Shutdown(context.Background(), curlew.CloseNormal, "")
		}
	}()

	buf := make([]byte, 4096)
	for left := 2; left > 0; {
		c, err := m.Wait(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		for {
			meta, err := c.TryRecv(buf)
			if err == curlew.ErrAgain {
				break // Wait returns it again when more is there
			}
			if err != nil {
				c.Close() // which takes it out
				left--
				break
			}
			if meta.Flags&curlew.Text != 0 {
				fmt.Printf("hello, %s\n", buf[:meta.Len])
				c.Send(curlew.Text, []byte("hello"))
			}
		}
	}
	// Output:
	// hello, Anna
	// hello, Ben
}
