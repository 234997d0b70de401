package main

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
)

// A server may keep --retry waiting for hours, but not for years.
func TestRememberedRetryAfter(t *testing.T) {
	for said, want := range map[string]time.Duration{
		"5": 5 * time.Second, "x": 0, "-1": 0, "21600": maxRetryAfter, "21601": maxRetryAfter, "2147483647": maxRetryAfter, "99999999999999999999": maxRetryAfter,
		"Sun, 06 Nov 1994 08:49:37 GMT": 0, "Sun, 06 Nov 2994 08:49:37 GMT": maxRetryAfter,
	} {
		r := &http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {said}}}
		err := &curlew.HandshakeError{Response: &curlew.Response{Response: r}, Err: io.EOF}
		if got := retryAfter(err); got != want {
			t.Errorf("%q: got %v, want %v", said, got, want)
		}
	}
}
