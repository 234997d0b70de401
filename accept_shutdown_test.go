package curlew_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// sessions are those of a server that are not over.
type sessions struct {
	mu   sync.Mutex
	down bool
	open map[*curlew.Conn]bool
	all  sync.WaitGroup // those in open
}

// add reports whether c may be served; if so, done must follow.
func (s *sessions) add(c *curlew.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return false
	}
	s.open[c] = true
	s.all.Add(1)
	return true
}

func (s *sessions) done(c *curlew.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	s.all.Done()
}

// serve accepts and serves one session.
func (s *sessions) serve(w http.ResponseWriter, r *http.Request) {
	c, err := curlew.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer c.Close()
	if !s.add(c) {
		return
	}
	defer s.done(c)
	for m, err := range c.Messages(context.Background()) {
		if err != nil || c.WriteMessage(context.Background(), m.Flags, m.Data) != nil {
			return
		}
	}
}

// closeAll says goodbye to every client, five seconds at most to each, all at once.
func (s *sessions) closeAll() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
	for c := range s.open {
		go c.Shutdown(ctx, curlew.CloseGoingAway, "the server is going down")
	}
	go func() {
		s.all.Wait()
		cancel()
	}()
}

// [http.Server.Shutdown] does not know of sessions, which have left the HTTP
// server: RegisterOnShutdown tells whoever does.
func ExampleAccept_shutdown() {
	s := &sessions{open: map[*curlew.Conn]bool{}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	server.Config.RegisterOnShutdown(s.closeAll)
	server.Start()

	ctx := context.Background()
	c, err := curlew.Dial(ctx, "ws://"+server.Listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if err := c.WriteMessage(ctx, curlew.Text, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	_, p, err := c.ReadMessage(ctx, nil)
	fmt.Printf("%s %v\n", p, err)
	go server.Config.Shutdown(ctx)
	_, _, err = c.ReadMessage(ctx, nil)
	fmt.Println(err)
	s.all.Wait()
	// Output:
	// hello <nil>
	// curlew: the peer closed the session with code 1001, "the server is going down"
}

func TestAcceptShutdown(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := &sessions{open: map[*curlew.Conn]bool{}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	server.Config.RegisterOnShutdown(s.closeAll)
	server.Start()
	const many = 50
	ready, done := make(chan bool, many), make(chan error, many)
	for range many {
		go func() {
			c, err := curlew.Dial(t.Context(), wsURL(server))
			if err != nil {
				ready <- false
				done <- err
				return
			}
			defer c.Close()
			c.WriteMessage(t.Context(), curlew.Text, nil)
			_, _, err = c.ReadMessage(t.Context(), nil)
			ready <- err == nil
			_, _, err = c.ReadMessage(t.Context(), nil)
			done <- err
		}()
	}
	for range many {
		if !<-ready {
			t.Error("a client was not served")
		}
	}
	wantNil(t, server.Config.Shutdown(t.Context()))
	for range many {
		wantClose(t, <-done, curlew.CloseGoingAway, "the server is going down")
	}
	s.all.Wait()
}
