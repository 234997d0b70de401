package cookie

import (
	"strings"
	"time"
)

// A date is what was found so far of a date, RFC 6265 section 5.1.1; -1 is nothing.
type date struct{ hour, minute, second, day, month, year int }

// parseDate parses a date in any of the forms that servers write. It ignores the
// time zone: all times are UTC.
func parseDate(s string) (time.Time, bool) {
	d := date{-1, -1, -1, -1, -1, -1}
	for token := range strings.FieldsFuncSeq(s, isDelimiter) {
		switch {
		case d.hour < 0 && d.setTime(token):
		case d.day < 0 && number(token, 1, 2, &d.day):
		case d.month < 0 && d.setMonth(token):
		case d.year < 0 && number(token, 2, 4, &d.year):
		}
	}
	switch {
	case 70 <= d.year && d.year < 100:
		d.year += 1900
	case 0 <= d.year && d.year < 70:
		d.year += 2000
	}
	at := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, 0, time.UTC)
	same := at.Year() == d.year && at.Day() == d.day && at.Minute() == d.minute && at.Second() == d.second
	return at, same && d.year >= 1601 && d.month > 0 && 0 <= d.hour && d.hour < 24
}

func isDelimiter(r rune) bool {
	return r == '\t' || ' ' <= r && r <= '/' || ';' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
}

// number sets n to the number at the start of s, and reports whether it has from
// least to most digits.
func number(s string, least, most int, n *int) bool {
	value, digits := 0, 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		if digits++; digits > most {
			return false
		}
		value = 10*value + int(s[digits-1]-'0')
	}
	if digits < least {
		return false
	}
	*n = value
	return true
}

func (d *date) setTime(token string) bool {
	hour, rest, _ := strings.Cut(token, ":")
	minute, second, _ := strings.Cut(rest, ":")
	found := date{}
	if !isDigits(hour) || !isDigits(minute) || !number(hour, 1, 2, &found.hour) || !number(minute, 1, 2, &found.minute) || !number(second, 1, 2, &found.second) {
		return false
	}
	d.hour, d.minute, d.second = found.hour, found.minute, found.second
	return true
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func (d *date) setMonth(token string) bool {
	const months = "janfebmaraprmayjunjulaugsepoctnovdec"
	if len(token) < 3 {
		return false
	}
	i := strings.Index(months, strings.ToLower(token[:3]))
	if i < 0 || i%3 != 0 {
		return false
	}
	d.month = i/3 + 1
	return true
}
