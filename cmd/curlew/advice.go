package main

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"syscall"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// advice is what to do about an error whose text does not say it; the first
// that fits counts.
var advice = []struct {
	fits func(error) bool
	text string
}{
	{coded(codeProxyName), "is the name of the proxy right?"},
	{coded(codeName), "is the name right? --resolve HOST:PORT:ADDRESS gives an address for it"},
	{is(syscall.ECONNREFUSED), "nothing listens there: are host and port right?"},
	{brokenOff, "does the port speak plain ws:// instead?"},
	{coded(codeNothing), "a port that speaks TLS is reached by wss://"},
	{wantsTLS, "the port speaks TLS, and is reached by wss://"},
	{status(http.StatusUnauthorized), "-u USER:PASSWORD or --oauth2-bearer TOKEN say who asks; --anyauth takes the scheme that the server wants"},
	{status(http.StatusForbidden), "does the server want credentials, a cookie (-b), or an Origin (-H 'Origin: https://…')?"},
	{status(http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusOK), "is the URL's path that of the WebSocket?"},
	{status(http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect), "-L follows redirects; from wss to ws only --location-trusted does"},
	{status(http.StatusTooManyRequests, http.StatusServiceUnavailable), "it may pass: --retry NUMBER repeats it"},
	{func(err error) bool { return exitCode(err) == codeWrite && errors.Is(err, fs.ErrNotExist) }, "--create-dirs makes the directories of -o"},
}

func coded(code int) func(error) bool {
	return func(err error) bool { return exitCode(err) == code }
}

// status matches upgrades refused with one of these.
func status(codes ...int) func(error) bool {
	return func(err error) bool {
		for _, code := range codes {
			if r := answer(err); refused(err) && r.StatusCode == code {
				return true
			}
		}
		return false
	}
}

// brokenOff matches a TLS handshake that the host ended without a word.
func brokenOff(err error) bool {
	return at(dial.TLS)(err) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET))
}

// wantsTLS matches what Go's server, nginx and others say on a port for TLS.
func wantsTLS(err error) bool {
	h, ok := errors.AsType[*curlew.HandshakeError](err)
	return ok && status(http.StatusBadRequest)(err) && strings.Contains(string(h.Body), "HTTPS")
}

// advised is the error's text and what to do about it.
func advised(err error) string {
	text := plain(err)
	for _, a := range advice {
		if a.fits(err) && !strings.Contains(text, a.text) {
			return text + "; " + a.text
		}
	}
	return text
}
