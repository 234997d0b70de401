package interop

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"testing"

	"github.com/curlew-ws/curlew"
)

const apacheConfig = `
ServerName localhost
ServerRoot %[1]s
DefaultRuntimeDir %[1]s
PidFile %[1]s/pid
ErrorLog "|/bin/cat"
Listen 127.0.0.1:%[2]d
LoadModule mpm_event_module    /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module   /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authn_file_module   /usr/lib/apache2/modules/mod_authn_file.so
LoadModule authz_core_module   /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module   /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_digest_module  /usr/lib/apache2/modules/mod_auth_digest.so
LoadModule proxy_module        /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module   /usr/lib/apache2/modules/mod_proxy_http.so
ProxyPass / http://%[3]s/ upgrade=websocket
<Location />
	AuthType Digest
	AuthName curlew
	AuthUserFile %[1]s/users
	Require valid-user
</Location>
`

// apache starts an Apache that asks for Digest credentials before it forwards
// requests to backend.
func apache(t testing.TB, backend string) *server {
	t.Helper()
	dir := t.TempDir()
	const realm = "curlew"
	write(t, dir, "users", fmt.Sprintf("%s:%s:%x\n", userName, realm, md5.Sum([]byte(userName+":"+realm+":"+password))))
	return start(t, program{
		name:    "apache2",
		install: "apt-get install apache2-bin",
		ports:   1,
		dir:     dir,
		args: func(port []int) []string {
			return []string{"-X", "-f", write(t, dir, "httpd.conf", fmt.Sprintf(apacheConfig, dir, port[0], backend))}
		},
	})
}

// TestDigestAuth checks that the client answers Apache's challenge.
func TestDigestAuth(t *testing.T) {
	t.Parallel()
	a := apache(t, npmWS(t).addr())
	url := "ws://" + a.addr() + "/echo?a=b%20c"
	for name, auth := range map[string]curlew.Auth{
		"digest": curlew.DigestAuth(userName, password),
		"any":    curlew.AnyAuth(userName, password),
	} {
		t.Run(name, func(t *testing.T) {
			client := curlew.Client{Auth: auth}
			conn := reach(t, &client, url, a.addr())
			if hops := conn.Response().Hops; len(hops) != 1 || hops[0].StatusCode != http.StatusUnauthorized {
				t.Errorf("%d responses before the upgrade, expected the challenge alone", len(hops))
			}
		})
	}
	const wrong = "open-barley"
	for name, client := range map[string]curlew.Client{
		"wrong password": {Auth: curlew.DigestAuth(userName, wrong)},
		"Basic":          {Auth: curlew.BasicAuth(userName, password)},
		"none":           {},
	} {
		t.Run(name, func(t *testing.T) {
			e := refusal[*curlew.HandshakeError](t, &client, url, password, wrong)
			if got := e.Response.StatusCode; got != http.StatusUnauthorized {
				t.Errorf("status %d, expected %d", got, http.StatusUnauthorized)
			}
		})
	}
}
