// Rpc runs a protocol that needs a byte stream, JSON-RPC of the standard library,
// over WebSocket messages. Server and client are in this program.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"net/rpc/jsonrpc"
	"strings"

	"github.com/curlew-ws/curlew"
)

// Birds is the service.
type Birds struct{}

// Count counts the letters of a name.
func (Birds) Count(name string, n *int) error {
	*n = len(name)
	return nil
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	calls := rpc.NewServer()
	if err := calls.Register(Birds{}); err != nil {
		return err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := curlew.Accept(w, r, nil); err == nil {
			calls.ServeCodec(jsonrpc.NewServerCodec(c.MessageConn(curlew.Text)))
		}
	}))
	defer server.Close()
	c, err := curlew.Dial(ctx, "ws"+strings.TrimPrefix(server.URL, "http"))
	if err != nil {
		return err
	}
	client := jsonrpc.NewClient(c.MessageConn(curlew.Text))
	var n int
	if err := client.Call("Birds.Count", "curlew", &n); err != nil {
		return err
	}
	fmt.Printf("curlew has %d letters\n", n)
	return client.Close() // makes the closing handshake
}
