package curlew_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// The Go examples of the README compile.
func TestReadmeExamples(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 3 {
		t.Fatalf("found %d examples, expected three or more", len(blocks))
	}
	source := []byte("package readme\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"io\"\n\t\"net/http\"\n\n\t\"github.com/curlew-ws/curlew\"\n)\n\nvar _ = fmt.Sprint\n")
	for i, b := range blocks {
		source = append(source, "\nfunc example"+string(rune('A'+i))+"(ctx context.Context, out io.Writer) error {\n\tvar err error\n"...)
		source = append(source, regexp.MustCompile(`(?m)^err := `).ReplaceAll(b[1], []byte("err = "))...)
		source = append(source, "\n\treturn err\n}\n"...)
	}
	compiles(t, source)
}

// compiles fails the test unless source is a package that can be built.
func compiles(t *testing.T, source []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "example.go")
	if err := os.WriteFile(file, source, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", os.DevNull, file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, source)
	}
}

// connectionsHead is what the examples of docs/connections.md take for granted.
const connectionsHead = `package connections

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curltls"
	"github.com/curlew-ws/curlew/dial"
)

var (
	client         curlew.Client
	err            error
	list           []byte
	user, password string
	ntlm           interface {
		First() ([]byte, error)
		Answer(message []byte, user, password string) ([]byte, error)
	}
)
`

// The Go examples of docs/connections.md compile.
func TestConnectionsExamples(t *testing.T) {
	text, err := os.ReadFile("docs/connections.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 5 {
		t.Fatalf("found %d examples, expected five or more", len(blocks))
	}
	source := []byte(connectionsHead)
	for _, b := range blocks {
		body := regexp.MustCompile(`(?m)^import .*$`).ReplaceAll(b[1], nil)
		body = regexp.MustCompile(`(?m)^\t*…$`).ReplaceAll(body, []byte("_ = later"))
		source = append(source, "\nfunc _() {\n"+string(body)+"_ = err\n}\n"...)
	}
	compiles(t, source)
}

// The names of curlew in the README's tables are there.
func TestReadmeTables(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := exec.Command("go", "doc", "-all", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\|.*\|(.*)\|$`).FindAllSubmatch(text, -1)
	if len(rows) < 15 {
		t.Fatalf("found %d rows, expected 15 or more", len(rows))
	}
	for _, row := range rows {
		for _, name := range regexp.MustCompile("`(?:[A-Za-z]+\\.)?([A-Z][A-Za-z0-9]*)`").FindAllSubmatch(row[1], -1) {
			if !regexp.MustCompile(`(?m)\b` + string(name[1]) + `\b`).Match(doc) {
				t.Errorf("there is no %s", name[0])
			}
		}
	}
}
