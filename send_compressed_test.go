package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// dialCompressed returns a client's Conn whose server takes what comes.
func dialCompressed(t *testing.T, client *curlew.Client) *curlew.Conn {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := curlew.Accept(w, r, &curlew.AcceptOptions{Compression: &curlew.Compression{}})
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		for err == nil {
			_, _, err = c.Next()
		}
	}))
	t.Cleanup(srv.Close)
	c, err := client.Dial(context.Background(), "ws"+strings.TrimPrefix(srv.URL, "http"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A batch has the send side also while it compresses: no writer begins then,
// which the batch would wait for, and which would wait for the batch.
func TestBatchCompresses(t *testing.T) {
	curlewtest.NoLeaks(t)
	c := dialCompressed(t, &curlew.Client{Compression: &curlew.Compression{}})
	c.SetWriteDeadline(time.Now().Add(10 * time.Second))
	var flushed atomic.Bool
	b := c.Cork()
	done := make(chan error, 1)
	go func() { done <- writeOften(c, &flushed) }()
	for range 4 {
		if err := b.Send(curlew.Binary|curlew.Compressed, bytes.Repeat(memoryText(), 2)); err != nil {
			t.Error(err)
		}
	}
	flushed.Store(true)
	if err := errors.Join(b.Flush(), <-done); err != nil {
		t.Error(err)
	}
}

// Nor does a writer begin while the first fragment of a message is compressed.
func TestFragmentCompresses(t *testing.T) {
	curlewtest.NoLeaks(t)
	c := dialCompressed(t, &curlew.Client{Compression: &curlew.Compression{}})
	c.SetWriteDeadline(time.Now().Add(10 * time.Second))
	var sent atomic.Bool
	done := make(chan error, 1)
	big := bytes.Repeat(memoryText(), 8)
	go func() { done <- writeOften(c, &sent) }()
	err := c.Send(curlew.Binary|curlew.Compressed|curlew.Cont, big)
	for range 3 {
		err = errors.Join(err, c.Send(curlew.Cont, big[:100]))
	}
	sent.Store(true)
	if err := errors.Join(err, c.Send(0, nil), <-done); err != nil {
		t.Error(err)
	}
}

// writeOften sends messages by NextWriter, whose turn it awaits for a moment only
// each time, until stop is set.
func writeOften(c *curlew.Conn, stop *atomic.Bool) error {
	for !stop.Load() {
		ctx, cancel := context.WithCancel(context.Background())
		moment := time.AfterFunc(time.Millisecond, cancel)
		w, err := c.NextWriter(ctx, curlew.Text)
		switch {
		case !moment.Stop() && err == nil:
			w.Close() // nothing was sent
		case err == nil:
			_, err = w.Write([]byte("other"))
			err = errors.Join(err, w.Close())
		}
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return nil
}

// A Batch that was flushed stays so, whoever has the next.
func TestFlushedBatchIsOver(t *testing.T) {
	curlewtest.NoLeaks(t)
	c, peer := pipePair(t, nil)
	frames := peer.drain()
	first := c.Cork()
	if err := first.Flush(); err != nil {
		t.Fatal(err)
	}
	second := c.Cork()
	if err := second.Send(curlew.Text, []byte("one")); err != nil {
		t.Fatal(err)
	}
	wantError(t, first.Send(curlew.Text, nil), curlew.ErrUsage)
	wantError(t, first.Flush(), curlew.ErrUsage)
	if err := errors.Join(second.Send(curlew.Text, []byte("two")), second.Flush()); err != nil {
		t.Fatal(err)
	}
	c.Close()
	wantFrames(t, <-frames, rawFrame{wText, "one"}, rawFrame{wText, "two"})
}

// A writer sends compressed fragments of any size: MaxMessage bounds what is
// compressed in memory as a whole.
func TestWriterCompressesBeyondMaxMessage(t *testing.T) {
	curlewtest.NoLeaks(t)
	c := dialCompressed(t, &curlew.Client{Compression: &curlew.Compression{}, MaxMessage: 1000})
	w, err := c.NextWriter(context.Background(), curlew.Binary)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(memoryText()[:100_000]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// What nobody asked to compress is sent as it is where it is too long for that.
func TestTooLongToCompressUnasked(t *testing.T) {
	curlewtest.NoLeaks(t)
	with := &curlew.Compression{}
	client, server := curlewtest.Pair(t, &curlew.Client{Compression: with}, &curlew.AcceptOptions{Compression: with, MaxMessage: 1000})
	for _, n := range []int{1000, 1001} {
		m, err := curlew.Prepare(curlew.Text, memoryText()[:n])
		if err != nil {
			t.Fatal(err)
		}
		for _, send := range []func() error{
			func() error { return server.WriteMessage(t.Context(), curlew.Text, memoryText()[:n]) },
			func() error { return server.SendPrepared(m) },
		} {
			if err := send(); err != nil {
				t.Fatal(err)
			}
			f, p, err := client.ReadMessage(t.Context(), nil)
			if err != nil || !bytes.Equal(p, memoryText()[:n]) || (f&curlew.Compressed != 0) != (n <= 1000) {
				t.Errorf("of %d bytes came %d, flags %#x, and %v", n, len(p), f, err)
			}
		}
	}
	wantError(t, server.Send(curlew.Text|curlew.Compressed, memoryText()[:1001]), curlew.ErrUsage)
}
