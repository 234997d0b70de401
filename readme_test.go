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
	source := []byte("package readme\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"io\"\n\n\t\"github.com/curlew-ws/curlew\"\n)\n\nvar _ = fmt.Sprint\n")
	for i, b := range blocks {
		source = append(source, "\nfunc example"+string(rune('A'+i))+"(ctx context.Context, out io.Writer) error {\n\tvar m any\n\t_ = m\n\t{\n"...)
		source = append(source, regexp.MustCompile(`(?m)^err := `).ReplaceAll(b[1], []byte("var err error\nerr = "))...)
		source = append(source, "\n\t_ = err\n\t}\n\treturn nil\n}\n"...)
	}
	source = regexp.MustCompile(`(?m)^m, err := c\.Recv\(buf\)`).ReplaceAll(source, []byte("_, err = c.Recv(buf)"))
	file := filepath.Join(t.TempDir(), "readme.go")
	if err := os.WriteFile(file, source, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", os.DevNull, file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, source)
	}
}
