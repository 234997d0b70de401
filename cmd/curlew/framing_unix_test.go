//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/curlew-ws/curlew"
)

// encode writes messages in a framing.
func encode(framing string, messages [][]byte) []byte {
	var b bytes.Buffer
	for _, p := range messages {
		switch framing {
		case framingLine:
			fmt.Fprintf(&b, "%s\n", p)
		case framingNull:
			fmt.Fprintf(&b, "%s\x00", p)
		case framingLength:
			binary.Write(&b, binary.BigEndian, uint32(len(p)))
			b.Write(p)
		case framingNDJSON:
			p = append([]byte{}, p...) // not nil, which is null
			line, _ := json.Marshal(jsonMessage{Binary: &p})
			fmt.Fprintf(&b, "%s\n", line)
		default:
			b.Write(p)
		}
	}
	return b.Bytes()
}

// randomMessages are of random bytes, without those that the framing has between
// messages; small ones, empty ones, and such as need many reads.
func randomMessages(random *rand.Rand, framing string) [][]byte {
	messages := make([][]byte, 1+random.IntN(30))
	for i := range messages {
		size := []int{0, 1, random.IntN(200), 65535 + random.IntN(3), random.IntN(200_000)}[random.IntN(5)]
		p := make([]byte, size)
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		switch framing {
		case framingLine:
			p = bytes.ReplaceAll(p, []byte("\n"), []byte("\r"))
		case framingNull:
			p = bytes.ReplaceAll(p, []byte("\x00"), []byte("\x01"))
		}
		messages[i] = p
	}
	return messages
}

// TestFramingsExact: random messages go to an echo server and come back, from
// each framing to each, byte for byte.
func TestFramingsExact(t *testing.T) {
	t.Parallel()
	_, url := serving(t, "--compressed", "127.0.0.1:0")
	random := rand.New(rand.NewPCG(6455, 7692))
	framed := []string{framingLine, framingNull, framingLength, framingNDJSON}
	for _, in := range framed {
		for _, out := range append(framed, framingRaw, framingFile) {
			messages := randomMessages(random, in)
			dir := t.TempDir()
			cmd := exec.Command("curlew", "--binary", "--compressed", "--framing-in", in, "--framing-out", out, "--count", strconv.Itoa(len(messages)), url)
			if out == framingFile {
				cmd.Args = append(cmd.Args, "-o", filepath.Join(dir, "%d"))
			}
			cmd.Stdin, cmd.Stderr = bytes.NewReader(encode(in, messages)), os.Stderr
			got, err := cmd.Output()
			if err != nil {
				t.Errorf("%s to %s: %v", in, out, err)
			}
			for i := 1; out == framingFile && i <= len(messages); i++ {
				p, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(i)))
				if err != nil || !bytes.Equal(p, messages[i-1]) {
					t.Errorf("%s to %s: file %d has %d bytes of %d, %v", in, out, i, len(p), len(messages[i-1]), err)
				}
			}
			if out != framingFile && !bytes.Equal(got, encode(out, messages)) {
				t.Errorf("%s to %s: what came back is not what was sent", in, out)
			}
		}
	}
}

// TestRawIsExact: with -T ., bytes come back as they were sent, however they are
// cut on their way; text is not cut inside a character.
func TestRawIsExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 2))
	var text, data []byte
	for range 3000 {
		text = append(text, []string{"a", "é", "日", "🐦", "\n", "\x00"}[random.IntN(6)]...)
		data = append(data, byte(random.Uint32()))
	}
	for _, all := range [][]byte{text, data} {
		url := sessions(t, nil, func(c *curlew.Conn) { // echo, until all is there
			for n := 0; n < len(all); {
				f, p, err := c.ReadMessage(context.Background(), nil)
				if err != nil || c.WriteMessage(context.Background(), f, p) != nil {
					return
				}
				n += len(p)
			}
			c.Shutdown(context.Background(), curlew.CloseNormal, "")
		})
		cmd := exec.Command("curlew", "-T", ".", "--linger", "inf", url)
		if !utf8.Valid(all) {
			cmd.Args = append(cmd.Args, "--binary")
		}
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		cmd.Stdout, cmd.Stderr = &got, os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for rest := all; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(50))
			stdin.Write(rest[:n])
			rest = rest[n:]
		}
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(got.Bytes(), all) {
			t.Errorf("%d bytes came back of %d, and not the same", got.Len(), len(all))
		}
	}
}
