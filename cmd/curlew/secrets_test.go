package main

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// canary is every password, token and cookie of TestNoSecretShows.
const canary = "c4n4ry"

// shows reports whether text has the canary: as it is, in base64, or over
// several lines of --trace-ascii.
func shows(text string) bool {
	text += regexp.MustCompile(`\n[0-9a-f]{4}: `).ReplaceAllString(text, "")
	for _, word := range regexp.MustCompile(`[A-Za-z0-9+/]{8,}`).FindAllString(text, -1) {
		if plain, _ := base64.RawStdEncoding.DecodeString(word); strings.Contains(string(plain), canary) {
			return true
		}
	}
	return strings.Contains(text, canary)
}

// TestNoSecretShows: nothing that the tool tells of a session, or of a command
// line that is wrong, has a secret in it, unless --show-secrets asks for them.
func TestNoSecretShows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, dir)
	defer w.close()
	for name, text := range map[string]string{
		"netrc":       "machine 127.0.0.1 login user password " + canary,
		"badnetrc":    "machine 127.0.0.1 login user password " + canary + " " + canary,
		"cookies":     "127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\t" + canary + "\n",
		"badcookies":  canary + "\n",
		"headers":     "Authorization: " + canary + "\n",
		"badheaders":  canary + "\n",
		"config":      `user = "user:` + canary + `"` + "\n",
		"badconfig":   `user = "user:` + canary + "\n",
		"worseconfig": "no-such-option = " + canary + "\n",
		"mixedconfig": "user = a " + canary + "\n",
	} {
		w.file(name, []byte(text))
	}
	for _, c := range []struct {
		args  string
		shown bool // with --show-secrets
	}{
		// On the way to the server.
		{"ws://user:c4n4ry@$HOST/basic/ping", true},
		{"ws://user:c4n4ry@$HOST/digest/ping", true},
		{"ws://user:c4n4ry@$HOST/raw", true},
		{"ws://user:c4n4ry@$CLOSEDHOST", true},
		{"ws://user:c4n4ry@name.invalid", true},
		{"-m 0.1 ws://user:c4n4ry@$HOST/hang", true},
		{"-u user:c4n4ry $WS/basic/ping", true},
		{"-u user:c4n4ry --digest $WS/digest/ping", false},
		{"-u user:c4n4ry --anyauth $WS/basic/ping", true},
		{"-u user:c4n4ry -L $WS/redirect?to=/basic/ping", true},
		{"-u user:c4n4ry -L --max-redirs 0 $WS/redirect?to=/basic/ping", true},
		{"$WS/redirect?to=ws://user:c4n4ry@$HOST/ping", true},
		{"-L $WS/redirect?to=ws://user:c4n4ry@$HOST/basic/ping", true},
		{"-L $WS/redirect?to=ws://user:c4n4ry@$CLOSEDHOST", true},
		{"-L $WS/redirect?to=ftp://user:c4n4ry@$HOST/", true},
		{"-L --max-redirs 0 $WS/redirect?to=ws://user:c4n4ry@$HOST/", true},
		{"-D heads $WS/redirect?to=ws://user:c4n4ry@$HOST/", true},
		{"-u user:c4n4ry --retry 1 --retry-delay 0.01 $WS/flaky?fails=9", true},
		{"-u user:c4n4ry -D heads $WS/ping", true},
		{"--oauth2-bearer c4n4ry $WS/bearer/ping", true},
		{"--oauth2-bearer c4n4ry\n $WS/bearer/ping", false},
		{"-H Authorization:c4n4ry $WS/ping", true},
		{"-H @headers $WS/ping", true},
		{"-H X-Api-Key:c4n4ry $WS/ping", true},
		{"-H Sec-WebSocket-Protocol:bearer,c4n4ry $WS/ping", true},
		{"--subprotocol bearer --subprotocol c4n4ry $WS/ping", true},
		{"--reconnect -m 0.3 -u user:c4n4ry $WS/refuse?status=503", true},
		{"-H Cookie:a=c4n4ry\x01 $WS/ping", false},
		{"-b a=c4n4ry $WS/ping", true},
		{"-b cookies -c jar $WS/ping", true},
		{"--netrc-file netrc $WS/basic/ping", true},
		{"--netrc-file badnetrc $WS/ping", false},
		{"-K config $WS/basic/ping", true},
		// On the way to a proxy.
		{"-x http://user:c4n4ry@$PROXY ws://example.com/ping", true},
		{"-x $PROXY -U user:c4n4ry ws://denied.test/ping", true},
		{"-x $DPROXY -U user:c4n4ry ws://example.com/ping", true},
		{"-x $DPROXY -U user:c4n4ry --proxy-digest ws://example.com/ping", false},
		{"-x $DPROXY -U user:c4n4ry --proxy-anyauth ws://example.com/ping", false},
		{"-x user:c4n4ry@$CLOSEDHOST ws://example.com/ping", false},
		{"-x user:c4n4ry@name.invalid ws://example.com/ping", false},
		{"-x https://user:c4n4ry@$SPROXY ws://example.com/ping", false},
		{"--socks5-hostname user:c4n4ry@$SOCKS ws://example.com/ping", false},
		{"--socks5-hostname user:c4n4ry@$SOCKS ws://unknown.invalid/ping", false},
		{"--connect-timeout 0.1 --socks5 user:c4n4ry@$SILENT $WS/ping", false},
		{"--preproxy socks5h://user:c4n4ry@$SOCKS -x $PROXY ws://example.com/ping", false},
		{"-x $PROXY --proxy-header Proxy-Authorization:c4n4ry ws://example.com/ping", true},
		// Files of keys.
		{"-k -E $P12:c4n4ry $WSS/ping", false},
		{"-k -E $P12 --pass c4n4ry $WSS/ping", false},
		{"-x https://$SPROXY --proxy-cert $P12 --proxy-pass c4n4ry ws://example.com/ping", false},
		// Wrong command lines.
		{"ws://user:c4n4ry@[::1/", false},
		{"ws://user:c4n4ry@%zz/", false},
		{"ws://user:c4n4ry%zz@$HOST/", false},
		{"ws://user:c4n4ry/@$HOST/", false},
		{"ftp://user:c4n4ry@$HOST/", false},
		{"mailto:user:c4n4ry@$HOST", true},
		{"user:c4n4ry@$HOST/basic/ping", true},
		{"-x ftp://user:c4n4ry@$PROXY $WS/ping", false},
		{"-x http://user:c4n4ry@$PROXY/path $WS/ping", false},
		{"-x http://user:c4n4ry%zz@$PROXY $WS/ping", false},
		{"--preproxy http://user:c4n4ry@:x $WS/ping", false},
		{"-H c4n4ry $WS/ping", false},
		{"-H @badheaders $WS/ping", false},
		{"--proxy-header c4n4ry $WS/ping", false},
		{"-b badcookies $WS/ping", false},
		{"-K badconfig $WS/ping", false},
		{"-K worseconfig $WS/ping", false},
		{"-K mixedconfig $WS/ping", true},
	} {
		for _, show := range []bool{false, true} {
			for _, verbose := range []string{"-v", "-vv"} {
				args := append(strings.Split(os.Expand(c.args, w.lookup), " "), verbose, "--trace-ascii", "bytes", "--frames",
					"--stats", "--count", "1", "--linger", "0", "-w", "%{json}%{stderr}%{url}%{url_effective}%{errormsg}")
				if show {
					args = append(args, "--show-secrets")
				}
				text := tells(t, dir, args)
				if shown, want := shows(text), show && c.shown; shown != want {
					t.Errorf("%q with --show-secrets %t: secrets shown: %t\n%s", c.args, show, shown, text)
				}
			}
		}
	}
}

// lookup is the value of a variable of the world.
func (w *world) lookup(name string) string {
	for _, v := range w.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	w.t.Errorf("the world has no $%s", name)
	return ""
}

// tells is all that the tool tells in dir: its outputs and the file bytes.
func tells(t *testing.T, dir string, args []string) string {
	t.Helper()
	cmd := exec.Command("curlew", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "USERPROFILE="+dir)
	text, err := cmd.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	trace := filepath.Join(dir, "bytes")
	bytes, err := os.ReadFile(trace)
	if err == nil {
		err = os.Remove(trace)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text) + "\n" + string(bytes)
}
