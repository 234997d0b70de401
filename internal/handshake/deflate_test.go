package handshake

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDeflateValidate(t *testing.T) {
	t.Parallel()
	for n := -1; n <= 17; n++ {
		valid := n == 0 || n >= 8 && n <= 15
		for _, d := range []Deflate{{ServerBits: n}, {ClientBits: n}, {ServerBits: 15, ClientBits: n}} {
			err := d.Validate()
			if valid != (err == nil) || err != nil && !errors.As(err, new(*SyntaxError)) {
				t.Errorf("%+v: %v", d, err)
			}
		}
	}
}

func TestDeflateOffer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wish Deflate
		want string
	}{
		{Deflate{}, "permessage-deflate; client_max_window_bits"},
		{Deflate{ServerBits: 15, ClientBits: 15}, "permessage-deflate; client_max_window_bits"},
		{Deflate{ServerNoTakeover: true}, "permessage-deflate; server_no_context_takeover; client_max_window_bits"},
		{Deflate{ClientNoTakeover: true}, "permessage-deflate; client_no_context_takeover; client_max_window_bits"},
		{Deflate{ServerBits: 8}, "permessage-deflate; server_max_window_bits=8; client_max_window_bits"},
		{Deflate{ClientBits: 14}, "permessage-deflate; client_max_window_bits=14"},
		{Deflate{true, true, 10, 9}, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; " +
			"server_max_window_bits=10; client_max_window_bits=9"},
	} {
		if got := c.wish.Offer(); got != c.want {
			t.Errorf("%+v offers %q, want %q", c.wish, got, c.want)
		}
	}
}

func TestDeflateCheck(t *testing.T) {
	t.Parallel()
	const pmd = "permessage-deflate"
	for _, c := range []struct {
		offer  Deflate
		answer string
		want   string // the agreement, or a part of the error
	}{
		{Deflate{}, "", "<nil>"},
		{Deflate{true, true, 9, 9}, "", "<nil>"},
		{Deflate{}, pmd, "&{false false 15 15}"},
		{Deflate{}, pmd + "; server_no_context_takeover; client_no_context_takeover", "&{true true 15 15}"},
		{Deflate{}, pmd + `; client_max_window_bits="9"; server_max_window_bits=8`, "&{false false 8 9}"},
		{Deflate{}, pmd + "; server_max_window_bits=15; client_max_window_bits=15", "&{false false 15 15}"},
		{Deflate{ClientNoTakeover: true}, pmd, "&{false true 15 15}"}, // a hint binds only the client
		{Deflate{ClientBits: 10}, pmd, "&{false false 15 10}"},
		{Deflate{ClientBits: 10}, pmd + "; client_max_window_bits=9", "&{false false 15 9}"},
		{Deflate{ClientBits: 10}, pmd + "; client_max_window_bits=11", "client_max_window_bits of at most 10, got 11"},
		{Deflate{ServerNoTakeover: true}, pmd + "; server_no_context_takeover", "&{true false 15 15}"},
		{Deflate{ServerNoTakeover: true}, pmd, "server_no_context_takeover as offered, got none"},
		{Deflate{ServerBits: 10}, pmd + "; server_max_window_bits=10", "&{false false 10 15}"},
		{Deflate{ServerBits: 10}, pmd + "; server_max_window_bits=8", "&{false false 8 15}"},
		{Deflate{ServerBits: 10}, pmd, "server_max_window_bits as offered, got none"},
		{Deflate{ServerBits: 10}, pmd + "; server_max_window_bits=11", "server_max_window_bits of at most 10, got 11"},
		{Deflate{}, pmd + "; client_max_window_bits", "each once"}, // in an answer it needs a value
		{Deflate{}, pmd + "; server_max_window_bits", "each once"},
		{Deflate{}, pmd + "; server_max_window_bits=7", "each once"},
		{Deflate{}, pmd + "; server_max_window_bits=16", "each once"},
		{Deflate{}, pmd + "; server_max_window_bits=08", "each once"},
		{Deflate{}, pmd + "; server_max_window_bits=+9", "each once"},
		{Deflate{}, pmd + "; client_max_window_bits=0", "each once"},
		{Deflate{}, pmd + "; server_no_context_takeover=1", "each once"},
		{Deflate{}, pmd + "; client_no_context_takeover=true", "each once"},
		{Deflate{}, pmd + "; server_no_context_takeover; server_no_context_takeover", "each once"},
		{Deflate{}, pmd + "; client_no_context_takeover; client_no_context_takeover", "each once"},
		{Deflate{}, pmd + "; server_max_window_bits=9; server_max_window_bits=9", "each once"},
		{Deflate{}, pmd + "; client_max_window_bits=9; client_max_window_bits=10", "each once"},
		{Deflate{}, pmd + "; unknown", `got "unknown"`},
		{Deflate{}, pmd + "; Server_no_context_takeover", "each once"},
		{Deflate{}, pmd + ", " + pmd, "one answer, got 2"},
		{Deflate{}, "x-webkit-deflate-frame", "only what was offered"},
		{Deflate{}, pmd + ", x", `got "x"`},
		{Deflate{}, pmd + ";", "name; param"},
	} {
		agreed, err := c.offer.Check(extensionHeader(c.answer))
		got := fmt.Sprint(agreed)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || err != nil && agreed != nil {
			t.Errorf("%+v answered %q: %v, %v, want %s", c.offer, c.answer, agreed, err, c.want)
		}
	}
}

func TestDeflateAccept(t *testing.T) {
	t.Parallel()
	const pmd = "permessage-deflate"
	for _, c := range []struct {
		prefs       Deflate
		offers      string
		agreed, ans string
	}{
		{Deflate{}, "", "<nil>", ""},
		{Deflate{}, "x, y; z", "<nil>", ""},
		{Deflate{}, pmd, "&{false false 15 15}", pmd},
		{Deflate{}, pmd + "; client_max_window_bits", "&{false false 15 15}", pmd},
		{Deflate{}, pmd + "; client_max_window_bits=15", "&{false false 15 15}", pmd},
		{Deflate{}, pmd + "; client_max_window_bits=10", "&{false false 15 10}", pmd + "; client_max_window_bits=10"},
		{Deflate{}, pmd + `; server_max_window_bits="9"`, "&{false false 9 15}", pmd + "; server_max_window_bits=9"},
		{Deflate{}, pmd + "; server_max_window_bits=15", "&{false false 15 15}", pmd + "; server_max_window_bits=15"},
		{Deflate{}, pmd + "; client_no_context_takeover; server_no_context_takeover", "&{true true 15 15}",
			pmd + "; server_no_context_takeover; client_no_context_takeover"},
		{Deflate{true, true, 0, 0}, pmd, "&{true true 15 15}", pmd + "; server_no_context_takeover; client_no_context_takeover"},
		{Deflate{ServerBits: 10}, pmd, "&{false false 10 15}", pmd + "; server_max_window_bits=10"},
		{Deflate{ServerBits: 10}, pmd + "; server_max_window_bits=12", "&{false false 10 15}", pmd + "; server_max_window_bits=10"},
		{Deflate{ServerBits: 10}, pmd + "; server_max_window_bits=8", "&{false false 8 15}", pmd + "; server_max_window_bits=8"},
		{Deflate{ClientBits: 10}, pmd, "<nil>", ""}, // the client does not allow a limit
		{Deflate{ClientBits: 10}, pmd + "; client_max_window_bits", "&{false false 15 10}", pmd + "; client_max_window_bits=10"},
		{Deflate{ClientBits: 10}, pmd + "; client_max_window_bits=9", "&{false false 15 9}", pmd + "; client_max_window_bits=9"},
		{Deflate{ClientBits: 10}, pmd + "; client_max_window_bits=12", "&{false false 15 10}", pmd + "; client_max_window_bits=10"},
		{Deflate{ClientBits: 10}, pmd + ", " + pmd + "; client_max_window_bits", "&{false false 15 10}", pmd + "; client_max_window_bits=10"},
		// Offers that must be declined, so that the next one is accepted.
		{Deflate{}, pmd + "; server_max_window_bits, " + pmd, "&{false false 15 15}", pmd},
		{Deflate{}, pmd + "; server_max_window_bits=16, " + pmd, "&{false false 15 15}", pmd},
		{Deflate{}, pmd + "; client_max_window_bits=7, " + pmd, "&{false false 15 15}", pmd},
		{Deflate{}, pmd + "; client_max_window_bits=010, " + pmd, "&{false false 15 15}", pmd},
		{Deflate{}, pmd + "; client_no_context_takeover=1, " + pmd, "&{false false 15 15}", pmd},
		{Deflate{}, pmd + "; unknown=1, x, " + pmd + "; server_max_window_bits=9", "&{false false 9 15}", pmd + "; server_max_window_bits=9"},
		{Deflate{}, pmd + "; client_max_window_bits; client_max_window_bits", "<nil>", ""},
		{Deflate{}, pmd + "; client_max_window_bits; client_max_window_bits=9", "<nil>", ""},
		{Deflate{}, pmd + "; server_no_context_takeover; server_no_context_takeover", "<nil>", ""},
		{Deflate{}, pmd + ";", "<nil>", ""},
	} {
		agreed, answer := c.prefs.Accept(extensionHeader(c.offers))
		if fmt.Sprint(agreed) != c.agreed || answer != c.ans {
			t.Errorf("%+v offered %q: %v, %q, want %s, %q", c.prefs, c.offers, agreed, answer, c.agreed, c.ans)
		}
		checkAgreement(t, c.prefs, extensionHeader(c.offers))
	}
}

// TestDeflateEveryPair checks that for whatever a client wants and a server prefers,
// both compute the same agreement, within the limits of both, or none.
func TestDeflateEveryPair(t *testing.T) {
	t.Parallel()
	var all []Deflate
	for i := range 4 {
		for _, server := range []int{0, 8, 11, 15} {
			for _, client := range []int{0, 8, 11, 15} {
				all = append(all, Deflate{i&1 != 0, i&2 != 0, server, client})
			}
		}
	}
	for _, wish := range all {
		for _, prefs := range all {
			agreed, answer := prefs.Accept(extensionHeader(wish.Offer()))
			checked, err := wish.Check(extensionHeader(answer))
			if err != nil || agreed == nil || *agreed != *checked {
				t.Fatalf("%+v, %+v: server %+v, client %+v, %v", wish, prefs, agreed, checked, err)
			}
			want := Deflate{wish.ServerNoTakeover || prefs.ServerNoTakeover, wish.ClientNoTakeover || prefs.ClientNoTakeover,
				min(bits(wish.ServerBits), bits(prefs.ServerBits)), min(bits(wish.ClientBits), bits(prefs.ClientBits))}
			if *agreed != want {
				t.Errorf("%+v, %+v: agreed %+v, want %+v", wish, prefs, *agreed, want)
			}
		}
	}
}

// TestDeflateConformance has the negotiations of groups 12 and 13 of the conformance
// suite, in both roles.
func TestDeflateConformance(t *testing.T) {
	t.Parallel()
	const a = "permessage-deflate; client_no_context_takeover; client_max_window_bits"
	const none, nine, fifteen = "; server_no_context_takeover", "; server_max_window_bits=9", "; server_max_window_bits=15"
	for _, c := range []struct {
		row, offer, answer string  // of the suite's client; of its server to our plain offer
		server, client     Deflate // what our server and our client agree to
	}{
		{"13.1", a, "permessage-deflate", Deflate{false, true, 15, 15}, Deflate{false, false, 15, 15}},
		{"13.2", a + none, "permessage-deflate; client_no_context_takeover", Deflate{true, true, 15, 15}, Deflate{false, true, 15, 15}},
		{"13.3", a + nine, "permessage-deflate; client_max_window_bits=9", Deflate{false, true, 9, 15}, Deflate{false, false, 15, 9}},
		{"13.4", a + fifteen, "permessage-deflate; client_max_window_bits=15", Deflate{false, true, 15, 15}, Deflate{false, false, 15, 15}},
		{"13.5", a + none + nine, "permessage-deflate; client_no_context_takeover; client_max_window_bits=9",
			Deflate{true, true, 9, 15}, Deflate{false, true, 15, 9}},
		{"13.6", a + none + fifteen, "permessage-deflate; client_no_context_takeover; client_max_window_bits=15",
			Deflate{true, true, 15, 15}, Deflate{false, true, 15, 15}},
		{"13.7", a + none + nine + ", " + a + none + ", " + a, "permessage-deflate; client_no_context_takeover; client_max_window_bits=9",
			Deflate{true, true, 9, 15}, Deflate{false, true, 15, 9}},
	} {
		agreed, answer := Deflate{}.Accept(extensionHeader(c.offer))
		if agreed == nil || *agreed != c.server {
			t.Errorf("%s as server: %+v, %q, want %+v", c.row, agreed, answer, c.server)
		}
		agreed, err := Deflate{}.Check(extensionHeader(c.answer))
		if err != nil || agreed == nil || *agreed != c.client {
			t.Errorf("%s as client: %+v, %v, want %+v", c.row, agreed, err, c.client)
		}
	}
	// The suite's server echoes the server's parameters of an offer.
	wish := Deflate{true, true, 9, 0}
	agreed, err := wish.Check(extensionHeader("permessage-deflate; server_no_context_takeover; server_max_window_bits=9"))
	if err != nil || agreed == nil || *agreed != (Deflate{true, true, 9, 15}) {
		t.Errorf("echoed parameters: %+v, %v", agreed, err)
	}
}
