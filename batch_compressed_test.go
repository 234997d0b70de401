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
	go func() { done <- writeWhenFree(c, &flushed) }()
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

// writeWhenFree asks again and again for a writer, which must not come before may is set.
func writeWhenFree(c *curlew.Conn, may *atomic.Bool) error {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		w, err := c.NextWriter(ctx, curlew.Text)
		cancel()
		switch {
		case errors.Is(err, context.DeadlineExceeded):
		case err != nil:
			return err
		default:
			within := !may.Load()
			w.Close() // its context has ended
			if within {
				return errors.New("a message began within the batch")
			}
			return nil
		}
	}
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
