package wirescript

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxBytes is the maximum length of BYTES, in bytes.
const MaxBytes = 32 << 20

// A Grammar defines which names and modifiers a script may use. The zero value has none.
type Grammar struct {
	Files    map[string]string      // the contents of @NAME
	IsSet    func(name string) bool // whether N@NAME is a data set; nil: there are none
	Messages bool                   // a frame may be a whole message: cut=N and deflated
}

// An Item is one piece of BYTES. It is Size bytes of Pattern, repeated and cut to fit, or Size units of the
// data set named Set.
type Item struct {
	Pattern []byte
	Size    int
	Set     string
}

// Items are the pieces of BYTES, in order.
type Items []Item

// Items parses BYTES.
func (g *Grammar) Items(words []string) (all Items, err error) {
	total := 0
	for _, w := range words {
		i, err := g.item(w)
		if err != nil {
			return nil, err
		}
		if total += i.Size; total > MaxBytes {
			return nil, errTooLong
		}
		all = append(all, i)
	}
	return all, nil
}

var errTooLong = fmt.Errorf("exceeds the maximum length of BYTES (%d)", MaxBytes)

func (g *Grammar) item(w string) (Item, error) {
	if w[0] == '"' {
		s, err := strconv.Unquote(w)
		if err != nil {
			return Item{}, fmt.Errorf("expected a space after the string in %s", w)
		}
		return literal([]byte(s)), nil
	}
	if name, ok := strings.CutPrefix(w, "@"); ok && g.IsSet == nil {
		text, ok := g.Files[name]
		if !ok {
			return Item{}, fmt.Errorf("expected a file %q in the script", name)
		}
		return literal([]byte(text)), nil
	}
	if i := strings.IndexAny(w, "*:@"); i > 0 && i < len(w)-1 {
		return g.counted(w[:i], w[i], w[i+1:])
	}
	b, err := hex.DecodeString(w)
	if err != nil {
		return Item{}, fmt.Errorf(`expected "text", two hexadecimal digits a byte, %s, got %q`, g.others(), w)
	}
	return literal(b), nil
}

// others lists the kinds of item that are not the bytes themselves.
func (g *Grammar) others() string {
	if g.IsSet != nil {
		return "N*item, N:item or N@set"
	}
	return "@file, N*item or N:item"
}

func literal(b []byte) Item { return Item{Pattern: b, Size: len(b)} }

// counted parses an item that begins with a number and a sign.
func (g *Grammar) counted(count string, sign byte, rest string) (i Item, err error) {
	n, err := strconv.ParseUint(count, 10, 31)
	if err != nil {
		return i, fmt.Errorf("expected a number before %c, got %q", sign, count)
	}
	if sign == '@' {
		if g.IsSet == nil || !g.IsSet(rest) {
			return i, fmt.Errorf("expected the name of a data set, got %q", rest)
		}
		return Item{Size: int(n), Set: rest}, nil
	}
	if i, err = g.item(rest); err != nil {
		return i, err
	}
	if i.Set != "" {
		return i, fmt.Errorf("expected bytes after %c, got the data set %s", sign, i.Set)
	}
	if sign == ':' {
		return i.sized(int(n))
	}
	if n*uint64(i.Size) > MaxBytes {
		return i, errTooLong
	}
	return i.repeated(int(n)), nil
}

// sized returns i, repeated and cut to n bytes.
func (i Item) sized(n int) (Item, error) {
	if i.Size == 0 && n > 0 {
		return i, errors.New("expected : before an item that is not empty")
	}
	return Item{Pattern: Items{i}.Bytes(nil, nil), Size: n}, nil
}

// repeated returns i, n times.
func (i Item) repeated(n int) Item {
	if i.Size%max(len(i.Pattern), 1) != 0 { // its last repetition is cut
		i.Pattern = Items{i}.Bytes(nil, nil)
	}
	i.Size *= n
	return i
}

// Bytes returns the bytes that the items stand for. If scale is not nil, it changes the length of each item.
// Set returns the bytes of n units of a data set.
func (all Items) Bytes(scale func(int) int, set func(name string, n int) []byte) []byte {
	b := []byte{}
	for _, i := range all {
		if i.Set != "" {
			b = append(b, set(i.Set, i.Size)...)
			continue
		}
		size := i.Size
		if scale != nil {
			size = scale(size)
		}
		for end := len(b) + size; len(b) < end; {
			b = append(b, i.Pattern[:min(len(i.Pattern), end-len(b))]...)
		}
	}
	return b
}

// SplitWords splits a line at white space outside quotes. It drops a comment, which begins with # at the
// start of a word.
func SplitWords(line string) (words []string, err error) {
	const space = " \t\r"
	for {
		line = strings.TrimLeft(line, space)
		if line == "" || line[0] == '#' {
			return words, nil
		}
		n := 0
		for n < len(line) && !strings.ContainsRune(space, rune(line[n])) {
			if line[n] != '"' {
				n++
				continue
			}
			quoted, err := strconv.QuotedPrefix(line[n:])
			if err != nil {
				return nil, fmt.Errorf("expected a string as in Go, got %s", line[n:])
			}
			n += len(quoted)
		}
		words, line = append(words, line[:n]), line[n:]
	}
}

// None returns an error unless words is empty.
func None(words []string) error {
	if len(words) > 0 {
		return fmt.Errorf("expected nothing more, got %q", words[0])
	}
	return nil
}

// Number parses words, which must be one number, 0 or greater.
func Number(words []string) (int, error) {
	if len(words) == 1 {
		if n, err := strconv.ParseUint(words[0], 10, 31); err == nil {
			return int(n), nil
		}
	}
	return 0, errors.New("expected one number")
}

// duration parses words, which must be one duration.
func duration(words []string) (time.Duration, error) {
	if len(words) == 1 {
		if d, err := time.ParseDuration(words[0]); err == nil && d >= 0 {
			return d, nil
		}
	}
	return 0, errors.New("expected one duration, like 100ms")
}
