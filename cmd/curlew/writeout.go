package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// A result is what -w tells of a session.
type result struct {
	c     *config
	n     int // of the URL on the command line, from 0
	url   *url.URL
	conn  *curlew.Conn     // nil if there was none
	resp  *curlew.Response // nil if none came
	err   error
	total time.Duration
	tally totals
}

// variables are those of -w: curl's by curl's names, and ws_*.
var variables = map[string]func(*result) any{
	"content_type":       func(r *result) any { return r.header("Content-Type") },
	"errormsg":           func(r *result) any { return r.message() },
	"exitcode":           func(r *result) any { return exitCode(r.err) },
	"filename_effective": func(r *result) any { return r.c.output },
	"http_code":          func(r *result) any { return r.status() },
	"http_version":       func(r *result) any { return r.version() },
	"local_ip":           func(r *result) any { return hostOf(r.local()) },
	"local_port":         func(r *result) any { return portOf(r.local()) },
	"method":             func(r *result) any { return http.MethodGet },
	"num_connects":       func(r *result) any { return r.connects() },
	"num_headers":        func(r *result) any { return r.headers() },
	"num_redirects":      func(r *result) any { return r.redirects() },
	"redirect_url":       func(r *result) any { return r.c.maskedURL(r.header("Location")) },
	"referer":            func(r *result) any { return r.c.maskedURL(r.c.client.Header.Get("Referer")) },
	"remote_ip":          func(r *result) any { return hostOf(r.remote()) },
	"remote_port":        func(r *result) any { return portOf(r.remote()) },
	"response_code":      func(r *result) any { return r.status() },
	"scheme":             func(r *result) any { return r.effective().Scheme },
	"size_download":      func(r *result) any { return r.tally.in.Payload },
	"size_header":        func(r *result) any { return r.tally.in.Head },
	"size_request":       func(r *result) any { return r.tally.out.Head },
	"size_upload":        func(r *result) any { return r.tally.out.Payload },
	"speed_download":     func(r *result) any { return r.speed(r.tally.in.Payload) },
	"speed_upload":       func(r *result) any { return r.speed(r.tally.out.Payload) },
	"time_appconnect":    func(r *result) any { return r.appConnect() },
	"time_connect":       func(r *result) any { return r.until(2) },
	"time_namelookup":    func(r *result) any { return r.until(1) },
	"time_pretransfer":   func(r *result) any { return r.until(4) },
	"time_starttransfer": func(r *result) any { return r.until(5) },
	"time_total":         func(r *result) any { return r.total },
	"url":                func(r *result) any { return r.c.maskedURL(handshake.FormatURL(r.url)) },
	"url_effective":      func(r *result) any { return r.c.maskedURL(handshake.FormatURL(r.effective())) },
	"urlnum":             func(r *result) any { return r.n },

	"ws_close_code":         func(r *result) any { return r.tally.closeCode },
	"ws_close_reason":       func(r *result) any { return r.tally.reason },
	"ws_extensions":         func(r *result) any { return r.header("Sec-WebSocket-Extensions") },
	"ws_frames_received":    func(r *result) any { return r.tally.in.Frames },
	"ws_frames_sent":        func(r *result) any { return r.tally.out.Frames },
	"ws_messages_received":  func(r *result) any { return r.tally.in.Messages },
	"ws_messages_sent":      func(r *result) any { return r.tally.out.Messages },
	"ws_subprotocol":        func(r *result) any { return r.header("Sec-WebSocket-Protocol") },
	"ws_time_first_frame":   func(r *result) any { return r.firstFrame() },
	"ws_time_first_message": func(r *result) any { return r.tally.first },
	"ws_wire_received":      func(r *result) any { return r.tally.in.Wire },
	"ws_wire_sent":          func(r *result) any { return r.tally.out.Wire },
}

// write is -w: format with %{variable}, %header{name}, %% and the escapes \n, \r
// and \t; %{stderr} and %{stdout} say where what follows goes, and what follows
// %{onerror} is only for sessions that failed.
func (r *result) write(format string) error {
	w := r.c.stdout
	for {
		literal, rest, found := strings.Cut(format, "%")
		text := unescape.Replace(literal)
		if !found {
			_, err := io.WriteString(w, text)
			return written(err)
		}
		name, after := variable(rest)
		switch name {
		case "":
			text, after = text+"%", strings.TrimPrefix(rest, "%")
		case "stderr", "stdout", "onerror":
		default:
			text += r.value(name)
		}
		if _, err := io.WriteString(w, text); err != nil {
			return written(err)
		}
		switch name {
		case "stderr":
			w = r.c.stderr
		case "stdout":
			w = r.c.stdout
		case "onerror":
			if r.err == nil {
				return nil
			}
		}
		format = after
	}
}

var unescape = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\\`, `\`)

// variable reads {name} or header{name}, behind a %, and what is behind.
func variable(s string) (name, after string) {
	prefix := ""
	if rest, ok := strings.CutPrefix(s, "header"); ok {
		prefix, s = "header ", rest
	}
	if !strings.HasPrefix(s, "{") {
		return "", s
	}
	name, after, found := strings.Cut(s[1:], "}")
	if !found {
		return "", s
	}
	return prefix + name, after
}

// value is a variable's value; of those that are not known it says so.
func (r *result) value(name string) string {
	if header, ok := strings.CutPrefix(name, "header "); ok {
		return r.header(header)
	}
	if name == "json" {
		all := map[string]any{}
		for name, value := range variables {
			all[name] = jsonValue(value(r))
		}
		text, _ := json.Marshal(all) // never fails
		return string(text)
	}
	value := variables[name]
	if value == nil {
		return fmt.Sprintf("(unknown variable %s)", name)
	}
	switch v := value(r).(type) {
	case time.Duration:
		return fmt.Sprintf("%.6f", v.Seconds())
	default:
		return fmt.Sprint(v)
	}
}

func jsonValue(v any) any {
	if d, ok := v.(time.Duration); ok {
		return json.Number(fmt.Sprintf("%.6f", d.Seconds()))
	}
	return v
}

func (r *result) message() string {
	if r.err == nil {
		return ""
	}
	return plain(r.err)
}

func (r *result) header(name string) string {
	if r.resp == nil {
		return ""
	}
	return r.resp.Header.Get(name)
}

// A statusCode has three digits, as in curl.
type statusCode int

func (s statusCode) String() string { return fmt.Sprintf("%03d", int(s)) }

func (r *result) status() statusCode {
	if r.resp == nil {
		return 0
	}
	return statusCode(r.resp.StatusCode)
}

// appConnect is 0 if TLS was not used, as in curl.
func (r *result) appConnect() time.Duration {
	if r.resp == nil || r.resp.Timings.TLS == 0 {
		return 0
	}
	return r.until(4)
}

func (r *result) version() string {
	if r.resp == nil {
		return "0"
	}
	return strings.TrimPrefix(r.resp.Proto, "HTTP/")
}

func (r *result) local() net.Addr {
	if r.conn == nil {
		return nil
	}
	return r.conn.LocalAddr()
}

func (r *result) remote() net.Addr {
	if r.conn == nil {
		return nil
	}
	return r.conn.RemoteAddr()
}

func hostOf(a net.Addr) string {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.IP.String()
	}
	return ""
}

func portOf(a net.Addr) int {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.Port
	}
	return 0
}

func (r *result) hops() []*http.Response {
	if r.resp == nil {
		return nil
	}
	return r.resp.Hops
}

func (r *result) connects() int {
	if r.resp == nil {
		return 0
	}
	return 1 + len(r.resp.Hops)
}

func (r *result) headers() int {
	n := 0
	if r.resp != nil {
		for _, values := range r.resp.Header {
			n += len(values)
		}
	}
	return n
}

func (r *result) redirects() int { return len(locations(r.hops())) }

// locations are where responses redirect to.
func locations(hops []*http.Response) []string {
	var to []string
	for _, hop := range hops {
		if location := hop.Header.Get("Location"); location != "" && hop.StatusCode/100 == 3 {
			to = append(to, location)
		}
	}
	return to
}

// effective is the URL that redirects led to.
func (r *result) effective() *url.URL {
	first := *r.url
	if first.Path == "" {
		first.Path = "/"
	}
	u := &first
	for _, location := range locations(r.hops()) {
		if next, err := handshake.Resolve(u, location); err == nil {
			next.Scheme = strings.Replace(next.Scheme, "http", "ws", 1)
			u = next
		}
	}
	return u
}

func (r *result) speed(n int64) int64 {
	if r.total <= 0 {
		return 0
	}
	return int64(float64(n) / r.total.Seconds())
}

// until is the time of the first so many stages: lookup, connect, proxies, TLS,
// upgrade.
func (r *result) until(stages int) time.Duration {
	if r.resp == nil {
		return 0
	}
	t, sum := r.resp.Timings, time.Duration(0)
	for _, took := range []time.Duration{t.Lookup, t.Connect, t.Proxy, t.TLS, t.Upgrade}[:stages] {
		sum += took
	}
	return sum
}

// firstFrame is the time until the first frame's first byte, 0 if none came.
func (r *result) firstFrame() time.Duration {
	if r.resp == nil || r.resp.FirstFrame() == 0 {
		return 0
	}
	return r.until(5) + r.resp.FirstFrame()
}
