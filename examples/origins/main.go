// Origins shows which clients a server accepts: pages of its own hosts only (RFC
// 6455 section 10.2). It picks the best subprotocol that both speak. Server and
// clients are in this program.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/curlew-ws/curlew"
)

func main() {
	server := httptest.NewServer(http.HandlerFunc(serve))
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")
	for _, origin := range []string{"https://app.example.com", "https://example.net", ""} {
		for _, speaks := range [][]string{{"chat.v1", "chat.v2"}, {"chat.v1"}, {"mail"}} {
			fmt.Printf("%q, %v: %s\n", origin, speaks, try(context.Background(), url, origin, speaks))
		}
	}
}

// serve serves one session. If there is none, Accept has sent the refusal.
func serve(w http.ResponseWriter, r *http.Request) {
	c, err := curlew.Accept(w, r, &curlew.AcceptOptions{
		Origins:      []string{"*.example.com"},
		Subprotocols: []string{"chat.v2", "chat.v1"}, // in order of preference
	})
	if err != nil {
		return
	}
	defer c.Close()
	if c.Subprotocol() == "" {
		c.Shutdown(context.Background(), curlew.ClosePolicy, "expected chat.v1 or chat.v2")
		return
	}
	c.Shutdown(context.Background(), curlew.CloseNormal, "hello in "+c.Subprotocol())
}

// try returns how the server answers.
func try(ctx context.Context, url, origin string, speaks []string) string {
	client := curlew.Client{Subprotocols: speaks, Header: http.Header{}}
	if origin != "" {
		client.Header.Set("Origin", origin)
	}
	c, err := client.Dial(ctx, url)
	var refused *curlew.HandshakeError
	if errors.As(err, &refused) && refused.Response != nil {
		return refused.Response.Status
	}
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	_, _, err = c.ReadMessage(ctx, nil)
	return err.Error()
}
