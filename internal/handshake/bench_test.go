package handshake

import (
	"net/http"
	"net/url"
	"testing"
)

var benchHeader = http.Header{"Origin": {"https://example.com"}, protocolField: {"chat"}, extensionsField: {Deflate{}.Offer()}}

// openClient does the client's part of a handshake: the request, the response, all checks.
func openClient(tb testing.TB, dst []byte, u *url.URL, response []byte) {
	key := NewKey([16]byte([]byte("the sample nonce")))
	if _, err := AppendRequest(dst, u, "", benchHeader, key); err != nil {
		tb.Fatal(err)
	}
	var p ResponseParser
	resp, _, err := p.Parse(response)
	if err != nil {
		tb.Fatal(err)
	}
	if err := CheckUpgrade(resp, RequestKey(benchHeader, key)); err != nil {
		tb.Fatal(err)
	}
	if _, err := CheckSubprotocol(resp.Header, benchHeader[protocolField]); err != nil {
		tb.Fatal(err)
	}
	if agreed, err := (Deflate{}).Check(resp.Header); agreed == nil || err != nil {
		tb.Fatal(agreed, err)
	}
}

// openServer does the server's part, without net/http.
func openServer(tb testing.TB, dst, request []byte) {
	var p RequestParser
	r, _, err := p.Parse(request)
	if err != nil {
		tb.Fatal(err)
	}
	key, _, err := CheckRequest(r)
	if err != nil {
		tb.Fatal(err)
	}
	_, answer := Deflate{}.Accept(r.Header)
	if _, err := AppendResponse(dst, key, SelectSubprotocol(r.Header, benchHeader[protocolField]), answer, nil); err != nil {
		tb.Fatal(err)
	}
}

// benchHeads returns the heads of both directions.
func benchHeads(tb testing.TB) (u *url.URL, request, response []byte) {
	u, err := url.Parse("wss://example.com:443/chat?room=1")
	if err != nil {
		tb.Fatal(err)
	}
	request, err = AppendRequest(nil, u, "", benchHeader, sampleKey)
	if err != nil {
		tb.Fatal(err)
	}
	response, err = AppendResponse(nil, sampleKey, "chat", "permessage-deflate",
		http.Header{"Date": {"Sun, 06 Nov 1994 08:49:37 GMT"}, "Server": {"example"}})
	if err != nil {
		tb.Fatal(err)
	}
	return u, request, response
}

// TestAllocations bounds the allocations of a handshake by 7, so that those of a
// whole connect stay under 30.
func TestAllocations(t *testing.T) {
	u, request, response := benchHeads(t)
	dst := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { openClient(t, dst, u, response) }); n > 7 {
		t.Errorf("the client's part allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { openServer(t, dst, request) }); n > 20 {
		t.Errorf("the server's part allocates %v times", n)
	}
}

func BenchmarkClient(b *testing.B) {
	u, _, response := benchHeads(b)
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		openClient(b, dst, u, response)
	}
}

func BenchmarkServer(b *testing.B) {
	_, request, _ := benchHeads(b)
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		openServer(b, dst, request)
	}
}
