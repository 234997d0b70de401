// Chat serves a page on which all who open it talk to each other. What one says
// is prepared once and sent to all; who does not keep up is dropped. What clients
// send is checked before others get it: bytes that are not UTF-8, sent to all as
// text, would end all sessions. At an interrupt it closes the sessions in good
// order, and ends.
//
//	chat [ADDRESS]
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"

	"github.com/curlew-ws/curlew"
)

//go:embed index.html
var page []byte

const (
	patience    = 5 * time.Second       // how long the sessions have to end
	pace        = 20 * time.Millisecond // a message of each member: nobody talks the others out of the room
	longestName = 40                    // characters
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
	fmt.Printf("http://%s/\n", l.Addr())
	room := &room{members: map[*member]bool{}}
	http.Handle("/chat", room)
	http.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	})
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
	server.RegisterOnShutdown(room.close)
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-interrupted.Done()
		server.Shutdown(context.Background())
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	room.close()
}

// A room is where everybody hears what anybody says.
type room struct {
	mu       sync.Mutex
	members  map[*member]bool
	closed   bool
	sessions sync.WaitGroup
}

// A member is a session, and what it is still to be sent.
type member struct {
	c    *curlew.Conn
	news chan *curlew.Prepared
}

// ServeHTTP is one session. Accept has sent the refusal if there is none.
func (r *room) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c, err := curlew.Accept(w, req, &curlew.AcceptOptions{
		Compression:  &curlew.Compression{ServerNoTakeover: true}, // so that a message is deflated once for all
		PingInterval: 30 * time.Second,
		MaxMessage:   16 << 10,
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer c.Close()
	m := &member{c: c, news: make(chan *curlew.Prepared, 64)}
	if !r.join(m) {
		m.end(curlew.CloseGoingAway, serverEnds)
		return
	}
	defer r.sessions.Done()
	go m.send()
	name := printable(req.URL.Query().Get("name"))
	r.say(name + " is here")
	r.listen(m, name)
	r.leave(m)
	r.say(name + " left")
}

// printable makes a name of what a client calls itself: UTF-8, short, and
// nothing that changes how the text around it looks.
func printable(s string) string {
	name := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, s))
	if len(name) == 0 {
		return "somebody"
	}
	return string(name[:min(len(name), longestName)])
}

// listen passes on what m says, until its session ends.
func (r *room) listen(m *member, name string) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for message, err := range m.c.Messages(context.Background()) {
		if err != nil {
			log.Print(err)
			return
		}
		if message.Flags&curlew.Text == 0 { // which may be any bytes
			m.end(curlew.CloseUnsupportedData, "expected text")
			return
		}
		r.say(name + ": " + string(message.Data))
		<-ticker.C
	}
}

// join lets m in, unless the room is closed.
func (r *room) join(m *member) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.sessions.Add(1)
	r.members[m] = true
	return true
}

func (r *room) leave(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members[m] {
		delete(r.members, m)
		close(m.news)
	}
}

// say tells everybody. It never waits: who has too much to hear already is dropped.
func (r *room) say(text string) {
	news, err := curlew.Prepare(curlew.Text, []byte(text))
	if err != nil {
		log.Print(err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.members {
		select {
		case m.news <- news:
		default:
			delete(r.members, m)
			close(m.news)
			go m.c.Close()
		}
	}
}

// close ends the sessions and waits for them; it may be called again.
func (r *room) close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		for m := range r.members {
			go m.end(curlew.CloseGoingAway, serverEnds)
		}
	}
	r.mu.Unlock()
	r.sessions.Wait()
}

// send sends the news, as long as there may be some.
func (m *member) send() {
	for news := range m.news {
		m.c.SetWriteDeadline(time.Now().Add(patience))
		if err := m.c.SendPrepared(news); err != nil {
			m.c.Close()
		}
	}
}

const serverEnds = "the server ends"

// end is the closing handshake, which may go on beside the loop that receives.
func (m *member) end(code int, reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := m.c.Shutdown(ctx, code, reason); err != nil {
		log.Print(err)
	}
}
