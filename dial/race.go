package dial

import (
	"context"
	"net"
	"time"
)

// happyEyeballs is how long an address has the race to itself, as in curl.
const happyEyeballs = 200 * time.Millisecond

// race tries addrs in their order, the next one when the last has failed or
// delay has passed without an answer, and returns the first connection made
// (RFC 8305 section 5). A delay of 0 is happyEyeballs; with a negative one it
// waits for each to fail. It returns when every attempt has ended, having closed
// what came too late.
func race(ctx context.Context, addrs []string, delay time.Duration, dial func(context.Context, string) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if delay == 0 {
		delay = happyEyeballs
	}
	type result struct {
		conn net.Conn
		err  error
	}
	var (
		winner  net.Conn
		failed  several
		running int
		results = make(chan result)
		turn    = time.NewTimer(0) // the first attempt's
	)
	defer turn.Stop()
	for len(addrs) > 0 || running > 0 {
		select {
		case <-turn.C:
			if len(addrs) == 0 {
				continue
			}
			addr := addrs[0]
			addrs = addrs[1:]
			running++
			go func() {
				conn, err := dial(ctx, addr)
				results <- result{conn, err}
			}()
			if delay > 0 {
				turn.Reset(delay)
			}
		case r := <-results:
			running--
			switch {
			case r.err != nil:
				failed = append(failed, r.err)
				turn.Reset(0)
			case winner == nil:
				winner, addrs = r.conn, nil
				cancel()
			default:
				r.conn.Close()
			}
		}
	}
	if winner != nil {
		return winner, nil
	}
	return nil, failed
}
