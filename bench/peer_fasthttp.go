//go:build !one || fasthttp

package main

import (
	"sync"

	"github.com/fasthttp/websocket"
)

func init() { dials["fasthttp"] = dialFasthttp }

var fasthttpPool sync.Pool

// dialFasthttp dials with a fork of gorilla, which is used in the same way.
func dialFasthttp(c *cell) (session, error) {
	d := websocket.Dialer{ReadBufferSize: c.bufferLen(), WriteBufferSize: c.bufferLen(), EnableCompression: c.Workload.compressed()}
	if c.many() {
		d.WriteBufferPool = &fasthttpPool
	}
	conn, _, err := d.Dial(c.url(), nil)
	if err != nil {
		return nil, err
	}
	return newGorilla(c, conn), nil
}
