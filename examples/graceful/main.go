// Graceful is a server of many long sessions that shuts down gracefully. At an
// interrupt it accepts no more sessions, closes each with 1001 ("going away"), waits
// for the answers, and prints how many sessions there were.
//
//	graceful [ADDRESS]
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
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
	ending, end := context.WithCancel(context.Background())
	all := &sessions{ending: ending}
	server := &http.Server{Handler: all, ReadHeaderTimeout: 10 * time.Second}
	server.RegisterOnShutdown(end) // Shutdown does not know hijacked connections
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(interrupted, func() { server.Shutdown(context.Background()) })
	if err := server.Serve(l); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-ending.Done()
	all.running.Wait()
	fmt.Printf("%d sessions ended\n", all.n)
}

// sessions are the open sessions, and the number of all there were.
type sessions struct {
	ending  context.Context
	mu      sync.Mutex
	n       int
	running sync.WaitGroup
}

// begin counts a session, unless the server is ending: then main already waits for
// the counted ones, and none may be added.
func (s *sessions) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending.Err() != nil {
		return false
	}
	s.n++
	s.running.Add(1)
	return true
}

// ServeHTTP serves one session, which echoes. If there is none, Accept has sent the
// refusal.
func (s *sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		http.Error(w, "the server ends", http.StatusServiceUnavailable)
		return
	}
	defer s.running.Done()
	c, err := curlew.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	closed := make(chan struct{})
	stop := context.AfterFunc(s.ending, func() { defer close(closed); goAway(c) })
	for m, err := range c.Messages(context.Background()) {
		if err != nil || c.WriteMessage(context.Background(), m.Flags, m.Data) != nil {
			break
		}
	}
	if !stop() {
		<-closed
	}
}

// goAway makes the closing handshake while the session's loop receives. A client
// that does not answer is dropped after 5 seconds.
func goAway(c *curlew.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := c.Shutdown(ctx, curlew.CloseGoingAway, "the server ends"); err != nil {
		log.Print(err)
	}
}
