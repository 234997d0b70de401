//go:build libcurl && cgo

package main

/*
#cgo pkg-config: libcurl
#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>

static void *dial(const char *url, CURLcode *code) {
	CURL *c = curl_easy_init();
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 2L);
	*code = curl_easy_perform(c);
	return c;
}

static void hang_up(void *c) { curl_easy_cleanup(c); }

// await waits for the socket after CURLE_AGAIN.
static void await(void *c, short events) {
	curl_socket_t s = CURL_SOCKET_BAD;
	curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &s);
	struct pollfd p = {.fd = s, .events = events};
	poll(&p, 1, -1);
}

// receive_chunk receives one chunk through p; last reports whether a message ends with it.
static CURLcode receive_chunk(void *c, char *p, size_t len, size_t *got, int *last) {
	for (;;) {
		const struct curl_ws_frame *meta = NULL;
		CURLcode code = curl_ws_recv(c, p, len, got, (void *)&meta);
		if (code == CURLE_AGAIN) {
			await(c, POLLIN);
			continue;
		}
		*last = !code && meta && meta->bytesleft == 0 && !(meta->flags & CURLWS_CONT);
		return code;
	}
}

// receive_messages receives n messages through p.
static CURLcode receive_messages(void *c, char *p, size_t len, long n) {
	while (n > 0) {
		size_t got;
		int last;
		CURLcode code = receive_chunk(c, p, len, &got, &last);
		if (code)
			return code;
		n -= last;
	}
	return CURLE_OK;
}

// send_messages sends p n times.
static CURLcode send_messages(void *c, const char *p, size_t len, long n) {
	for (; n > 0; n--) {
		for (size_t done = 0; done < len;) {
			size_t sent = 0;
			CURLcode code = curl_ws_send(c, p + done, len - done, &sent, 0, CURLWS_BINARY);
			if (code == CURLE_AGAIN)
				await(c, POLLOUT);
			else if (code)
				return code;
			done += sent;
		}
	}
	return CURLE_OK;
}
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

func init() { dials["libcurl"] = dialLibcurl }

// A libcurl uses CONNECT_ONLY = 2, curl_ws_recv and curl_ws_send, in loops written
// in C, so that the calls from Go cost nothing.
type libcurl struct {
	nothing
	witness
	c    unsafe.Pointer // CURL *
	p    *C.char        // the buffer for messages received, and the message sent
	size C.size_t
	mu   *sync.Mutex // for a crowd: a handle is for one thread at a time
}

func dialLibcurl(c *cell) (session, error) {
	url := C.CString(c.url())
	defer C.free(unsafe.Pointer(url))
	var code C.CURLcode
	size := max(bufferLen, c.Workload.Size)
	s := &libcurl{witness: c.witness, c: C.dial(url, &code), p: (*C.char)(C.calloc(C.size_t(size), 1)), size: C.size_t(c.Workload.Size)}
	if code == C.CURLE_UNSUPPORTED_PROTOCOL {
		return nil, fmt.Errorf("%w: this libcurl was built without the WebSocket API", errAbsent)
	}
	if c.Workload.Crowd > 1 {
		s.mu = new(sync.Mutex)
	}
	return s, failure(code)
}

func failure(code C.CURLcode) error {
	if code == C.CURLE_OK {
		return nil
	}
	return fmt.Errorf("libcurl: %s", C.GoString(C.curl_easy_strerror(code)))
}

func (s *libcurl) Close() error {
	C.hang_up(s.c)
	C.free(unsafe.Pointer(s.p))
	return nil
}

func (s *libcurl) receive(m *meter) error {
	for {
		if s.witness != nil {
			if err := s.read(); err != nil {
				return err
			}
			if m.tick() {
				return nil
			}
			continue
		}
		n := m.left
		if err := failure(C.receive_messages(s.c, s.p, bufferLen, C.long(n))); err != nil {
			return err
		}
		if m.add(int(n)) {
			return nil
		}
	}
}

// send sends the same message again and again, each time as often as the meter's
// batch demands.
func (s *libcurl) send(m *meter) error {
	if s.mu != nil {
		return s.sendInTurn(m)
	}
	for {
		p := m.payload()
		n := m.left
		copy(unsafe.Slice((*byte)(unsafe.Pointer(s.p)), s.size), p)
		if err := failure(C.send_messages(s.c, s.p, s.size, C.long(n))); err != nil {
			return err
		}
		if m.add(int(n)) {
			return nil
		}
	}
}

// sendInTurn is send for one of a crowd.
func (s *libcurl) sendInTurn(m *meter) error {
	for {
		s.mu.Lock()
		err := failure(C.send_messages(s.c, s.p, s.size, 1))
		s.mu.Unlock()
		if err != nil {
			return err
		}
		if m.tick() {
			return nil
		}
	}
}

func (s *libcurl) write(p []byte) error {
	copy(unsafe.Slice((*byte)(unsafe.Pointer(s.p)), s.size), p)
	return failure(C.send_messages(s.c, s.p, s.size, 1))
}

func (s *libcurl) read() error {
	for {
		var got C.size_t
		var last C.int
		if err := failure(C.receive_chunk(s.c, s.p, bufferLen, &got, &last)); err != nil {
			return err
		}
		s.saw(unsafe.Slice((*byte)(unsafe.Pointer(s.p)), got))
		if last != 0 {
			return nil
		}
	}
}
