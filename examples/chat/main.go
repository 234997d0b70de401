// Chat serves a page on which everyone who opens it can talk to the others. Each
// message is prepared once and sent to all. A member that does not keep up is
// dropped. What clients send is checked before others get it: bytes that are not
// UTF-8, sent to all as text, would end all sessions. At an interrupt it closes
// the sessions gracefully, and exits.
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
	pace        = 20 * time.Millisecond // between messages of one member, so that nobody crowds out the others
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

// A room relays what each member says to all members.
type room struct {
	mu       sync.Mutex
	members  map[*member]bool
	closed   bool
	sessions sync.WaitGroup
}

// A member is a session and the messages still to be sent to it.
type member struct {
	c    *curlew.Conn
	news chan *curlew.Prepared
}

// ServeHTTP serves one session. If there is none, Accept has sent the refusal.
func (r *room) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c, err := curlew.Accept(w, req, &curlew.AcceptOptions{
		Compression:  &curlew.Compression{ServerNoTakeover: true}, // so that a message is deflated only once
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

// printable turns what a client calls itself into a name. It is UTF-8, short, and
// without characters that change how the text around it looks.
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
		if message.Flags&curlew.Text == 0 { // it may be any bytes
			m.end(curlew.CloseUnsupportedData, "expected text")
			return
		}
		r.say(name + ": " + string(message.Data))
		<-ticker.C
	}
}

// join adds m, unless the room is closed.
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

// say sends text to all members. It never waits: a member with too many messages
// waiting is dropped.
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

// send sends the member's messages until the channel is closed.
func (m *member) send() {
	for news := range m.news {
		m.c.SetWriteDeadline(time.Now().Add(patience))
		if err := m.c.SendPrepared(news); err != nil {
			m.c.Close()
		}
	}
}

const serverEnds = "the server ends"

// end makes the closing handshake, if need be while the session's loop receives.
func (m *member) end(code int, reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := m.c.Shutdown(ctx, code, reason); err != nil {
		log.Print(err)
	}
}
