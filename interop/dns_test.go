package interop

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// resolver is a dnsdist that knows only the address of farHost.
type resolver struct{ *server }

// The ports of a resolver.
const (
	dnsPort = iota // UDP and TCP
	dohPort        // DNS over HTTPS
	resolverPorts
)

const dnsdistConfig = `
addLocal("127.0.0.1:%[2]d")
addDOHLocal("127.0.0.1:%[3]d", "%[1]s/good.crt", "%[1]s/good.key", "/dns-query")
addAction("` + farHost + `.", SpoofAction({"127.0.0.1"}))
addAction(AllRule(), RCodeAction(DNSRCode.NXDOMAIN))
setSecurityPollSuffix("")
`

// dnsdist starts a resolver whose certificate is signed by ca.
func dnsdist(t testing.TB, ca *authority) *resolver {
	t.Helper()
	dir := t.TempDir()
	ca.writeLeaf(t, dir, "good", time.Now().Add(time.Hour), "localhost", "127.0.0.1")
	return &resolver{start(t, program{
		name:    "dnsdist",
		install: "apt-get install dnsdist",
		ports:   resolverPorts,
		args: func(port []int) []string {
			config := fmt.Sprintf(dnsdistConfig, dir, port[dnsPort], port[dohPort])
			return []string{"--supervised", "--disable-syslog", "-C", write(t, dir, "dnsdist.conf", config)}
		},
	})}
}

// TestNameServers looks up names at dnsdist, by plain DNS and over HTTPS, the
// latter also with a name in its URL.
func TestNameServers(t *testing.T) {
	t.Parallel()
	f := nginx(t, npmWS(t).addr())
	r := dnsdist(t, f.ca)
	trusting := f.trusting().Net
	overHTTPS := func(host string) dial.Config {
		url := fmt.Sprintf("https://%s:%d/dns-query", host, r.port[dohPort])
		return dial.Config{DoHURL: url, DoHTLS: trusting.TLS, TLS: trusting.TLS}
	}
	for name, config := range map[string]dial.Config{
		"DNS":                     {DNSServers: []string{loopback(r.port[dnsPort])}, TLS: trusting.TLS},
		"DNS over HTTPS":          overHTTPS("127.0.0.1"),
		"DNS over HTTPS, by name": overHTTPS("localhost"),
	} {
		t.Run(name, func(t *testing.T) {
			client := curlew.Client{Net: config}
			reach(t, &client, f.at(farHost, plainPort, "/echo"), loopback(f.port[plainPort]))
			reach(t, &client, f.at(farHost, goodPort, "/echo"), loopback(f.port[goodPort]))

			failed := refusal[*dial.Error](t, &client, "ws://farther.test")
			unknown := refusal[*net.DNSError](t, &client, "ws://farther.test")
			if failed.Stage != dial.Resolve || !unknown.IsNotFound || unknown.Name != "farther.test" {
				t.Errorf("error %+v at %s, expected that the name is not found", unknown, failed.Stage)
			}
		})
	}
}

// TestUntrustedDoH checks that a name server's certificate is verified.
func TestUntrustedDoH(t *testing.T) {
	t.Parallel()
	r := dnsdist(t, newAuthority(t))
	client := curlew.Client{Net: dial.Config{DoHURL: "https://" + loopback(r.port[dohPort]) + "/dns-query"}}
	if e := refusal[*dial.Error](t, &client, "ws://"+farHost); e.Stage != dial.Resolve {
		t.Errorf("error %v, expected one of stage %s", e, dial.Resolve)
	}
}
