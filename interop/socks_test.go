package interop

import (
	"fmt"
	"net/url"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/dial"
)

// microsocks starts a SOCKS5 proxy that asks for user and password.
func microsocks(t testing.TB) *server {
	t.Helper()
	return start(t, program{
		name:    "microsocks",
		install: "apt-get install microsocks",
		ports:   1,
		args: func(port []int) []string {
			return []string{"-i", "127.0.0.1", "-p", strconv.Itoa(port[0]), "-u", userName, "-P", password}
		},
	})
}

const danteConfig = `
logoutput: stderr
internal: 127.0.0.1 port = %d
external: lo
clientmethod: none
socksmethod: none
client pass { from: 127.0.0.0/8 to: 127.0.0.0/8 }
socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
`

// dante starts a SOCKS proxy for everyone. It speaks SOCKS4, but not 4a.
func dante(t testing.TB) *server {
	t.Helper()
	dir := t.TempDir()
	return start(t, program{
		name:    "danted",
		install: "apt-get install dante-server",
		ports:   1,
		dir:     dir,
		args: func(port []int) []string {
			return []string{"-f", write(t, dir, "danted.conf", fmt.Sprintf(danteConfig, port[0])), "-p", filepath.Join(dir, "pid")}
		},
	})
}

// openSSH starts an ssh that is a SOCKS proxy without authentication, in all
// versions, and an sshd at the other end of its pipe.
func openSSH(t testing.TB) *server {
	t.Helper()
	const install = "apt-get install openssh-client openssh-server"
	sshd, err := find("sshd")
	if err != nil {
		missing(t, err.Error(), install)
	}
	dir := t.TempDir()
	for _, name := range []string{"host", "client"} {
		out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput()
		if err != nil {
			missing(t, err.Error()+"\n"+string(out), install)
		}
	}
	sshd += " -i -e -f none"
	for _, option := range []string{"HostKey=" + dir + "/host", "AuthorizedKeysFile=" + dir + "/client.pub", "StrictModes=no", "UsePAM=yes", "PrintMotd=no"} {
		sshd += " -o " + option
	}
	return start(t, program{
		name:    "ssh",
		install: install,
		ports:   1,
		dir:     dir,
		args: func(port []int) []string {
			return []string{"-F", "none", "-N", "-D", loopback(port[0]), "-i", filepath.Join(dir, "client"),
				"-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
				"-o", "ExitOnForwardFailure=yes", "-o", "ProxyCommand=" + sshd, peerUser(t) + "@localhost"}
		},
	})
}

// peerUser returns the user that a peer with a directory of its own runs as.
func peerUser(t testing.TB) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		return "nobody"
	}
	return me.Username
}

// TestSOCKS connects through every proxy in every version that it speaks. Either
// only we know a name's address, or we have a wrong one, on which nothing listens.
func TestSOCKS(t *testing.T) {
	for _, proxy := range []struct {
		name    string
		start   func(testing.TB) *server
		login   *url.Userinfo
		schemes string
	}{
		{"OpenSSH", openSSH, nil, "socks4 socks4a socks5 socks5h"},
		{"Dante", dante, url.User(userName), "socks4 socks5 socks5h"},
		{"microsocks", microsocks, url.UserPassword(userName, password), "socks5"},
	} {
		t.Run(proxy.name, func(t *testing.T) {
			t.Parallel()
			f := nginx(t, npmWS(t).addr())
			p := proxy.start(t)
			for scheme := range strings.FieldsSeq(proxy.schemes) {
				for _, port := range []int{plainPort, goodPort} {
					client := f.trusting()
					client.Net.Proxy = dial.ProxyURL(&url.URL{Scheme: scheme, Host: p.addr(), User: proxy.login})
					host, address := farHost, "127.0.0.1"
					if scheme == "socks4a" || scheme == "socks5h" {
						host, address = "localhost", "127.0.0.9"
					}
					client.Net.Resolve = []string{fmt.Sprintf("%s:%d:%s", host, f.port[port], address)}
					reach(t, &client, f.at(host, port, "/echo"), p.addr())
				}
			}
		})
	}
}

// TestSOCKSRefuses checks the errors for refusals of SOCKS proxies.
func TestSOCKSRefuses(t *testing.T) {
	t.Parallel()
	unused := "ws://" + loopback(freePorts(t, 1)[0])
	d := dante(t)
	for scheme, want := range map[string]dial.SOCKSError{
		"socks4": {Version: 4, Code: 91},
		"socks5": {Version: 5, Code: 5},
	} {
		client := curlew.Client{Net: dial.Config{Proxy: dial.ProxyURL(&url.URL{Scheme: scheme, Host: d.addr()})}}
		if e := refusal[*dial.SOCKSError](t, &client, unused); *e != want {
			t.Errorf("%s: %+v, expected %+v", scheme, *e, want)
		}
	}
	m := microsocks(t)
	const wrong = "open-barley"
	for _, login := range []*url.Userinfo{nil, url.UserPassword(userName, wrong)} {
		client := curlew.Client{Net: dial.Config{Proxy: dial.ProxyURL(&url.URL{Scheme: "socks5", Host: m.addr(), User: login})}}
		if e := refusal[*dial.Error](t, &client, unused, wrong); e.Stage != dial.Proxy {
			t.Errorf("failed at %s, expected at the proxy", e.Stage)
		}
	}
}
