package curlewtest_test

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

func TestServer(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"ws", "wss", "unix"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			s := curlewtest.NewEchoServer(t, scheme, &curlew.AcceptOptions{Subprotocols: []string{"a"}})
			client := curlew.Client{Net: s.Net, Subprotocols: []string{"a"}}
			c, err := client.Dial(t.Context(), s.URL+"/some/path")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			wantErr(t, c.WriteMessage(t.Context(), curlew.Text, []byte("hello")), nil)
			_, p, err := c.ReadMessage(t.Context(), nil)
			if string(p) != "hello" || err != nil || c.Subprotocol() != "a" {
				t.Errorf("got %q by %q, %v", p, c.Subprotocol(), err)
			}
			s.Close()
			if _, _, err := c.ReadMessage(t.Context(), nil); err == nil {
				t.Error("the session continues after the server's end")
			}
			if _, err := client.Dial(t.Context(), s.URL); err == nil {
				t.Error("the server listens after its end")
			}
			s.Close()
		})
	}
}

func TestServerReports(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	r.run(func() {
		s := curlewtest.NewServer(r, "ws", func(_ context.Context, c net.Conn) error { return errOwn })
		c, err := dialStream(t, s)
		if err != nil {
			t.Error(err)
			return
		}
		io.ReadAll(c)
		c.Close()
	})
	if r.said() != "server: "+errOwn.Error() {
		t.Errorf("got the failure %q", r.said())
	}
	for _, f := range []func(){
		func() { curlewtest.NewServer(r, "http", nil) },
		func() { curlewtest.NewScriptServer(r, "ws", "nonsense") },
	} {
		r = &recorder{TB: t}
		r.run(f)
		if !r.Failed() {
			t.Error("got no failure")
		}
	}
}
