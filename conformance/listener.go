package conformance

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/curlew-ws/curlew/internal/wire"
	"github.com/curlew-ws/curlew/internal/wirescript"
)

// A Listener plays cases with the clients that connect to it. The path in the
// opening handshake selects what a client gets:
//
//	/count     a text message: how many cases there are
//	/case/N    the N-th case, from 1 on, or the one of that number (/case/5.6)
//	/report    a text message: what [WriteTable] writes of this client's results
//
// The query agent=NAME, on any of them, distinguishes several clients. A case that
// is played again replaces its result. All methods may be called concurrently.
type Listener struct {
	cases []*Case
	o     Options
	each  func(agent string, r Result)

	playing sync.RWMutex // a case holds it for reading, a report for writing

	mu      sync.Mutex
	results map[string]map[*Case]Result // by agent
}

// NewListener returns a Listener for the cases of list. If each is not nil, it is
// called with every result, one at a time.
func NewListener(list []*Case, o Options, each func(agent string, r Result)) *Listener {
	return &Listener{cases: list, o: o, each: each, results: map[string]map[*Case]Result{}}
}

// Serve plays with all clients that connect to listener, until ctx ends or
// listener fails. Then it closes listener, waits for the cases being played, and
// returns the cause.
func (l *Listener) Serve(ctx context.Context, listener net.Listener) error {
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	defer listener.Close()
	var playing sync.WaitGroup
	defer playing.Wait()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("waiting for clients: %w", err)
		}
		playing.Go(func() { l.serve(ctx, conn) })
	}
}

// Agents returns the names of the clients that have results, sorted.
func (l *Listener) Agents() (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.results {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Results returns the results of a client, in the order of the cases.
func (l *Listener) Results(agent string) (all []Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.cases {
		if r, ok := l.results[agent][c]; ok {
			all = append(all, r)
		}
	}
	return all
}

// serve serves one client.
func (l *Listener) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, bufferSize)
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	agent := r.URL.Query().Get("agent")
	c := l.find(r.URL.Path, agent)
	if c == nil {
		fmt.Fprint(conn, "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThe paths are /count, /case/N and /report.\n")
		return
	}
	play := func() Result {
		return c.play(ctx, conn, in, true, l.o, func(p *player) error { return p.openServer(r) })
	}
	if c.ID == "" {
		play()
		return
	}
	l.playing.RLock()
	defer l.playing.RUnlock()
	l.note(agent, play())
}

// find returns the case that a path names, or one that only sends a text.
func (l *Listener) find(path, agent string) *Case {
	switch path {
	case "/count":
		return textCase(strconv.Itoa(len(l.cases)))
	case "/report":
		l.playing.Lock() // so that the report includes the client's last case
		l.playing.Unlock()
		var b strings.Builder
		WriteTable(&b, l.Results(agent))
		return textCase(b.String())
	}
	id, ok := strings.CutPrefix(path, "/case/")
	if n, err := strconv.Atoi(id); ok && err == nil && n >= 1 && n <= len(l.cases) {
		return l.cases[n-1]
	}
	for _, c := range l.cases {
		if ok && c.ID == id {
			return c
		}
	}
	return nil
}

// textCase returns a case without a number that sends text and closes.
func textCase(text string) *Case {
	f := wirescript.Frame{Opcode: wire.OpText, Code: wirescript.NoCode}
	f.Payload = wirescript.Items{{Pattern: []byte(text), Size: len(text)}}
	return &Case{steps: []step{send{frame{f}}, done{}}}
}

func (l *Listener) note(agent string, r Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.results[agent] == nil {
		l.results[agent] = map[*Case]Result{}
	}
	l.results[agent][r.Case] = r
	if l.each != nil {
		l.each(agent, r)
	}
}
