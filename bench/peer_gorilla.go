//go:build !one || gorilla

package main

import (
	"sync"

	"github.com/gorilla/websocket"
)

func init() { dials["gorilla"] = dialGorilla }

var gorillaPool sync.Pool

func dialGorilla(c *cell) (session, error) {
	d := websocket.Dialer{ReadBufferSize: c.bufferLen(), WriteBufferSize: c.bufferLen(), EnableCompression: c.Workload.compressed(), TLSClientConfig: clientTLS}
	if c.many() {
		d.WriteBufferPool = &gorillaPool
	}
	conn, _, err := d.Dial(c.url(), nil)
	if err != nil {
		return nil, err
	}
	return newGorilla(c, conn), nil
}
