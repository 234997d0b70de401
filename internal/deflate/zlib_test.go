package deflate

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"os/exec"
	"strings"
	"testing"
)

// python runs a script with input and returns the lines it prints.
func python(t *testing.T, script, input string) []string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3, whose zlib is the peer here, is not installed")
	}
	cmd := exec.Command(path, "-c", script)
	cmd.Stdin = strings.NewReader(input)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		if strings.Contains(stderr.String(), "No module named") {
			t.Skip("python3 has no zlib")
		}
		t.Fatalf("python3: %v\n%s", err, stderr.Bytes())
	}
	var lines []string
	sc := bufio.NewScanner(&out)
	for sc.Buffer(nil, 1<<24); sc.Scan(); {
		lines = append(lines, sc.Text())
	}
	return lines
}

// Every window, level, strategy and memory level of zlib: a line "stream N"
// with the window's bits, then a line for each message, plain and payload.
const compressScript = `
import zlib, random
random.seed(11)
words = [bytes(random.choices(range(97, 123), k=random.randint(1, 9))) for _ in range(300)]
def message(kind, n):
    if kind == 0: return b" ".join(random.choices(words, k=n // 5 + 1))[:n]
    if kind == 1: return bytes(random.getrandbits(8) for _ in range(n))
    if kind == 2: return bytes([random.getrandbits(8)]) * n
    return bytes(int(random.expovariate(0.2)) % 256 for _ in range(n))
strategies = [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]
for i in range(45):
    bits = 9 + i % 7
    c = zlib.compressobj(i % 10, zlib.DEFLATED, -bits, 1 + i % 9, strategies[i % 5])
    print("stream", bits)
    for k in range(12):
        p = message((i + k) % 4, random.choice([0, 1, 40, 300, 3000, 12000]))
        out = b""
        for j in range(0, len(p), 2500):
            out += c.compress(p[j:j+2500])
            if k % 3 == 1: out += c.flush(zlib.Z_FULL_FLUSH if k == 7 else zlib.Z_SYNC_FLUSH)
            if k % 3 == 2: out += c.flush(zlib.Z_PARTIAL_FLUSH)
        out += c.compress(b"") + c.flush(zlib.Z_SYNC_FLUSH)
        if out[-4:] == b"\0\0\xff\xff": out = out[:-4]
        elif out: raise SystemExit("no tail")
        print(p.hex() or "-", out.hex() or "-")
`

func TestInflateZlib(t *testing.T) {
	t.Parallel()
	var z *Inflater
	streams, messages := 0, 0
	for _, line := range python(t, compressScript, "") {
		a, b, _ := strings.Cut(line, " ")
		if a == "stream" {
			var bits int
			fmt.Sscan(b, &bits)
			z = NewInflater(bits, true)
			defer z.Close()
			streams++
			continue
		}
		payload, want := unhex(strings.Trim(b, "-")), unhex(strings.Trim(a, "-"))
		messages++
		seed := uint64(messages)
		sameBytes(t, mustInflate(t, z, payload, randomly(seed, 1+len(payload)), randomly(seed, 5000)), want)
	}
	if streams != 45 || messages != 45*12 {
		t.Errorf("%d streams with %d messages, want 45 with 540", streams, messages)
	}
}

// A zlibMessage is one of testdata/zlib.txt, which testdata/zlib.py made with
// Python's zlib.
type zlibMessage struct {
	bits    int // of a new stream's window; 0 goes on with the last
	n       int
	sum     uint32
	payload []byte
}

//go:embed testdata/zlib.txt
var zlibText string

func zlibCorpus(t testing.TB) (all []zlibMessage) {
	t.Helper()
	m := zlibMessage{}
	for line := range strings.Lines(zlibText) {
		if _, err := fmt.Sscanf(line, "stream %d", &m.bits); err == nil {
			continue
		}
		var text string
		_, err := fmt.Sscan(line, &m.n, &m.sum, &text)
		if m.payload, _ = base64.StdEncoding.DecodeString(strings.Trim(text, "-")); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, m)
		m.bits = 0
	}
	return all
}

// What zlib made is inflated, however it is cut, with the window it was made
// for; needs no Python.
func TestInflateZlibCorpus(t *testing.T) {
	t.Parallel()
	var z *Inflater
	all := zlibCorpus(t)
	for i, m := range all {
		if m.bits > 0 {
			z = NewInflater(m.bits, true)
			defer z.Close()
		}
		seed := uint64(i)
		got := mustInflate(t, z, m.payload, randomly(seed, 1+len(m.payload)), randomly(seed, 2000))
		if len(got) != m.n || crc32.ChecksumIEEE(got) != m.sum {
			t.Fatalf("message %d inflates to %d bytes with the sum %08x, want %d with %08x", i, len(got), crc32.ChecksumIEEE(got), m.n, m.sum)
		}
	}
	if len(all) != 45*6 {
		t.Errorf("%d messages, want 270", len(all))
	}
}

const inflateScript = `
import sys, zlib
d = None
for line in sys.stdin:
    kind, arg = line.split()
    if kind == "stream": d = zlib.decompressobj(-int(arg))
    else: print(d.decompress(bytes.fromhex(arg) + b"\0\0\xff\xff").hex())
`

// zlib, with the window that was agreed, inflates what the Deflater makes.
func TestDeflateForZlib(t *testing.T) {
	t.Parallel()
	var input strings.Builder
	var want [][]byte
	r := newRand(21)
	for i := range 9 + 7 {
		level, bits := 1+i, MaxWindowBits
		if i >= 9 {
			level, bits = 0, i-1
		}
		d := NewDeflater(level, bits, true)
		fmt.Fprintf(&input, "stream %d\n", bits)
		for _, name := range []string{"json", "far", "random", "zeros", "runs", "json", "skewed"} {
			for _, size := range []int{0, 20, 90, 500, 9000} {
				p := corpora[name](r, size)
				want = append(want, p)
				fmt.Fprintf(&input, "message %x\n", deflateMessage(d, p, randomly(uint64(size), 4000)))
			}
		}
	}
	got := python(t, inflateScript, input.String())
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for i, line := range got {
		b, err := hex.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		sameBytes(t, b, want[i])
	}
}
