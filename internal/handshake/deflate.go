package handshake

import (
	"net/http"
	"strconv"
)

// Deflate holds the parameters of permessage-deflate (RFC 7692 section 7.1): those
// that a client or server wants, or those that were agreed. In what is wanted, 0
// bits mean no limit, that is 15. In what Check and Accept return as agreed, bits
// are 8 to 15.
type Deflate struct {
	ServerNoTakeover bool // the server compresses each message on its own
	ClientNoTakeover bool // the client compresses each message on its own
	ServerBits       int  // the server's window is at most 1<<ServerBits bytes
	ClientBits       int  // the client's window is at most 1<<ClientBits bytes
}

const (
	DeflateName      = "permessage-deflate" // of the extension
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverMaxBits    = "server_max_window_bits"
	clientMaxBits    = "client_max_window_bits"
)

// Validate returns a *SyntaxError if window bits are neither 0 nor 8 to 15.
func (d Deflate) Validate() error {
	for _, n := range [...]int{d.ServerBits, d.ClientBits} {
		if n != 0 && (n < 8 || n > 15) {
			return &SyntaxError{"window bits of permessage-deflate", "8 to 15, or 0", strconv.Itoa(n)}
		}
	}
	return nil
}

// Offer returns the value of Sec-WebSocket-Extensions with which a client asks
// for d. The server's parameters are demands; they are named if they limit
// something. The client's are hints: the client keeps to them whatever the
// answer is. client_max_window_bits is always there, so that the server may set
// a limit. It has no value if the client sets none.
func (d Deflate) Offer() string {
	server, client := "", "; "+clientMaxBits
	if bits(d.ServerBits) < 15 {
		server = bitsParam(serverMaxBits, d.ServerBits)
	}
	if bits(d.ClientBits) < 15 {
		client = bitsParam(clientMaxBits, d.ClientBits)
	}
	return d.format(server, client)
}

// Check returns what a server's answer to the offer agrees to, nil if the server
// declined. If RFC 7692 does not allow the answer, or it names another
// extension, Check returns an *UpgradeError or a *SyntaxError. The client must
// then fail the handshake.
func (offer Deflate) Check(h http.Header) (agreed *Deflate, err error) {
	list, err := ParseExtensions(h)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	for _, e := range list {
		if e.Name != DeflateName {
			return nil, notOffered(e)
		}
	}
	if len(list) > 1 {
		return nil, badDeflate("one answer", strconv.Itoa(len(list)))
	}
	answer, err := parseDeflate(list[0], true)
	if err != nil {
		return nil, err
	}
	return offer.agree(answer)
}

// agree combines an offer with the answer to it.
func (offer Deflate) agree(answer Deflate) (*Deflate, error) {
	most, clientMost := bits(offer.ServerBits), bits(offer.ClientBits)
	switch {
	case offer.ServerNoTakeover && !answer.ServerNoTakeover:
		return nil, badDeflate(serverNoTakeover+" as offered", "none")
	case most < 15 && answer.ServerBits == 0:
		return nil, badDeflate(serverMaxBits+" as offered", "none")
	case answer.ServerBits > most:
		return nil, badDeflate(serverMaxBits+" of at most "+strconv.Itoa(most), strconv.Itoa(answer.ServerBits))
	case answer.ClientBits > clientMost:
		return nil, badDeflate(clientMaxBits+" of at most "+strconv.Itoa(clientMost), strconv.Itoa(answer.ClientBits))
	}
	answer.ClientNoTakeover = answer.ClientNoTakeover || offer.ClientNoTakeover
	answer.ServerBits = bits(answer.ServerBits)
	if answer.ClientBits == 0 {
		answer.ClientBits = clientMost
	}
	return &answer, nil
}

// Accept accepts the first offer of h that suits a server with these preferences.
// It returns what is agreed, and the value of Sec-WebSocket-Extensions that
// says so. If no offer suits, it returns nil and "". Malformed and unknown offers
// are declined. If ClientBits sets a limit, so are offers that do not allow one.
// Hints of the client are followed.
func (prefs Deflate) Accept(h http.Header) (agreed *Deflate, answer string) {
	list, err := ParseExtensions(h)
	if err != nil {
		return nil, ""
	}
	for _, e := range list {
		offer, err := parseDeflate(e, false)
		if err == nil && (offer.ClientBits != 0 || bits(prefs.ClientBits) == 15) {
			return prefs.answer(offer)
		}
	}
	return nil, ""
}

// answer accepts offer.
func (prefs Deflate) answer(offer Deflate) (*Deflate, string) {
	agreed := Deflate{
		ServerNoTakeover: prefs.ServerNoTakeover || offer.ServerNoTakeover,
		ClientNoTakeover: prefs.ClientNoTakeover || offer.ClientNoTakeover,
		ServerBits:       min(bits(prefs.ServerBits), bits(offer.ServerBits)),
		ClientBits:       min(bits(prefs.ClientBits), bits(offer.ClientBits)),
	}
	server, client := "", ""
	if offer.ServerBits != 0 || agreed.ServerBits < 15 {
		server = bitsParam(serverMaxBits, agreed.ServerBits)
	}
	if agreed.ClientBits < 15 {
		client = bitsParam(clientMaxBits, agreed.ClientBits)
	}
	return &agreed, agreed.format(server, client)
}

// ParseOffer parses a client's offer. Bits that it does not mention are 0. For
// another extension, or a parameter that RFC 7692 does not define, it returns an
// *UpgradeError.
func ParseOffer(e Extension) (Deflate, error) { return parseDeflate(e, false) }

// parseDeflate parses an offer or an answer. Bits that it does not mention are 0.
func parseDeflate(e Extension, isAnswer bool) (d Deflate, err error) {
	if e.Name != DeflateName {
		return d, notOffered(e)
	}
	for _, p := range e.Params {
		ok := false
		switch p.Name {
		case serverNoTakeover:
			ok = setFlag(&d.ServerNoTakeover, p.Value)
		case clientNoTakeover:
			ok = setFlag(&d.ClientNoTakeover, p.Value)
		case serverMaxBits:
			ok = setBits(&d.ServerBits, p.Value)
		case clientMaxBits:
			if p.Value == "" && !isAnswer {
				p.Value = "15"
			}
			ok = setBits(&d.ClientBits, p.Value)
		}
		if !ok {
			return d, badDeflate("parameters and values of RFC 7692, each once", quote(p.String()))
		}
	}
	return d, nil
}

// setFlag sets a parameter that has no value. It returns false if there is a
// value, or if the flag was set before.
func setFlag(flag *bool, value string) bool {
	ok := value == "" && !*flag
	*flag = true
	return ok
}

// setBits sets a number of window bits. It returns false if value is not 8 to 15
// without leading zeros, or if the number was set before.
func setBits(n *int, value string) bool {
	first := *n == 0
	for i := 8; i <= 15; i++ {
		if value == strconv.Itoa(i) {
			*n = i
			return first
		}
	}
	return false
}

// format returns the value of the extension. server and client are its complete
// parameters for window bits, or empty.
func (d Deflate) format(server, client string) string {
	s, c := "", ""
	if d.ServerNoTakeover {
		s = "; " + serverNoTakeover
	}
	if d.ClientNoTakeover {
		c = "; " + clientNoTakeover
	}
	return DeflateName + s + c + server + client
}

func bitsParam(name string, n int) string { return "; " + name + "=" + strconv.Itoa(n) }

// bits returns n, or the default for 0.
func bits(n int) int {
	if n == 0 {
		return 15
	}
	return n
}

func badDeflate(want, got string) error {
	return &UpgradeError{"permessage-deflate", want, got}
}
