package dial

import (
	"strings"
	"testing"
)

func TestNoProxy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		list, host string
		want       bool
	}{
		{"", "a.example", false},
		{"*", "a.example", true},
		{" , * ", "10.0.0.1", true},
		{"a.example", "a.example", true},
		{"A.Example", "a.eXample", true},
		{"a.example", "b.a.example", true},
		{".a.example", "a.example", true},
		{".a.example", "b.a.example", true},
		{"a.example", "ba.example", false},
		{"b.a.example", "a.example", false},
		{"a.example.", "a.example", true},
		{"a.example", "a.example.", true},
		{"x y\tz,a.example", "a.example", true},
		{"example", "a.example", true},
		{".", "a.example", false},
		{"a.example:80", "a.example", false},
		{"b\u00fccher.example", "xn--bcher-kva.example", true},
		{"10.0.0.1", "10.0.0.1", true},
		{"10.0.0.1", "10.0.0.11", false},
		{"0.0.1", "10.0.0.1", false},
		{"10.0.0.0/8", "10.255.1.1", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"10.1.2.3/8", "10.9.9.9", true},
		{"10.0.0.0/33", "10.0.0.0", false},
		{"0.0.0.0/0", "a.example", false},
		{"::1", "[::1]", true},
		{"[::1]", "[::1]", true},
		{"fe80::/10", "[fe80::1%eth0]", true},
		{"fe80::/10", "[fd00::1]", false},
		{"127.0.0.1", "[::ffff:127.0.0.1]", true},
		{"::/0", "127.0.0.1", false},
	}
	for _, tt := range tests {
		if got := noProxy(tt.list, tt.host+":80"); got != tt.want {
			t.Errorf("noProxy(%q, %s) = %v, want %v", tt.list, tt.host, got, tt.want)
		}
	}
}

// FuzzNoProxy checks that a list exempts a host if it contains the host or *,
// whatever else it contains, and that a list of another host does not.
func FuzzNoProxy(f *testing.F) {
	f.Add("a.example", "10.0.0.0/8,::1 ,[")
	f.Add("10.0.0.1", "*.a,.")
	f.Add("[fe80::1%1]", "fe80::/64")
	f.Fuzz(func(t *testing.T, host, list string) {
		noProxy(list, host+":1")
		ascii, err := asciiHost(host)
		if err != nil || strings.ContainsAny(ascii, ", :[]%/") || strings.Trim(ascii, ".") == "" {
			return
		}
		if !noProxy(list+","+ascii, ascii+":1") || !noProxy("*,"+list, ascii+":1") {
			t.Errorf("%q is not exempted", ascii)
		}
		if noProxy("not-"+ascii, ascii+":1") {
			t.Errorf("not-%q exempts %q", ascii, ascii)
		}
	})
}
