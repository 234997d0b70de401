package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// inGo are the options that --go can say in Go.
var inGo = []string{
	"go", "url", "header", "user-agent", "referer", "subprotocol", "compressed", "location", "location-trusted", "handshake-timeout", "tls-timeout", "max-redirs", "cookie",
	"user", "basic", "digest", "anyauth", "oauth2-bearer", "proxy", "socks4", "socks4a", "socks5", "socks5-hostname",
	"preproxy", "noproxy", "proxy-user", "proxy-header", "proxytunnel", "proxy-basic", "data", "data-ascii", "data-raw", "data-binary",
	"binary", "count", "linger", "max-time", "connect-timeout", "resolve", "connect-to", "dns-servers", "doh-url",
	"unix-socket", "abstract-unix-socket", "interface", "local-port", "ipv4", "ipv6", "happy-eyeballs-timeout-ms",
	"keepalive", "keepalive-time", "keepalive-cnt", "tcp-nodelay", "ping-interval", "pong-timeout", "max-message", "max-frame", "fragment-size",
	"cacert", "capath", "ca-native", "insecure", "cert", "key", "pass", "pinnedpubkey", "ciphers", "alpn",
	"tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "tls-max", "cert-type", "key-type",
	"fail", "http1.1", "path-as-is", "globoff", "no-buffer", "no-progress-meter", "silent", "show-error", "proto-default", "disable", "config",
}

// A program is what the template of --go is filled with.
type program struct {
	URL      string
	Client   string // the literal
	TLS      string // a literal of curltls.Options, "" for none
	Auth     string // an expression, "" for none
	Proxy    string // an expression
	Messages []string
	Type     string // of the input's messages
	Count    int
	First    string // how long to wait for a message after the last one was sent,
	Linger   string // and for each after that; "" for any time
	MaxTime  string
}

// writeGo is --go: a Go program that does what the command line says.
func (c *config) writeGo(w io.Writer) error {
	for _, name := range c.given {
		if !slices.Contains(inGo, name) {
			return usagef("option --%s has no place in the program of --go", name)
		}
	}
	if len(c.urls) != 1 {
		return usagef("expected one URL for --go, got %d", len(c.urls))
	}
	u, err := c.target(c.urls[0])
	if err != nil {
		return err
	}
	p, err := c.program(u)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := goTemplate.Execute(&b, p); err != nil {
		return err
	}
	code, err := withImports(b.String())
	if err != nil {
		return err
	}
	text, err := format.Source([]byte(code))
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return written(err)
}

func (c *config) program(u *url.URL) (*program, error) {
	client := c.client
	client.Header = c.client.Header.Clone()
	if len(c.cookies) > 0 {
		client.Header.Set("Cookie", strings.Join(c.cookies, "; "))
	}
	if c.location {
		client.MaxRedirects = c.redirectLimit()
	}
	p := &program{
		URL: handshake.FormatURL(u), Client: literal(reflect.ValueOf(client)), Type: flagName(c.messageType()), Count: c.count,
		Auth: c.goAuth(u), Proxy: c.goProxy(),
	}
	if l := c.limits(); l.linger != forever {
		p.First, p.Linger = literal(reflect.ValueOf(l.first)), literal(reflect.ValueOf(l.linger))
	}
	if c.maxTime > 0 {
		p.MaxTime = literal(reflect.ValueOf(c.maxTime))
	}
	if !reflect.ValueOf(c.tls).IsZero() {
		p.TLS = literal(reflect.ValueOf(c.tls))
	}
	for _, o := range c.outgoing {
		if o.file != "" {
			return nil, usagef("--go has no place for files: give the text itself to -d")
		}
		f := o.flags
		if f == 0 {
			f = c.messageType()
		}
		p.Messages = append(p.Messages, fmt.Sprintf("{Flags: %s, Data: []byte(%s)}", flagName(f), quote(string(o.data))))
	}
	return p, nil
}

func flagName(f curlew.Flags) string {
	if f&curlew.Binary != 0 {
		return "curlew.Binary"
	}
	return "curlew.Text"
}

func (c *config) goAuth(u *url.URL) string {
	user, password, given := strings.Cut(c.user, ":")
	if !given && c.user == "" && u.User != nil {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	switch with := map[string]string{"digest": "Digest", "any": "Any"}[c.scheme]; {
	case c.bearer != "":
		return fmt.Sprintf("curlew.BearerAuth(%s)", quote(c.bearer))
	case user == "":
		return ""
	case with != "":
		return fmt.Sprintf("curlew.%sAuth(%s, %s)", with, quote(user), quote(password))
	default:
		return fmt.Sprintf("curlew.BasicAuth(%s, %s)", quote(user), quote(password))
	}
}

func (c *config) goProxy() string {
	switch {
	case c.noProxy:
		return ""
	case c.proxy != nil:
		return fmt.Sprintf("dial.ProxyURL(%s)", literal(reflect.ValueOf(c.withUser(c.proxy))))
	}
	return "dial.ProxyFromEnvironment"
}

// literal is v in Go, without fields that are zero.
func literal(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return fmt.Sprintf("%d * time.Millisecond", x.Milliseconds())
	case *url.URL:
		return literalURL(x)
	case http.Header:
		return literalMap(x)
	case []string:
		return "[]string{" + quotes(x) + "}"
	}
	switch v.Kind() {
	case reflect.String:
		return quote(v.String())
	case reflect.Pointer:
		return "&" + literal(v.Elem())
	case reflect.Struct:
		var b strings.Builder
		b.WriteString(v.Type().String() + "{\n")
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() && f.Kind() != reflect.Func && f.Kind() != reflect.Interface {
				fmt.Fprintf(&b, "%s: %s,\n", v.Type().Field(i).Name, literal(f))
			}
		}
		return b.String() + "}"
	default:
		return fmt.Sprintf("%#v", v.Interface())
	}
}

// literalURL is a proxy's URL.
func literalURL(u *url.URL) string {
	var b strings.Builder
	fmt.Fprintf(&b, "&url.URL{Scheme: %s, Host: %s, Path: %s", quote(u.Scheme), quote(u.Host), quote(u.Path))
	if u.User != nil {
		password, _ := u.User.Password()
		fmt.Fprintf(&b, ", User: url.UserPassword(%s, %s)", quote(u.User.Username()), quote(password))
	}
	return b.String() + "}"
}

func literalMap(h http.Header) string {
	var b strings.Builder
	b.WriteString("http.Header{\n")
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&b, "%s: {%s},\n", quote(name), quotes(h[name]))
	}
	return b.String() + "}"
}

func quotes(list []string) string {
	var quoted []string
	for _, s := range list {
		quoted = append(quoted, quote(s))
	}
	return strings.Join(quoted, ", ")
}

// quote is s as a literal, in which what cannot be seen is escaped.
func quote(s string) string {
	seen := !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) })
	if seen && strconv.CanBackquote(s) && strings.Contains(s, `"`) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// goImports are what the program may import: name and path.
var goImports = [][2]string{
	{"bufio", "bufio"}, {"context", "context"}, {"errors", "errors"}, {"fmt", "fmt"}, {"log", "log"}, {"net", "net"},
	{"http", "net/http"}, {"url", "net/url"}, {"os", "os"}, {"atomic", "sync/atomic"}, {"time", "time"},
	{"curlew", "github.com/curlew-ws/curlew"}, {"curltls", "github.com/curlew-ws/curlew/curltls"}, {"dial", "github.com/curlew-ws/curlew/dial"},
}

// withImports puts the imports that the code uses in front of it.
func withImports(code string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package main\n"+code, 0)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("// Made by curlew --go.\npackage main\n\nimport (\n")
	for _, i := range goImports {
		if slices.ContainsFunc(file.Unresolved, func(used *ast.Ident) bool { return used.Name == i[0] }) {
			if i[0] == "curlew" {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "%q\n", i[1])
		}
	}
	return b.String() + ")\n" + code, nil
}

var goTemplate = template.Must(template.New("").Parse(`
func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx := context.Background()
{{- if .MaxTime}}
	ctx, cancel := context.WithTimeout(ctx, {{.MaxTime}})
	defer cancel()
{{- end}}
	client := {{.Client}}
{{- if .TLS}}
	options := {{.TLS}}
	config, err := options.Config()
	if err != nil {
		return err
	}
	client.Net.TLS = config
{{- end}}
{{- if .Auth}}
	client.Auth = {{.Auth}}
{{- end}}
{{- if .Proxy}}
	client.Net.Proxy = {{.Proxy}}
{{- end}}
	conn, err := client.Dial(ctx, {{printf "%q" .URL}})
	if err != nil {
		return err
	}
	defer conn.Close()

	// What is sent goes out while messages are received.
	var done atomic.Bool
	go func() {
		if err := send(ctx, conn); err != nil {
			log.Print(err)
		}
		done.Store(true)
{{- if .Linger}}
		conn.SetReadDeadline(time.Now().Add({{.First}}))
{{- end}}
	}()
{{- if .Count}}
	count := 0
{{- end}}
	for m, err := range conn.Messages(ctx) {
		if errors.Is(err, os.ErrDeadlineExceeded) && done.Load() {
			break // nothing came for a while
		}
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", m.Data)
{{- if .Linger}}
		if done.Load() {
			conn.SetReadDeadline(time.Now().Add(linger))
		}
{{- end}}
{{- if .Count}}
		if count++; count == {{.Count}} {
			break
		}
{{- end}}
	}
	conn.SetReadDeadline(time.Time{})
	return conn.Shutdown(ctx, curlew.CloseNormal, "")
}
{{if .Linger}}
// linger is how long to wait for another message once all are sent.
const linger = {{.Linger}}
{{end}}
func send(ctx context.Context, conn *curlew.Conn) error {
{{- if .Messages}}
	for _, m := range []curlew.Message{
{{- range .Messages}}
		{{.}},
{{- end}}
	} {
		if err := conn.WriteMessage(ctx, m.Flags, m.Data); err != nil {
			return err
		}
	}
	return nil
{{- else}}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := conn.WriteMessage(ctx, {{.Type}}, lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
{{- end}}
}
`))
