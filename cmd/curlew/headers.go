package main

import (
	"bufio"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// compressFrom is the shortest message that --compressed compresses.
const compressFrom = 64

// leftOut are the headers of a copied handshake that the next one cannot use,
// and why.
var leftOut = []struct{ name, why string }{
	{"Sec-WebSocket-Key", "the handshake makes its own"},
	{"Sec-WebSocket-Version", "the handshake makes its own"},
	{"Sec-WebSocket-Accept", "it is the server's"},
	{"Upgrade", "the handshake makes its own"},
	{"Connection", "the handshake makes its own"},
	{"Content-Length", "the handshake has no body"},
	{"Transfer-Encoding", "the handshake has no body"},
	{"Trailer", "the handshake has no body"},
}

// ofBrowser are those that a pasted command loses besides, without a word: they
// are about a browser's connection, and how it reads bodies.
var ofBrowser = []string{"Keep-Alive", "Proxy-Connection", "TE", "Accept-Encoding"}

// finishHeaders makes of the headers of -H, which may be copied from another
// handshake, what curlew's own can use.
func (c *config) finishHeaders() error {
	h := c.client.Header
	if err := c.takeExtensions(h); err != nil {
		return err
	}
	c.takeSubprotocols(h)
	for _, l := range leftOut {
		if takeHeader(h, l.name) != nil && !c.pasted {
			c.note("the header %s of -H is left out: %s", l.name, l.why)
		}
	}
	if c.pasted {
		for _, name := range ofBrowser {
			takeHeader(h, name)
		}
	}
	return nil
}

// takeHeader takes a header's values out of h, unless it is one that is
// suppressed.
func takeHeader(h http.Header, name string) []string {
	name = http.CanonicalHeaderKey(name)
	values := h[name]
	if len(values) > 0 {
		delete(h, name)
	}
	return values
}

// takeExtensions makes --compressed of permessage-deflate.
func (c *config) takeExtensions(h http.Header) error {
	list, err := handshake.ParseExtensions(h)
	if err != nil {
		return usagef("option -H: %w", err)
	}
	takeHeader(h, "Sec-WebSocket-Extensions")
	for i, e := range list {
		d, err := handshake.ParseOffer(e)
		switch {
		case isA[*handshake.UpgradeError](err) && e.Name != handshake.DeflateName:
			return usagef("option -H: the extension %q is not spoken here, only permessage-deflate is (--compressed)", e.Name)
		case err != nil:
			return usagef("option -H: %w", err)
		case i == 0:
			c.client.Compression = &curlew.Compression{
				MinSize: compressFrom, ClientNoTakeover: d.ClientNoTakeover, ServerNoTakeover: d.ServerNoTakeover,
				ClientWindowBits: d.ClientBits, ServerWindowBits: d.ServerBits,
			}
		}
	}
	return nil
}

// takeSubprotocols puts those of -H behind those of --subprotocol.
func (c *config) takeSubprotocols(h http.Header) {
	if len(c.client.Subprotocols) == 0 {
		return // the library reads them from the header
	}
	for _, value := range takeHeader(h, "Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.TrimSpace(name); name != "" && !slices.Contains(c.client.Subprotocols, name) {
				c.client.Subprotocols = append(c.client.Subprotocols, name)
			}
		}
	}
}

// headerTo is -H and its like.
func headerTo(headers func(*config) http.Header) setter {
	return func(c *config, value string) error {
		name, isFile := strings.CutPrefix(value, "@")
		if !isFile {
			return addHeader(headers(c), value)
		}
		f, err := c.openText(name)
		if err != nil {
			return err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if line := strings.TrimSpace(lines.Text()); line != "" {
				if err := addHeader(headers(c), line); err != nil {
					return err
				}
			}
		}
		if err := lines.Err(); err != nil {
			return &failure{codeRead, fmt.Errorf("%s: %w", name, err)}
		}
		return nil
	}
}

// addHeader adds a header as curl's -H gives it. The value, which may be
// secret, is in no error.
func addHeader(h http.Header, line string) error {
	name, value, found := strings.Cut(line, ":")
	if !found {
		name = strings.TrimSuffix(line, ";")
	}
	if (found || name != line) && !httpguts.ValidHeaderFieldName(name) {
		return fmt.Errorf("expected a header's name without spaces and the like, got %q", cut([]byte(name)))
	}
	switch value = strings.TrimSpace(value); {
	case found && value != "":
		h.Add(name, value)
	case found:
		h[http.CanonicalHeaderKey(name)] = nil
	case name != line:
		h.Add(name, "")
	default:
		return fmt.Errorf(`expected "name: value", "name:" or "name;", got neither colon nor semicolon`)
	}
	return nil
}

// oneHeader sets a header, or suppresses it by an empty value.
func oneHeader(name string) setter {
	return func(c *config, value string) error {
		c.client.Header[name] = nil
		if value = strings.TrimSuffix(value, ";auto"); value != "" {
			c.client.Header.Set(name, value)
		}
		return nil
	}
}
