package dial

import (
	"net/netip"
	"reflect"
	"testing"
)

func TestInterleave(t *testing.T) {
	t.Parallel()
	ips := func(s ...string) (out []netip.Addr) {
		for _, a := range s {
			out = append(out, netip.MustParseAddr(a))
		}
		return out
	}
	got := interleave(ips("::1", "::2", "::3", "1.1.1.1", "::ffff:2.2.2.2"))
	if want := ips("::1", "1.1.1.1", "::2", "2.2.2.2", "::3"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
