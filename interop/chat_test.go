package interop

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/curlew-ws/curlew"
)

// A browser is a page in Chromium, controlled through Chromium's WebSocket server.
type browser struct {
	t    testing.TB
	c    *curlew.Conn
	last int
}

// open starts Chromium with the page at url.
func open(t testing.TB, url string) *browser {
	t.Helper()
	ctx, dir := withPatience(t), t.TempDir()
	s := start(t, program{name: "chromium", install: "apt-get install chromium", ports: 1, args: func(port []int) []string {
		return []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
			"--user-data-dir=" + dir, fmt.Sprintf("--remote-debugging-port=%d", port[0]), "--window-size=800,600", "about:blank"}
	}})
	t.Cleanup(s.kill) // before dir is removed
	for {
		var pages []struct{ Type, WebSocketDebuggerURL string }
		getJSON(t, ctx, fmt.Sprintf("http://127.0.0.1:%d/json/list", s.port[0]), &pages)
		for _, p := range pages {
			if p.Type != "page" {
				continue
			}
			c, err := curlew.Dial(ctx, p.WebSocketDebuggerURL)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			b := &browser{t: t, c: c}
			var arrived struct{ ErrorText string }
			if b.call("Page.navigate", map[string]any{"url": url}, &arrived); arrived.ErrorText != "" {
				t.Fatalf("%s: %s", url, arrived.ErrorText)
			}
			return b
		}
	}
}

func getJSON(t testing.TB, ctx context.Context, url string, v any) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		t.Fatal(err)
	}
}

// call calls a method of the browser and stores its result in v.
func (b *browser) call(method string, params map[string]any, v any) {
	b.t.Helper()
	ctx := withPatience(b.t)
	b.last++
	request, err := json.Marshal(map[string]any{"id": b.last, "method": method, "params": params})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.c.WriteMessage(ctx, curlew.Text, request); err != nil {
		b.t.Fatal(err)
	}
	for {
		_, p, err := b.c.ReadMessage(ctx, nil)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(p, &answer); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case answer.ID != b.last:
		case answer.Error != nil:
			b.t.Fatalf("%s: %s", method, answer.Error.Message)
		default:
			if err := json.Unmarshal(answer.Result, v); err != nil {
				b.t.Fatal(err)
			}
			return
		}
	}
}

// eval returns the result of a script, awaited if it is a promise.
func (b *browser) eval(script string) string {
	b.t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, got.ExceptionDetails.Text)
	}
	return fmt.Sprint(got.Result.Value)
}

// await waits until the page's text, as the script of returns it, contains want.
func (b *browser) await(of, want string) {
	b.t.Helper()
	quoted, _ := json.Marshal(want)
	got := b.eval(fmt.Sprintf(`new Promise(done => {
		const end = Date.now() + %d;
		const look = () => {
			const now = %s;
			if (now.includes(%s) || Date.now() > end) done(now); else setTimeout(look, 20);
		};
		look();
	})`, patience.Milliseconds()/2, of, quoted))
	if !strings.Contains(got, want) {
		b.t.Fatalf("%s is %.500q, want %q in it", of, got, want)
	}
}

// screenshot saves a picture of the page if CURLEW_SCREENSHOT names a file.
func (b *browser) screenshot() {
	name := os.Getenv("CURLEW_SCREENSHOT")
	if name == "" {
		return
	}
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(name, png, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// TestChatInBrowser has a page in Chromium and a curlew client talk through the
// example server, until the server ends.
func TestChatInBrowser(t *testing.T) {
	const state, said = `(document.getElementById("state")?.textContent ?? "")`, `(document.getElementById("said")?.textContent ?? "")`
	ctx := withPatience(t)
	chat := filepath.Join(t.TempDir(), "chat")
	if runtime.GOOS == "windows" {
		chat += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", chat, "github.com/curlew-ws/curlew/examples/chat").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := start(t, program{name: chat, ports: 1, args: func(port []int) []string { return []string{fmt.Sprintf("127.0.0.1:%d", port[0])} }})
	page := open(t, fmt.Sprintf("http://127.0.0.1:%d/?name=ada", s.port[0]))
	page.await(state, "here as ada")
	if got := page.eval("socket.extensions"); !strings.HasPrefix(got, "permessage-deflate") {
		t.Errorf("the page's session has the extensions %q, want permessage-deflate", got)
	}
	bob, err := (&curlew.Client{Compression: &curlew.Compression{}}).Dial(ctx, fmt.Sprintf("ws://127.0.0.1:%d/chat?name=bob", s.port[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer bob.Close()
	page.await(said, "bob is here")
	long := strings.Repeat("one and all, grüße! ", 50)
	if err := bob.WriteMessage(ctx, curlew.Text, []byte(long)); err != nil {
		t.Fatal(err)
	}
	page.await(said, "bob: "+long)
	page.eval(`document.getElementById("text").value = "hello, 鷸"; document.getElementById("form").requestSubmit()`)
	page.await(said, "ada: hello, 鷸")
	for _, want := range []string{"bob is here", "bob: " + long, "ada: hello, 鷸"} {
		if _, p, err := bob.ReadMessage(ctx, nil); err != nil || string(p) != want {
			t.Fatalf("bob got %.100q, %v; want %.100q", p, err, want)
		}
	}
	page.screenshot()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_, _, err = bob.ReadMessage(ctx, nil)
	var end *curlew.CloseError
	for err == nil { // ada may leave before bob
		_, _, err = bob.ReadMessage(ctx, nil)
	}
	if !errors.As(err, &end) || end.Code != curlew.CloseGoingAway {
		t.Errorf("bob's session ended with %v, want CLOSE with 1001", err)
	}
	page.await(state, "closed: 1001 the server ends")
	select {
	case <-s.exited:
	case <-ctx.Done():
		t.Fatal("the server does not end")
	}
	if state := s.cmd.ProcessState; !state.Success() {
		t.Errorf("the server ended with %v, want success", state)
	}
}
