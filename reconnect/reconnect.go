// Package reconnect keeps a client connected: it runs one WebSocket session after
// another. It dials again after growing, random pauses, sends the application's
// opening messages again, and reports every gap.
//
//   - It never hides loss. For each session it calls the application's function
//     with a [Gap] that holds the error of the session before. It buffers
//     nothing, sends nothing twice, and acknowledges nothing for the application.
//     Data written just before a session ended may or may not have arrived.
//   - It continues until the application returns [ErrDone], the context ends, or
//     an error occurs that another attempt would not cure: see [Final].
//   - It starts no goroutine, and runs one session at a time.
package reconnect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
	"github.com/curlew-ws/curlew/internal/handshake"
)

// ErrDone, returned by the application's function, makes Run return nil.
var ErrDone = errors.New("reconnect: the application is done")

// Defaults of Loop.
const (
	DefaultMinDelay = 500 * time.Millisecond
	DefaultMaxDelay = 30 * time.Second
)

// A Loop configures how to stay connected. The zero value works. Set Client's
// PingInterval: without it, a vanished peer is noticed late or never.
type Loop struct {
	// Client opens the sessions; nil means the zero Client.
	Client *curlew.Client
	// Opening are the messages that begin every session, such as a login and
	// subscriptions. They are sent in this order before the application is called.
	Opening []curlew.Message
	// MinDelay is the longest first pause. Each failure in a row doubles it, up
	// to MaxDelay. The pause is a random time between half of that and all of it.
	// A server can ask for a longer one, up to MaxDelay, by Retry-After in
	// seconds. A session of at least MaxDelay ends the row. 0 means the default
	// above.
	MinDelay, MaxDelay time.Duration
	// Final reports whether an error ends Run; nil means the function Final. It is
	// not called for nil and ErrDone.
	Final func(err error) bool
	// OnPause, if not nil, is called after each failure, before the pause, for a
	// log or a display.
	OnPause func(g Gap, pause time.Duration)
}

// A Gap is the time between two sessions.
type Gap struct {
	Begin    time.Time // when the previous session ended, or the first attempt began
	Sessions int       // opened before the gap; 0: the application has not been called yet
	Failures int       // in a row, including the end of the session
	Err      error     // the last failure; nil: none, or the application returned nil
}

// Run dials url, and calls session with the Conn and the gap before it. When
// session returns, Run closes the Conn, pauses and dials again. That includes a
// return of nil, as after a loop over [curlew.Conn.Messages] that an ordinary CLOSE
// ended. Run blocks, and calls session on the caller's goroutine. It returns:
//
//   - nil after ErrDone
//   - the cause of ctx, if ctx ended
//   - the final error, which errors.Is and errors.As find
func (l *Loop) Run(ctx context.Context, url string, session func(ctx context.Context, c *curlew.Conn, g Gap) error) error {
	for g := (Gap{Begin: time.Now()}); ; {
		began, opened, err := l.once(ctx, url, g, session)
		if opened {
			g.Begin = time.Now()
			g.Sessions++
			if g.Begin.Sub(began) >= l.longest() {
				g.Failures = 0
			}
		}
		g.Failures++
		g.Err = err
		switch {
		case errors.Is(err, ErrDone):
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && l.final(err):
			return fmt.Errorf("reconnect: another attempt would not help: %w", err)
		}
		pause := l.pause(g)
		if l.OnPause != nil {
			l.OnPause(g, pause)
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// once makes one attempt and runs the session, which began at began, if it opened.
func (l *Loop) once(ctx context.Context, url string, g Gap, session func(context.Context, *curlew.Conn, Gap) error) (began time.Time, opened bool, err error) {
	client := l.Client
	if client == nil {
		client = new(curlew.Client)
	}
	c, err := client.Dial(ctx, url)
	if err != nil {
		return began, false, err
	}
	defer c.Close()
	for _, m := range l.Opening {
		if err := c.WriteMessage(ctx, m.Flags, m.Data); err != nil {
			return began, false, fmt.Errorf("sending the opening messages: %w", farewell(ctx, c, err))
		}
	}
	return time.Now(), true, session(ctx, c, g)
}

// farewell returns why a session ended in which sending failed with err. A peer
// that did not want the message may have sent a CLOSE before it went away.
func farewell(ctx context.Context, c *curlew.Conn, err error) error {
	if errors.Is(err, curlew.ErrUsage) {
		return err // the session has not ended
	}
	for _, end := range c.Messages(ctx) {
		if peer, ok := errors.AsType[*curlew.CloseError](end); ok {
			return peer
		}
	}
	return err
}

func (l *Loop) longest() time.Duration {
	if l.MaxDelay > 0 {
		return l.MaxDelay
	}
	return DefaultMaxDelay
}

func (l *Loop) final(err error) bool {
	if l.Final != nil {
		return l.Final(err)
	}
	return Final(err)
}

// pause draws a random pause after a failure.
func (l *Loop) pause(g Gap) time.Duration {
	d, longest := l.MinDelay, l.longest()
	if d <= 0 {
		d = DefaultMinDelay
	}
	for i := 1; i < g.Failures && d < longest; i++ {
		d *= 2
	}
	d = min(d, longest)
	return max(d-rand.N(d/2+1), min(retryAfter(g.Err), longest))
}

// retryAfter returns how long a server that refused asks the client to wait, RFC
// 9110 section 10.2.3. It supports only Retry-After in seconds.
func retryAfter(err error) time.Duration {
	var refused *curlew.HandshakeError
	if !errors.As(err, &refused) || refused.Response == nil {
		return 0
	}
	n, err := strconv.ParseUint(refused.Response.Header.Get("Retry-After"), 10, 31)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(n) * time.Second
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Final reports whether err is one that another attempt would not cure:
//
//   - invalid use: the URL, an option of Client or dial.Config, a flag
//   - a certificate that is not trusted, a key that is not pinned
//   - a refusal of the opening handshake, or of the tunnel by a proxy. Statuses
//     408, 425, 429 and from 500 on are not final, nor is a redirect to an
//     invalid URL
//   - a response that is not a valid handshake, or not HTTP
//   - a violation of the protocol or of a limit, found by either side: a
//     [*curlew.ProtocolError], or a CLOSE with 1002, 1003 or 1007 to 1010
//
// No other error is final. That includes hosts out of reach, broken streams,
// timeouts, missing PONGs, a CLOSE with another code, and the application's errors.
func Final(err error) bool {
	var (
		refused   *curlew.HandshakeError
		tunnel    *dial.ConnectError
		violation *curlew.ProtocolError
		closed    *curlew.CloseError
		untrusted *tls.CertificateVerificationError
		unpinned  *dial.PinError
		option    *dial.OptionError
	)
	switch {
	case errors.Is(err, curlew.ErrUsage), errors.As(err, &option), errors.As(err, &untrusted), errors.As(err, &unpinned), errors.As(err, &violation):
		return true
	case errors.As(err, &refused):
		return finalAnswer(refused)
	case errors.As(err, &tunnel):
		return !transient(tunnel.Response.StatusCode)
	case errors.As(err, &closed):
		return finalCode(closed.Code)
	}
	return false
}

// finalAnswer reports whether a failed opening handshake is final. A response that is not HTTP is, but not one
// that was cut off.
func finalAnswer(e *curlew.HandshakeError) bool {
	malformed := errors.As(e, new(*handshake.SyntaxError))
	if e.Response != nil {
		redirect := e.Response.StatusCode/100 == 3
		return !transient(e.Response.StatusCode) && !(redirect && malformed)
	}
	return malformed || errors.As(e, new(*curlew.LimitError))
}

// transient reports whether a refusal with status may be over soon.
func transient(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

func finalCode(code int) bool {
	switch code {
	case curlew.CloseProtocolError, curlew.CloseUnsupportedData, curlew.CloseInvalidData,
		curlew.ClosePolicy, curlew.CloseTooBig, curlew.CloseMandatoryExt:
		return true
	}
	return false
}
