package handshake

import "strconv"

// A SyntaxError reports bytes that are not HTTP/1.1, or a field or URL that does
// not follow its grammar.
type SyntaxError struct {
	Where string // the line or field at fault
	Want  string // what was expected
	Got   string // what was received: a short, quoted piece
}

func (e *SyntaxError) Error() string {
	return e.Where + ": expected " + e.Want + ", got " + e.Got
}

// An UpgradeError reports a well-formed message that does not open a WebSocket,
// or agrees to something that was not offered.
type UpgradeError struct {
	Field string // the field or part of the message at fault
	Want  string // what was expected
	Got   string // what was received: a short, quoted piece
}

func (e *UpgradeError) Error() string {
	return e.Field + ": expected " + e.Want + ", got " + e.Got
}

// A LimitError reports a head that exceeds a limit of this package.
type LimitError struct {
	Name  string // what is limited
	Limit int64
}

func (e *LimitError) Error() string {
	return "exceeds the limit of " + strconv.FormatInt(e.Limit, 10) + " " + e.Name
}

// quote returns the beginning of s, quoted, in one printable line.
func quote[T string | []byte](s T) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(string(s[:most])) + "..."
	}
	return strconv.Quote(string(s))
}

// quoteAll describes the values of a field.
func quoteAll(values []string) string {
	switch len(values) {
	case 0:
		return "no such field"
	case 1:
		return quote(values[0])
	}
	return strconv.Itoa(len(values)) + " fields, the first " + quote(values[0])
}
