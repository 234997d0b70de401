//go:build !unix

package main

import "time"

// onResize calls f now and then, since no signal says that the terminal's size
// has changed, until stop is called.
func onResize(f func()) (stop func()) {
	done, ticker := make(chan struct{}), time.NewTicker(time.Second)
	go func() {
		for {
			select {
			case <-ticker.C:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() { ticker.Stop(); close(done) }
}
