package protocol

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	const tooBig, long = 1009, 1<<63 - 1
	frame, message, fragments := Decoder{Limits: Limits{Frame: 200}}, Decoder{Limits: Limits{Message: 200}}, Decoder{Limits: Limits{Fragments: 3}}
	deflated := Decoder{Compressed: true, Limits: Limits{Message: 3}}
	for _, tc := range []struct {
		script
		limit string // the option that the error names
	}{
		{script{name: "frame of the limit", set: frame, parts: []part{fr(bin, runes(200)), fr(binaryGo, runes(200)), fr(cont, runes(200))}, want: "2:200 6:200 2:200"}, ""},
		{script{name: "frame one too long", set: frame, parts: []part{fr(ping, "p"), fr(bin, runes(201))}, want: "16:1", fault: fault{tooBig, 1, -1}}, "MaxFrame"},
		{script{name: "fragment one too long", set: frame, parts: []part{fr(textGo, ""), fr(cont, runes(201))}, want: "5:0", fault: fault{tooBig, 1, -1}}, "MaxFrame"},
		{script{name: "the longest frame", set: frame, parts: []part{{first: bin, length: long}}, fault: fault{tooBig, 0, -1}}, "MaxFrame"},
		{script{name: "message of the limit", set: message, parts: []part{fr(text, runes(200)), fr(binaryGo, runes(100)), fr(ping, runes(100)), fr(contGo, ""), fr(cont, runes(100)), fr(text, runes(200))},
			want: "1:200 6:100 16:100 6:0 2:100 1:200"}, ""},
		{script{name: "message one too long", set: message, parts: []part{fr(text, runes(201))}, fault: fault{tooBig, 0, -1}}, "MaxMessage"},
		{script{name: "fragments one too long", set: message, parts: []part{fr(textGo, runes(100)), fr(contGo, runes(100)), fr(cont, "x")}, want: "5:100 5:100", fault: fault{tooBig, 2, -1}}, "MaxMessage"},
		{script{name: "the longest fragment", set: message, parts: []part{fr(textGo, "x"), {first: cont, length: long}}, want: "5:1", fault: fault{tooBig, 1, -1}}, "MaxMessage"},
		{script{name: "a compressed message is not counted here", set: deflated, parts: []part{fr(0x40|text, "1234"), fr(0x40|binaryGo, "1234"), fr(cont, "1234"), fr(bin, "123")}, want: "257:4 262:4 258:4 2:3"}, ""},
		{script{name: "a plain one after it is", set: deflated, parts: []part{fr(0x40|text, "1234"), fr(bin, "1234")}, want: "257:4", fault: fault{tooBig, 1, -1}}, "MaxMessage"},
		{script{name: "fragments of the limit", set: fragments, parts: []part{fr(textGo, ""), fr(contGo, ""), fr(ping, ""), fr(cont, ""), fr(binaryGo, ""), fr(contGo, ""), fr(cont, "x")},
			want: "5:0 5:0 16:0 1:0 6:0 6:0 2:1"}, ""},
		{script{name: "a fragment too many", set: fragments, parts: []part{fr(textGo, "a"), fr(contGo, ""), fr(pong, ""), fr(contGo, ""), fr(cont, "")}, want: "5:1 5:0 64:0 5:0", fault: fault{tooBig, 4, -1}}, "MaxFragments"},
		{script{name: "a message of one", set: Decoder{Limits: Limits{Message: 1}}, parts: []part{fr(bin, "a"), fr(bin, "ab")}, want: "2:1", fault: fault{tooBig, 1, -1}}, "MaxMessage"},
		{script{name: "a frame of one", set: Decoder{Limits: Limits{Frame: 1}}, parts: []part{fr(bin, "a"), fr(bin, "ab")}, want: "2:1", fault: fault{tooBig, 1, -1}}, "MaxFrame"},
		{script{name: "one fragment", set: Decoder{Limits: Limits{Fragments: 1}}, parts: []part{fr(bin, "a"), fr(binaryGo, "ab"), fr(cont, "")}, want: "2:1 6:2", fault: fault{tooBig, 2, -1}}, "MaxFragments"},
		{script{name: "control frames have their own limit", set: Decoder{Limits: Limits{1, 1, 1}}, parts: []part{fr(ping, runes(125)), fr(bin, "a"), fr(closing, closeCode(1000)+runes(123))}, want: "16:125 2:1 8:125"}, ""},
	} {
		for _, server := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/server=%t", tc.name, server), func(t *testing.T) {
				err := checkScript(t, tc.script, server)
				var l *Limit
				if errors.As(err, &l) != (tc.limit != "") || l != nil && (l.Name != tc.limit || !strings.Contains(err.Error(), tc.limit)) {
					t.Errorf("got %v, expected a Limit of the name %q", err, tc.limit)
				}
			})
		}
	}
}

// TestLongestFrame decodes the first and the last bytes of a frame of 2^63-1
// bytes, and what follows it.
func TestLongestFrame(t *testing.T) {
	d := Decoder{Compressed: true}
	head := part{first: binaryGo, length: math.MaxInt64}.append(nil, false)
	if n, err := d.Header(head); n != 10 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	m, err := d.Payload(make([]byte, 3), []byte("abc"))
	if want := (Meta{Flags: Binary | Cont, BytesLeft: math.MaxInt64 - 3, Len: 3}); m != want || err != nil {
		t.Errorf("got %+v, %v; expected %+v", m, err, want)
	}
	d.left, d.offset = 2, math.MaxInt64-2 // as after years
	m, err = d.Payload(make([]byte, 1), []byte("y"))
	if want := (Meta{Flags: Binary | Cont, Offset: math.MaxInt64 - 2, BytesLeft: 1, Len: 1}); m != want || err != nil {
		t.Errorf("got %+v, %v; expected %+v", m, err, want)
	}
	m, err = d.Payload(make([]byte, 1), []byte("z"))
	if want := (Meta{Flags: Binary | Cont, Offset: math.MaxInt64 - 1, Len: 1}); m != want || err != nil || d.Open() {
		t.Errorf("got %+v, %v, open %t; expected %+v", m, err, d.Open(), want)
	}
	d.offset = 0
	if n, err := d.Header(part{first: cont, length: math.MaxInt64}.append(nil, false)); n != 10 || err != nil {
		t.Errorf("a second such frame of the message: got %d, %v", n, err)
	}
}
