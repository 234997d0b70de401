package wire

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Close codes, RFC 6455 section 7.4.1 and the registry it opens.
const (
	CloseNormal          = 1000
	CloseGoingAway       = 1001
	CloseProtocolError   = 1002
	CloseUnsupportedData = 1003
	CloseNoStatus        = 1005 // never on the wire: a CLOSE without a code
	CloseAbnormal        = 1006 // never on the wire: no CLOSE was received
	CloseInvalidData     = 1007
	ClosePolicy          = 1008
	CloseTooBig          = 1009
	CloseMandatoryExt    = 1010
	CloseInternal        = 1011
	CloseServiceRestart  = 1012
	CloseTryAgain        = 1013
	CloseBadGateway      = 1014
	CloseTLS             = 1015 // never on the wire
)

// MaxReason is the longest close reason, in bytes: a control frame less its code.
const MaxReason = MaxControl - 2

// ValidCloseCode reports whether a CLOSE frame may carry code. Valid are the
// codes that RFC 6455 or the registry defines for the wire, and 3000 to 4999.
func ValidCloseCode(code int) bool {
	switch {
	case code >= 3000 && code <= 4999:
		return true
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	}
	return false
}

// AppendClose appends the payload of a CLOSE frame: two bytes of code, then
// the reason. A reason longer than MaxReason is cut at the start of a rune.
// For CloseNoStatus the payload is empty.
func AppendClose(dst []byte, code int, reason string) []byte {
	if code == CloseNoStatus {
		return dst
	}
	if len(reason) > MaxReason {
		cut := MaxReason
		for cut > 0 && !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	dst = append(dst, byte(code>>8), byte(code))
	return append(dst, reason...)
}

// ErrCloseReason is what ParseClose returns, wrapped, if the reason is not
// UTF-8. It is answered with close code 1007, any other error with 1002.
var ErrCloseReason = errors.New("expected a close reason in UTF-8")

// ParseClose reads the payload of a CLOSE frame. For an empty payload the code
// is CloseNoStatus.
func ParseClose(p []byte) (code int, reason string, err error) {
	switch len(p) {
	case 0:
		return CloseNoStatus, "", nil
	case 1:
		return 0, "", errors.New("expected a close payload of 0 bytes or at least 2, got 1 byte")
	}
	code = int(p[0])<<8 | int(p[1])
	if !ValidCloseCode(code) {
		return 0, "", fmt.Errorf("invalid close code %d: expected 1000 to 1003, 1007 to 1014, or 3000 to 4999", code)
	}
	if !utf8.Valid(p[2:]) {
		return 0, "", fmt.Errorf("%w, got %q", ErrCloseReason, p[2:])
	}
	return code, string(p[2:]), nil
}
