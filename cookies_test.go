package curlew_test

import (
	"net/http"
	"net/http/cookiejar"
	"testing"

	"github.com/curlew-ws/curlew"
)

// Cookies that RFC 6265 section 5.2 takes go back to the server, as they came,
// whatever answer set them; and the response tells them.
func TestRememberedLenientCookies(t *testing.T) {
	set := []string{`a={"x":1}`, `b[c]=d; Expires=Wed Jan 2 2999 3:4:5`, `e="f\g"`, "h=\u00fc; Max-Age=0100", "gone=1; Max-Age=00", "no name", "long=1"}
	var got string
	srv := upgrader(t, func(w http.ResponseWriter, r *http.Request) bool {
		w.Header()["Set-Cookie"] = set
		if got = r.Header.Get("Cookie"); got != "" {
			return true
		}
		http.Redirect(w, r, "/again", http.StatusFound)
		return false
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &curlew.Client{Jar: jar, MaxRedirects: 1}
	c, err := client.Dial(t.Context(), wsURL(srv))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if want := `a={"x":1}; b[c]=d; e="f\g"; h=` + "\u00fc; long=1"; got != want {
		t.Errorf("the server got  %s\nexpected        %s", got, want)
	}
	url, _ := cannedServer(t, func(key string) string { return accepted(key, "Set-Cookie: "+set[0]+"\r\n") })
	if c, err = client.Dial(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if cookies := c.Response().Cookies(); len(cookies) != 1 || cookies[0].Name != "a" || cookies[0].Value != `{"x":1}` {
		t.Errorf("the response tells of %v", cookies)
	}
}
