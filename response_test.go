package curlew_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/curlew-ws/curlew"
)

// The response is kept as its head, and is whole, and always the same one,
// whoever asks for it first.
func TestResponseIsKept(t *testing.T) {
	c, err := curlew.Dial(t.Context(), strings.Replace(silentServer(t), "127.0.0.1", "localhost", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var asked sync.WaitGroup
	got := make([]*curlew.Response, 8)
	for i := range got {
		asked.Go(func() { got[i] = c.Response() })
	}
	asked.Wait()
	for _, r := range got {
		if r != got[0] || r.StatusCode != http.StatusSwitchingProtocols || r.Header.Get("Sec-WebSocket-Accept") == "" ||
			r.Timings.Lookup <= 0 || r.Timings.Connect <= 0 || r.Timings.Upgrade <= 0 {
			t.Errorf("came %+v, expected the one response, whole", r)
		}
	}
}
