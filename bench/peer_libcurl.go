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

// receive_messages receives n messages through p.
static CURLcode receive_messages(void *c, char *p, size_t len, long n) {
	while (n > 0) {
		size_t got;
		const struct curl_ws_frame *meta = NULL;
		CURLcode code = curl_ws_recv(c, p, len, &got, (void *)&meta);
		if (code == CURLE_AGAIN)
			await(c, POLLIN);
		else if (code)
			return code;
		else if (meta && meta->bytesleft == 0 && !(meta->flags & CURLWS_CONT))
			n--;
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
	"unsafe"
)

// A libcurl is CONNECT_ONLY = 2, curl_ws_recv and curl_ws_send, in loops written
// in C, so that the calls from Go cost nothing.
type libcurl struct {
	nothing
	c    unsafe.Pointer // CURL *
	p    *C.char
	size C.size_t
}

func dialLibcurl(c *cell) (session, error) {
	url := C.CString(c.url())
	defer C.free(unsafe.Pointer(url))
	var code C.CURLcode
	s := &libcurl{c: C.dial(url, &code), p: (*C.char)(C.malloc(C.size_t(max(bufferLen, c.Workload.Size)))), size: C.size_t(c.Workload.Size)}
	if code == C.CURLE_UNSUPPORTED_PROTOCOL {
		return nil, fmt.Errorf("%w: this libcurl was built without the WebSocket API", errAbsent)
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
		n := m.left
		if err := failure(C.receive_messages(s.c, s.p, bufferLen, C.long(n))); err != nil {
			return err
		}
		if m.add(int(n)) {
			return nil
		}
	}
}

func (s *libcurl) send(m *meter) error {
	for {
		n := m.left
		if err := failure(C.send_messages(s.c, s.p, s.size, C.long(n))); err != nil {
			return err
		}
		if m.add(int(n)) {
			return nil
		}
	}
}

func (s *libcurl) write([]byte) error { return failure(C.send_messages(s.c, s.p, s.size, 1)) }
func (s *libcurl) read() error        { return failure(C.receive_messages(s.c, s.p, bufferLen, 1)) }
