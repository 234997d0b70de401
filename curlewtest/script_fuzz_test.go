package curlewtest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew/curlewtest"
)

// Any text is a script, or gives an error that names the line.
func FuzzParseScript(f *testing.F) {
	f.Add(documented)
	f.Add("repeat 2\nsend raw @a 3*ff 2*\"x\"\nend\nconnection\nrole client\nexpect header A \"b\"\n-- a --\n1\n")
	f.Add("send close 1000 \"b\" 00 # c\nhead accept \"\\x00\"\nbody 2*3*00\nexpect message text rsv1\nwait 1ms")
	f.Add("send op3 more rsv2 flip len64 length=7\nexpect close 1005")
	f.Fuzz(func(t *testing.T, text string) {
		for _, n := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
			if len(n) > 3 && strings.Contains(text, "*") {
				t.Skip("long payloads take time and nothing else")
			}
		}
		s, err := curlewtest.ParseScript("fuzz", []byte(text))
		var se *curlewtest.ScriptError
		if err != nil && (!errors.As(err, &se) || se.Line < 1 || se.Line > strings.Count(text, "\n")+1 || s != nil) {
			t.Errorf("a script or an error: %v, %v", s, err)
		}
		if err == nil {
			if server, client := s.Roles(); !server && !client {
				t.Error("a script that no role can play")
			}
		}
	})
}
