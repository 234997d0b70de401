package conformance

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"
)

// RunServer plays list, n cases at a time, against the server of the URL u. It
// connects with dial. It returns the results in the order of list. If each is not
// nil, it is called with every result as soon as there is one, one call at a time.
// RunServer blocks until all cases are played; when ctx ends, the rest fail.
func RunServer(ctx context.Context, u *url.URL, dial func(context.Context) (net.Conn, error), list []*Case, n int, o Options, each func(Result)) []Result {
	results := make([]Result, len(list))
	free := make(chan struct{}, max(n, 1))
	var played sync.WaitGroup
	var mu sync.Mutex // guards each
	for i, c := range list {
		free <- struct{}{}
		played.Go(func() {
			defer func() { <-free }()
			results[i] = c.dial(ctx, u, dial, o)
			if each != nil {
				mu.Lock()
				defer mu.Unlock()
				each(results[i])
			}
		})
	}
	played.Wait()
	return results
}

// dial plays c on a connection of its own.
func (c *Case) dial(ctx context.Context, u *url.URL, dial func(context.Context) (net.Conn, error), o Options) Result {
	start := time.Now()
	conn, err := dial(ctx)
	if err != nil {
		return result(c, fmt.Errorf("connecting to the server: %w", err), time.Since(start))
	}
	return c.Connect(ctx, conn, u, o)
}
