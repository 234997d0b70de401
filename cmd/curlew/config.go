package main

import (
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curltls"
)

// A config is what the options say.
type config struct {
	std    std
	stdout *switched // std.out, and std.err, but where a console has the terminal
	stderr *switched
	client curlew.Client // what goes there as it is; finish makes the rest of it
	urls   []string

	outgoing []outgoing // what is sent; empty: standard input
	binary   bool
	raw      bool // -T for standard input: bytes as they come, both ways
	upload   bool // -T for a file: bytes as they come, where no terminal shows them

	framingIn, framingOut string // "" if not given
	keepTerminator        bool

	count        int            // 0: no limit
	until        *regexp.Regexp // nil: not given
	only         bool
	lockstep     bool
	linger       time.Duration
	idle         time.Duration
	maxTime      time.Duration // 0: no limit
	closeTimeout time.Duration

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
	proxyScheme   string  // basic, digest, any
	noProxy       bool    // -x ""
	envProxy      string  // the variable that has the proxy, once it was looked for
	envNoProxy    *string // --noproxy, in place of the environment's
	tls, proxyTLS curltls.Options
	dohInsecure   bool
	noResume      bool

	limitRate, speedLimit int64 // bytes a second, 0: no limit
	speedTime             time.Duration

	retry                    int
	retryDelay, retryMaxTime time.Duration
	retryRefused, retryAll   bool
	failEarly                bool

	reconnect                    bool
	reconnectDelay, reconnectMax time.Duration
	feed                         *feed // nil: none
	received                     int   // messages of the sessions before

	output     string // file; "" or "-": standard output
	outputDir  string
	remoteName bool
	createDirs bool

	verbose     int
	showSecrets bool
	frames      *string // "" or "json"
	traceFile   string
	traceASCII  string
	traceTime   bool
	include     bool
	dump        string // -D
	writeOut    string
	stats       bool
	progress    bool

	silent    bool
	showError bool

	pretty    bool
	hex       bool
	plain     bool // no colours
	noBuffer  bool
	noHistory bool

	broadcast bool
	origins   []string
	script    string
	serveTLS  bool

	asGo         bool
	pasted       bool // the headers are those of a copied curl command
	version      bool
	help         *string // category
	protoDefault string

	tell func(format string, args ...any) // -v's, of connections; nil if it is not given

	given   []string // names of the options
	values  []given  // and of those that have values these
	takings []taking // of the command line
	depth   int      // of config files
	secure  bool     // the URL is one of wss
	urlUser bool     // and has a user
	asked   struct { // for a client certificate, and got none
		server, proxy atomic.Bool
	}
	out     *output
	unread  <-chan struct{} // closed when nobody reads the output any more; nil: that is not found out
	traces  []curlew.Trace
	tellers []*teller
}

// A given is an option with its value.
type given struct{ option, value string }

// forever is a duration that does not pass.
const forever time.Duration = math.MaxInt64

func newConfig(s std) *config {
	return &config{
		std: s, stdout: &switched{w: guarded(s.out)}, stderr: &switched{w: guarded(s.err)}, client: curlew.Client{Header: http.Header{}},
		linger: time.Second, idle: forever, closeTimeout: closeTime, maxRedirs: 50, speedTime: 30 * time.Second, protoDefault: "ws",
	}
}

// open opens a file to read, or standard input for "-".
func (c *config) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return stdin{c.std.in}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, &failure{codeRead, err}
	}
	return f, nil
}

// create makes a file to write to, or takes standard output for "-" and
// standard error for "%".
func (c *config) create(name string) (io.Writer, error) {
	switch name {
	case "-":
		return c.stdout, nil
	case "%":
		return c.stderr, nil
	}
	f, err := os.Create(name) // open to the end of the program
	if err != nil {
		return nil, written(err)
	}
	return guarded(f), nil
}
