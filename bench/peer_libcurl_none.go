//go:build !libcurl || !cgo

package main

import "fmt"

// linked reports whether this program has libcurl in it.
const linked = false

func dialLibcurl(*cell) (session, error) {
	return nil, fmt.Errorf("%w: build with cgo and -tags libcurl where a libcurl with the WebSocket API is installed", errAbsent)
}
