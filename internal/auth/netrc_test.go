package auth

import (
	"net/url"
	"strings"
	"testing"
)

func mustNetrc(t *testing.T, file string) Netrc {
	t.Helper()
	n, err := ParseNetrc([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNetrcFind(t *testing.T) {
	t.Parallel()
	const file = `# the usual
machine a.example login joe password "pass word" account none
machine b.example
	password p2 # the login comes later
	login ann
macdef init
machine nowhere login x
login y password z

machine a.example login sue password #1!
machine c.example password only
default login anonymous password guest
machine d.example login "" password "\"\\\n\r\t\x"
`
	n := mustNetrc(t, file)
	crlf := mustNetrc(t, strings.ReplaceAll(file, "\n", "\r\n"))
	for _, c := range []struct{ host, login, user, password string }{
		{"a.example", "", "joe", "pass word"},
		{"A.Example", "joe", "joe", "pass word"},
		{"a.example", "sue", "sue", "#1!"},
		{"b.example", "", "ann", "p2"},
		{"c.example", "", "", "only"},
		{"c.example", "ann", "ann", "only"},
		{"d.example", "", "", "\"\\\n\r\tx"},
		{"nowhere", "", "anonymous", "guest"},
		{"nowhere", "anonymous", "anonymous", "guest"},
		{"a.example", "anonymous", "anonymous", "guest"},
	} {
		for _, n := range []Netrc{n, crlf} {
			if user, password, ok := n.Find(c.host, c.login); user != c.user || password != c.password || !ok {
				t.Errorf("%s, %q: got %q %q %v, want %q %q", c.host, c.login, user, password, ok, c.user, c.password)
			}
		}
	}
	if user, password, ok := n.Find("a.example", "bob"); user != "" || password != "" || ok {
		t.Errorf("a login without an entry: got %q %q %v", user, password, ok)
	}
}

func TestNetrcForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, host, password string }{
		{"machine h login u password p", "h", "p"},
		{"\n\n  machine\n\th\n\tlogin\n\tu\n\tpassword\n\tp\n\n", "h", "p"},
		{`machine "h" password "p" login "u"`, "h", "p"},
		{"machine h#c login u password p#c", "h#c", "p#c"},
		{"#machine h login x password y\nmachine h login u password #p\n# end", "h", "#p"},
		{"machine h login u password p macdef m\nlogin x", "h", "p"},
		{"macdef m\nmachine h login x\n \t\r\nmachine h login u password p", "h", "p"},
		{"machine other machine h login u password p", "h", "p"},
	} {
		if user, password, ok := mustNetrc(t, c.file).Find(c.host, ""); user != "u" || password != c.password || !ok {
			t.Errorf("%q: got %q %q %v", c.file, user, password, ok)
		}
	}
	for _, file := range []string{"", " \n", "# only", "macdef m", "macdef m\n\n"} {
		if _, _, ok := mustNetrc(t, file).Find("h", ""); ok {
			t.Errorf("%q: got credentials, want none", file)
		}
	}
}

func TestNetrcErrors(t *testing.T) {
	t.Parallel()
	for file, says := range map[string]string{
		"login " + canary:                                        "line 1: expected machine or default before login",
		"machine h\nlogin u password p\n" + canary:               "line 3: expected machine, default, login, password, account or macdef",
		"machine h login u password p " + canary:                 "line 1: expected machine,",
		"machine h\npassword \"" + canary:                        "line 2: expected a closing quote on the same line",
		"machine h\n\npassword \"" + canary + "\n\"":             "line 3: expected a closing quote",
		"machine h password \"" + canary + "\\":                  "line 1: expected a closing quote",
		"machine h password \"" + canary + "\\\n\"":              "line 1: expected a closing quote",
		"machine h password \"" + canary + "\"x":                 "line 1: expected white space after a closing quote",
		"machine h login u\n\npassword\n":                        "line 4: expected a value for password, got the end of the file",
		"machine":                                                "line 1: expected a value for machine",
		"macdef m\nx\n\n" + canary:                               "line 4: expected machine,",
		"machine h password " + canary + "\npassword " + canary:  "line 2: expected one password per entry",
		"machine h\nlogin " + canary + " # c\n\nlogin " + canary: "line 4: expected one login per entry",
	} {
		n, err := ParseNetrc([]byte(file))
		if err == nil || !strings.HasPrefix(err.Error(), "netrc "+says) {
			t.Errorf("%q: error is %v, want %q", file, err, says)
			continue
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%q: the error shows the password: %v", file, err)
		}
		if _, _, ok := n.Find("h", ""); ok {
			t.Errorf("%q: an entry of a broken file was used", file)
		}
	}
}

func TestNetrcCredentials(t *testing.T) {
	t.Parallel()
	n := mustNetrc(t, "machine h login joe password p1\nmachine h login sue password p2")
	for _, c := range []struct {
		url, host      string
		required       bool
		user, password string
		ok             bool
	}{
		{"ws://h", "h", false, "joe", "p1", true},
		{"ws://h", "h", true, "joe", "p1", true},
		{"ws://sue@h", "h", false, "sue", "p2", true},
		{"ws://sue@h", "h", true, "joe", "p1", true},
		{"ws://sue:own@h", "h", false, "sue", "own", true},
		{"ws://sue:own@h", "h", true, "joe", "p1", true},
		{"ws://sue:@h", "h", false, "sue", "", true},
		{"ws://bob@h", "h", false, "bob", "", true},
		{"ws://other", "other", false, "", "", false},
		{"ws://bob:x@other", "other", true, "", "", false},
		{"ws://@other", "other", false, "", "", false},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		user, password, ok := n.Credentials(c.host, u.User, c.required)
		if user != c.user || password != c.password || ok != c.ok {
			t.Errorf("%s, required %v: got %q %q %v, want %q %q %v", c.url, c.required, user, password, ok, c.user, c.password, c.ok)
		}
	}
}

// FuzzParseNetrc checks that nothing panics, that errors show nothing of the file,
// and that all entries are the same when formatted and parsed again.
func FuzzParseNetrc(f *testing.F) {
	for _, seed := range []string{
		"machine h login u password \"p\\n\" # c\ndefault login a password b",
		"macdef x\ny\n\nmachine z", "machine \"a", "default account x login",
	} {
		f.Add(seed)
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	f.Fuzz(func(t *testing.T, file string) {
		n, err := ParseNetrc([]byte(file))
		if err != nil {
			return
		}
		var out strings.Builder
		for _, e := range n.entries {
			head := `machine "` + quoted.Replace(e.host) + `"`
			if e.any {
				head = "default"
			}
			out.WriteString(head + ` login "` + quoted.Replace(e.login) + `" password "` + quoted.Replace(e.password) + "\"\n")
		}
		again, err := ParseNetrc([]byte(out.String()))
		if err != nil || len(again.entries) != len(n.entries) {
			t.Fatalf("formatted as %q: %v", out.String(), err)
		}
		for i, e := range n.entries {
			if again.entries[i] != e {
				t.Fatalf("entry %d was %q, is %q", i, e.host, again.entries[i].host)
			}
		}
	})
}

// TestRememberedNetrcByteOrderMark finds the first entry of a file that begins with
// a byte order mark, as some editors write it.
func TestRememberedNetrcByteOrderMark(t *testing.T) {
	n, err := ParseNetrc([]byte("\ufeffmachine h login l password p\n"))
	if user, password, ok := n.Find("h", ""); err != nil || user != "l" || password != "p" || !ok {
		t.Errorf("got %q, %q, %v, %v", user, password, ok, err)
	}
}
