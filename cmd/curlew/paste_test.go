package main

import (
	"slices"
	"strings"
	"testing"
)

// TestShellWords: what browsers copy for a POSIX shell and for Windows' command
// prompt is the same words.
func TestShellWords(t *testing.T) {
	want := []string{"curl", "ws://h/?a=1&b=2", "-d", "one\ntwo \"2\" $3!"}
	for _, text := range []string{
		"curl 'ws://h/?a=1&b=2' \\\n  -d $'one\\ntwo \"2\" $3\\u0021'",
		"curl \"ws://h/?a=1&b=2\" \\\r\n -d \"one\ntwo \\\"2\\\" \\$3!\"",
		"curl ^\"ws://h/?a=1^&b=2^\" ^\n  -d ^\"one^\n\ntwo ^\\^\"2^\\^\" ^$3^!^\"",
		"curl ^\"ws://h/?a=1^&b=2^\" ^\r\n  -d ^\"one^\r\n\r\ntwo ^\\^\"2^\\^\" ^$3^!^\"",
	} {
		if got, err := shellWords(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s\ngives %q, %v", text, got, err)
		}
	}
}

// TestRememberedPastedForms: older browsers' forms for Windows, prompts that
// were copied along, comments, PowerShell's way to go on in the next line.
func TestRememberedPastedForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want []string
	}{
		{"curl \"ws://h/?a=1^%^2B2^&b=^{3^}\" ^\r\n  -H \"X: ^\\^\"hi^\\^\"\"", []string{"ws://h/?a=1%2B2&b={3}", "-H", `X: "hi"`}},
		{"curl \"ws://h/?a=1^%^2B2^&b=3\"", []string{"ws://h/?a=1%2B2&b=3"}},
		{"curl \"ws://h/?a=1&b=^^c\" ^\n -H \"X: 100^%^d\"", []string{"ws://h/?a=1&b=^c", "-H", "X: 100%d"}},
		{"curl \"ws://h/?a=1\"%\"2B2\" ^\r\n -H \"X: \"\"hi\"\"\" -d \"\"", []string{"ws://h/?a=1%2B2", "-H", `X: "hi"`, "-d", ""}},
		{"curl ^\"ws://h/^\" ^\n -d ^\"^\" -d ^\"it's^\"", []string{"ws://h/", "-d", "", "-d", "it's"}},
		{"curl ws://h/?a=1^&b=2 -v", []string{"ws://h/?a=1&b=2", "-v"}},
		{"curl 'ws://h/?re=^a&b=^%^2B' -v", []string{"ws://h/?re=^a&b=^%^2B", "-v"}},
		{"$ curl ws://h/ -v", []string{"ws://h/", "-v"}},
		{"  # curl ws://h/", []string{"ws://h/"}},
		{"me@host:~/src$ curl ws://h/\n", []string{"ws://h/"}},
		{"[me@host ~]$ curl ws://h/\n", []string{"ws://h/"}},
		{"C:\\Users\\me>curl \"ws://h/?x=^%^2B\"", []string{"ws://h/?x=%2B"}},
		{"PS C:\\Users\\me> curl.exe 'ws://h/' `\r\n  -H 'X: 1'", []string{"ws://h/", "-H", "X: 1"}},
		{"/usr/bin/curl ws://h/", []string{"ws://h/"}},
		{"curl ws://h/ # tells what happens; really\n", []string{"ws://h/"}},
		{"curl ws://h/#part -d '#'", []string{"ws://h/#part", "-d", "#"}},
		{"curl ws://h/ \\\n  -d 'a;b|c>d`e`$f' -d \"g;h|i>j\\`k\\$l 5$\"", []string{"ws://h/", "-d", "a;b|c>d`e`$f", "-d", "g;h|i>j`k$l 5$"}},
		{"curl ws://h/ -v \\", []string{"ws://h/", "-v"}},
		{"curl ws://h/ -v \\\n\n", []string{"ws://h/", "-v"}},
		{"curl ws://h/\n  -d curl", []string{"ws://h/", "-d", "curl"}},
		{"curl -XGET ws://h/ --request=GET -X 'GET'", []string{"ws://h/"}},
	} {
		got, err := pastedArgs(test.text)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s\ngives %q, %v", test.text, got, err)
		}
	}
}

// TestRememberedPastedShell: what only a shell can do is said in a sentence, and
// not taken for URLs.
func TestRememberedPastedShell(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"curl ws://h/ 2>/dev/null | jq .", `"2>/dev/null"`},
		{"curl ws://h/ 2>&1", `"2>&1"`},
		{"curl ws://h/ &> file", `"&>"`},
		{"curl ws://h/ | jq .", `"|"`},
		{"curl ws://h/|jq .", `"|jq"`},
		{"curl ws://h/; rm file", `";"`},
		{"curl ws://h/ && echo", `"&&"`},
		{"curl ws://h/ > out", `">"`},
		{"curl ws://h/ >out", `">out"`},
		{"curl ws://h/ < in", `"<"`},
		{"curl ws://h/?a=1&b=2", `"&b=2"`},
		{"curl 'ws://h/' &\n", `"&"`},
		{"curl ^\"ws://h/^\" ^\r\n -v &\r\ncurl ^\"ws://i/^\"", `"&"`},
		{"curl \"ws://h/^%^2B\" > out", `">"`},
		{"curl -H \"X: $TOKEN\" ws://h/", `"$TOKEN"`},
		{"curl -H X:${TOKEN} ws://h/", `"${TOKEN}"`},
		{"curl -d \"$(date)\" ws://h/", `"$(date)"`},
		{"curl -d `date` ws://h/", "\"`date`\""},
		{"curl -d \"`date`\" ws://h/", "\"`date`\""},
		{"curl -d “hello” ws://h/", "“"},
		{"curl ‘ws://h/’", "‘"},
		{"curl ws://h/\ncurl ws://i/", `one curl command and nothing else, got a second one`},
		{"curl 'ws://h/' \\\n -v\r\n$ curl ws://i/", `got a second one`},
		{"wget x", `a command that begins with curl, got "wget"`},
		{"", "a command that begins with curl, got nothing on standard input"},
		{"curlew ws://h/", `got "curlew"`},
	} {
		got, err := pastedArgs(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) || exitCode(err) != codeUsage {
			t.Errorf("%s\nexpected an error of use with %s, got %q, %v", test.text, test.want, got, err)
		}
	}
}

func TestRememberedPastedArgument(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]bool{
		"curl ws://h/": true, "curl.exe ws://h/": true, "$ curl ws://h/": true, " curl\tws://h/": true, "PS C:\\> curl ws://h/": true,
		"ws://h/": false, "curl": false, "ws://h/# curl x": false, "curlew ws://h/": false, "localhost": false,
	} {
		if got := isPasted(arg); got != want {
			t.Errorf("isPasted(%q) is %v", arg, got)
		}
	}
}
