package dial

import (
	"context"
	"net"
	"time"
)

// happyEyeballs is the default head start of an address, as in curl.
const happyEyeballs = 200 * time.Millisecond

// race tries addrs in order and returns the first connection made (RFC 8305 section
// 5). It tries the next address when the last has failed, or when delay has passed.
// A delay of 0 is happyEyeballs. If it is negative, each address must fail first.
// race returns after every attempt has ended. It closes connections made too late.
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
		turn    = time.NewTimer(0) // starts the next attempt
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
