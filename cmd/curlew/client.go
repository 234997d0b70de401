package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"

	"golang.org/x/term"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curltls"
	"github.com/curlew-ws/curlew/dial"
)

// finish makes of the options what they mean together, for all URLs.
func (c *config) finish() error {
	if _, given := c.client.Header["User-Agent"]; !given {
		c.client.Header.Set("User-Agent", "curlew/"+version)
	}
	if c.location {
		c.client.MaxRedirects = c.redirectLimit()
	}
	if c.framingOut == framingFile && !onceNumbered.MatchString(c.output) {
		return usagef("option --framing-out file needs -o with one %%d in the name, which stands for the message's number")
	}
	if err := c.finishUntil(); err != nil {
		return err
	}
	c.client.ShowSecrets = c.showSecrets
	c.finishProxy()
	if err := c.finishTLS(); err != nil {
		return err
	}
	c.out = newOutput(c)
	c.unread = c.out.watch()
	return c.finishTraces()
}

func (c *config) redirectLimit() int {
	if c.maxRedirs < 0 {
		return math.MaxInt
	}
	return c.maxRedirs
}

// clientFor is the client for a URL.
func (c *config) clientFor(u *url.URL) (*curlew.Client, error) {
	client := c.client
	client.Header = c.client.Header.Clone()
	if c.remoteName {
		if err := c.setRemoteName(u.Path); err != nil {
			return nil, err
		}
	}
	if err := c.withCookies(&client, u.Hostname()); err != nil {
		return nil, err
	}
	var err error
	client.Auth, err = c.auth(u)
	return &client, err
}

// onceNumbered matches a name with one place for a number.
var onceNumbered = regexp.MustCompile(`^[^%]*%[0-9]*d[^%]*$`)

// finishTLS makes the TLS configurations.
func (c *config) finishTLS() (err error) {
	n := &c.client.Net
	doh := curltls.Options{Insecure: c.dohInsecure}
	log := c.keyLog()
	for _, o := range []*curltls.Options{&c.tls, &c.proxyTLS, &doh} {
		if err := checkTLS(*o); err != nil {
			return err
		}
		o.KeyLog, o.Resume = log, !c.noResume
	}
	n.TLS, err = c.tls.Config()
	if err == nil {
		n.ProxyTLS, err = c.proxyTLS.Config()
	}
	if err == nil {
		n.DoHTLS, err = doh.Config()
	}
	if err == nil {
		c.noteAsked(n.TLS, &c.asked.server)
		c.noteAsked(n.ProxyTLS, &c.asked.proxy)
	}
	return err
}

// noteAsked takes note when the other end asks for a client certificate, and
// there is none to give.
func (c *config) noteAsked(config *tls.Config, asked *atomic.Bool) {
	if len(config.Certificates) > 0 {
		return
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked.Store(true)
		if c.tell != nil {
			c.tell("a client certificate was asked for, and none is given")
		}
		return new(tls.Certificate), nil
	}
}

// keyLog is the file that SSLKEYLOGFILE names, open to the end of the program.
func (c *config) keyLog() io.Writer {
	name := os.Getenv("SSLKEYLOGFILE")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		c.noKeyLog(err)
		return nil
	}
	return &keyLog{c: c, w: f}
}

func (c *config) noKeyLog(err error) {
	c.note("environment variable SSLKEYLOGFILE: %v; no keys are logged", err)
}

// A keyLog never fails: what cannot be written keeps nobody from their session,
// as with curl. crypto/tls writes one line at a time.
type keyLog struct {
	c      *config
	w      io.Writer
	failed bool
}

func (k *keyLog) Write(line []byte) (int, error) {
	if !k.failed {
		if _, err := k.w.Write(line); err != nil {
			k.failed = true
			k.c.noKeyLog(err)
		}
	}
	return len(line), nil
}

// checkTLS finds the option that is at fault, for the exit code.
func checkTLS(o curltls.Options) error {
	for _, part := range []struct {
		code    int
		options curltls.Options
	}{
		{codeCACert, curltls.Options{CAFile: o.CAFile, CADir: o.CADir, CANative: o.CANative}},
		{codeCert, curltls.Options{Cert: o.Cert, Key: o.Key, Password: o.Password}},
		{codeCiphers, curltls.Options{Ciphers: o.Ciphers}},
		{codePin, curltls.Options{PinnedPublicKey: o.PinnedPublicKey}},
	} {
		if _, err := part.options.Config(); err != nil {
			return &failure{part.code, err}
		}
	}
	return nil
}

// finishProxy says which proxy is used: the one of -x, or that of the environment.
func (c *config) finishProxy() {
	n := &c.client.Net
	getenv := os.Getenv
	if c.envNoProxy != nil {
		getenv = func(name string) string {
			if strings.EqualFold(name, "no_proxy") {
				return ""
			}
			return os.Getenv(name)
		}
	} else if c.proxy != nil {
		n.NoProxy = cmp.Or(os.Getenv("no_proxy"), os.Getenv("NO_PROXY"))
	}
	user, password, _ := strings.Cut(c.proxyUser, ":")
	switch c.proxyScheme {
	case "digest":
		n.ProxyAuth = dial.ProxyDigest(user, password)
	case "any":
		n.ProxyAuth = dial.ProxyAnyAuth(user, password)
	}
	switch {
	case c.noProxy:
	case c.proxy != nil:
		n.Proxy = dial.ProxyURL(c.withUser(c.proxy))
	default:
		environment := dial.EnvironmentProxy(func(name string) string {
			value := getenv(name)
			if value != "" && !strings.EqualFold(name, "no_proxy") {
				c.envProxy = name
			}
			return value
		})
		n.Proxy = func(u *url.URL) (*url.URL, error) {
			p, err := environment(u)
			return c.withUser(p), err
		}
	}
}

// withUser is the proxy's URL with what --proxy-user says.
func (c *config) withUser(p *url.URL) *url.URL {
	if p == nil || c.proxyUser == "" {
		return p
	}
	user, password, _ := strings.Cut(c.proxyUser, ":")
	with := *p
	with.User = url.UserPassword(user, password)
	return &with
}

// auth chooses how the server's challenges are answered.
func (c *config) auth(u *url.URL) (curlew.Auth, error) {
	with := map[string]func(user, password string) curlew.Auth{"digest": curlew.DigestAuth, "any": curlew.AnyAuth}[c.scheme]
	if with == nil {
		with = curlew.BasicAuth
	}
	switch {
	case c.bearer != "":
		return curlew.BearerAuth(c.bearer), nil
	case c.user != "":
		user, password, err := c.password(c.user)
		return with(user, password), err
	case c.netrc || c.netrcOptional || c.netrcFile != "":
		return c.netrcAuth(u, with)
	}
	return urlAuth(u, with), nil
}

// urlAuth is for the user and password of the URL, nil if it has none.
func urlAuth(u *url.URL, with func(user, password string) curlew.Auth) curlew.Auth {
	if u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	return with(u.User.Username(), password)
}

// netrcAlone reports whether what the URL says of user and password does not count.
func (c *config) netrcAlone() bool { return (c.netrc || c.netrcFile != "") && !c.netrcOptional }

// netrcAuth takes user and password from a file, which must be there unless
// that is optional.
func (c *config) netrcAuth(u *url.URL, with func(user, password string) curlew.Auth) (curlew.Auth, error) {
	file := c.netrcFile
	if file == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, &failure{codeRead, err}
		}
		file = filepath.Join(home, ".netrc")
	}
	if _, err := os.Stat(file); c.netrcOptional && errors.Is(err, fs.ErrNotExist) {
		return urlAuth(u, with), nil
	} else if err != nil {
		return nil, &failure{codeRead, fmt.Errorf("option --netrc or --netrc-file: %w", err)}
	}
	return curlew.NetrcAuth(file, with), nil
}

// password splits user:password, and asks for a password that is missing if
// somebody is there to answer.
func (c *config) password(both string) (user, password string, err error) {
	user, password, found := strings.Cut(both, ":")
	in := stdin{c.std.in}
	if found || !in.isOurs() {
		return user, password, nil
	}
	fmt.Fprintf(c.std.err, "Password for %s: ", escape(nil, []byte(user)))
	p, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(c.std.err)
	if err != nil {
		return "", "", &failure{codeRead, fmt.Errorf("reading the password: %w", err)}
	}
	return user, string(p), nil
}
