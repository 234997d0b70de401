package main

import (
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// A config is what the options say.
type config struct {
	std    std
	client curlew.Client // what goes there as it is; finish makes the rest of it
	urls   []string

	outgoing []outgoing // what is sent; empty: standard input
	binary   bool
	raw      bool // -T for standard input: bytes as they come, both ways

	framingIn, framingOut string // "" if not given

	count   int // 0: no limit
	linger  time.Duration
	idle    time.Duration
	maxTime time.Duration // 0: no limit

	location    bool
	maxRedirs   int // -1: no limit
	cookies     []string
	cookieFiles []string
	cookieJar   string
	junkSession bool
	jar         *jar // nil: no cookies are kept

	user          string
	scheme        string // basic, digest, any
	bearer        string
	netrc         bool
	netrcFile     string
	netrcOptional bool

	proxy         *url.URL
	proxyUser     string
	noProxy       bool    // -x ""
	envNoProxy    *string // --noproxy, in place of the environment's
	tls, proxyTLS dial.TLSOptions
	dohInsecure   bool

	output     string // file; "" or "-": standard output
	outputDir  string
	remoteName bool
	createDirs bool

	verbose   int
	silent    bool
	showError bool

	version      bool
	help         *string // category
	protoDefault string
}

// forever is a duration that does not pass.
const forever time.Duration = math.MaxInt64

func newConfig(s std) *config {
	return &config{
		std: s, client: curlew.Client{Header: http.Header{}},
		linger: time.Second, idle: forever, maxRedirs: 50, protoDefault: "ws",
	}
}

// open opens a file to read, or standard input for "-".
func (c *config) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.std.in), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, &failure{codeRead, err}
	}
	return f, nil
}
