package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"
)

// front is an nginx that terminates TLS before a WebSocket server. It listens on one
// port for each of the certificates below.
type front struct {
	*server
	ca  *authority
	dir string // the directory of its files: ca.crt, good.crt, good.key, socket
}

// The ports of a front.
const (
	plainPort     = iota // no TLS
	goodPort             // a certificate for localhost and 127.0.0.1
	expiredPort          // the same, expired
	wrongHostPort        // a certificate for another host
	mutualPort           // that of goodPort; the client needs one as well
	frontPorts
)

// The credentials for private paths.
const (
	userName = "aladdin"
	password = "open-sesame"
)

// farHost is a name of 127.0.0.1 that this machine does not know.
const farHost = "far.test"

var nginxConfig = template.Must(template.New("nginx.conf").Parse(`
daemon off;
master_process off;
pid "{{.Dir}}/pid";
error_log stderr info;
events {}
http {
	access_log off;
	client_body_temp_path "{{.Dir}}/body";
	proxy_temp_path "{{.Dir}}/proxy";
	fastcgi_temp_path "{{.Dir}}/fastcgi";
	uwsgi_temp_path "{{.Dir}}/uwsgi";
	scgi_temp_path "{{.Dir}}/scgi";
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "Upgrade";
	{{range $i, $port := .Port}}
	server {
		{{with index $.Cert $i}}
		listen 127.0.0.1:{{$port}} ssl;
		ssl_certificate "{{$.Dir}}/{{.}}.crt";
		ssl_certificate_key "{{$.Dir}}/{{.}}.key";
		{{else}}
		listen 127.0.0.1:{{$port}};
		listen unix:{{$.Dir}}/socket;
		{{end}}
		{{if eq $i $.Mutual}}
		ssl_client_certificate "{{$.Dir}}/ca.crt";
		ssl_verify_client on;
		{{end}}
		location / { proxy_pass http://{{$.Backend}}; }
		location = /forbidden { return 403 "not today\n"; }
		location = /moved { return 302 /echo; }
		location = /away { return 307 $scheme://localhost:$server_port/secrets; }
		location = /down { return 301 ws://127.0.0.1:{{index $.Port 0}}/echo; }
		location = /round { return 302 /round; }
		location = /secrets { return 403 "$http_authorization,$http_cookie,$http_x_own\n"; }
		location = /busy {
			add_header Retry-After 120 always;
			return 503;
		}
		location = /private {
			auth_basic "curlew";
			auth_basic_user_file "{{$.Dir}}/users";
			proxy_pass http://{{$.Backend}}/echo;
		}
	}
	{{end}}
}
`))

// nginx starts a front before the server at backend.
func nginx(t testing.TB, backend string) *front {
	t.Helper()
	dir := t.TempDir()
	ca := newAuthority(t)
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	ca.writeLeaf(t, dir, "good", soon, "localhost", "127.0.0.1", farHost)
	writePEM(t, filepath.Join(dir, "ca.crt"), "CERTIFICATE", ca.cert.Raw)
	ca.writeLeaf(t, dir, "expired", past, "localhost", "127.0.0.1")
	ca.writeLeaf(t, dir, "elsewhere", soon, "elsewhere.test")

	users := []byte(userName + ":{PLAIN}" + password + "\n")
	if err := os.WriteFile(filepath.Join(dir, "users"), users, 0o600); err != nil {
		t.Fatal(err)
	}

	args := func(port []int) []string {
		var text strings.Builder
		if err := nginxConfig.Execute(&text, map[string]any{
			"Dir":     dir,
			"Backend": backend,
			"Port":    port,
			"Mutual":  mutualPort,
			"Cert":    []string{plainPort: "", goodPort: "good", expiredPort: "expired", wrongHostPort: "elsewhere", mutualPort: "good"},
		}); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "nginx.conf")
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{"-p", dir, "-e", "stderr", "-c", file}
	}
	s := start(t, program{
		name:    "nginx",
		install: "apt-get install nginx-light",
		ports:   frontPorts,
		args:    args,
	})
	return &front{s, ca, dir}
}

// url returns the URL of path on the given port of the front.
func (f *front) url(port int, path string) string {
	scheme := "wss"
	if port == plainPort {
		scheme = "ws"
	}
	return scheme + "://" + loopback(f.port[port]) + path
}
