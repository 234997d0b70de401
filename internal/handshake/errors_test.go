package handshake

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	u := &url.URL{Scheme: "ws", Host: "h", User: url.UserPassword("me", secret), RawQuery: secret + "\n"}
	var errs []error
	try := func(u *url.URL, h http.Header) {
		_, err := AppendRequest(nil, u, "", h, sampleKey)
		errs = append(errs, err)
	}
	try(u, nil)
	try(&url.URL{User: u.User}, nil)
	try(&url.URL{Opaque: secret, Host: "h"}, nil)
	u.RawQuery = ""
	try(u, http.Header{"Authorization": {"Bearer " + secret + "\n"}})
	try(u, http.Header{"Authorization: Bearer " + secret: {""}})
	errs = append(errs, ValidSubprotocols([]string{secret + " "}), ValidSubprotocols([]string{secret, secret}))
	_, err := CheckSubprotocol(http.Header{"Sec-Websocket-Protocol": {"x"}}, []string{secret})
	errs = append(errs, err)
	_, err = AppendResponse(nil, sampleKey, secret+" ", "", nil)
	errs = append(errs, err)
	for _, line := range []string{"Set-Cookie " + secret, "Set-Cookie : " + secret, "Set-Cookie: " + secret + "\x00", " " + secret + "\x00", "Set-Cookie\t" + secret} {
		_, _, err := new(ResponseParser).Parse([]byte("HTTP/1.1 200 OK\r\n" + line + "\r\n\r\n"))
		errs = append(errs, err)
	}
	for _, line := range []string{"GET /?" + secret + " HTTP/2.0", "GET /%zz?" + secret + " HTTP/1.1"} {
		_, _, err := new(RequestParser).Parse([]byte(line + "\r\n\r\n"))
		errs = append(errs, err)
	}
	for i, err := range errs {
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("case %d: got %v, want an error without the secret", i, err)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	_, _, err := new(ResponseParser).Parse([]byte("SSH-2.0-" + strings.Repeat("x", 100)))
	want := `start of the response: expected a line "HTTP/1.1", status code, reason, got "SSH-2.0-` + strings.Repeat("x", 32) + `"...`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, _, err = new(ResponseParser).Parse([]byte("HTTP/1.1 101 X\r\nA: b\r\nno colon\r\n"))
	want = `line 3 of the head: expected a field name and a colon, got "no "`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, _, err = new(RequestParser).Parse([]byte("GET /" + strings.Repeat("x", maxHead)))
	want = "exceeds the limit of 307200 bytes in a head"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
