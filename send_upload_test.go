package curlew_test

import (
	"io"
	"strings"
	"testing"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// libcurl's table of uploads: what Upload brings in one call is one BINARY
// frame, or payload of the frame that it began, which bounds the room; and what
// libcurl cuts or drops, curlew does not.
func TestUploadTable(t *testing.T) {
	payload := strings.Repeat("0123456789", 20000)
	start := func(f curlew.Flags, sizes ...int64) func(c *curlew.Conn) error {
		return func(c *curlew.Conn) error {
			for _, size := range sizes {
				if err := c.StartFrame(f, size); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for name, row := range map[string]struct {
		begin func(c *curlew.Conn) error // in the first call
		bytes int                        // to be uploaded
		calls []int                      // what each call brings
		want  []rawFrame
	}{
		"file": {bytes: 150000, calls: []int{65536, 65536, 18928},
			want: []rawFrame{{wBinary, payload[:65536]}, {wBinary, payload[65536:131072]}, {wBinary, payload[131072:150000]}}},
		"one frame": {begin: start(curlew.Binary, 200000), bytes: 200000, calls: []int{65536, 65536, 65536, 3392},
			want: []rawFrame{{wBinary, payload}}},
		"text":         {begin: start(curlew.Text, 5), bytes: 5, calls: []int{5}, want: []rawFrame{{wText, payload[:5]}}},
		"empty frames": {begin: start(curlew.Text, 0, 0, 3), bytes: 3, calls: []int{3}, want: []rawFrame{{wText, ""}, {wText, ""}, {wText, payload[:3]}}},
		// as in libcurl, a frame of no flags continues a message that is open
		"fragments": {begin: start(curlew.Text|curlew.Cont, 0), bytes: 4, calls: []int{4}, want: []rawFrame{{wTextGo, ""}, {wCont, payload[:4]}}},
	} {
		for _, kind := range streamKinds {
			t.Run(name+" over "+kind.name, func(t *testing.T) {
				curlewtest.NoLeaks(t)
				ours, theirs := kind.make(t)
				c, peer := newPair(t, ours, theirs, false, nil)
				done := make(chan bool)
				go func() {
					defer close(done)
					peer.expect(row.want...)
					peer.send(rawFrame{wClose, "\x03\xe8"})
					peer.expect(rawFrame{wClose, "\x03\xe8"})
					peer.Close()
				}()
				var calls []int
				sent := 0
				err := c.Perform(t.Context(), curlew.Handler{Upload: func(c *curlew.Conn, buf []byte) (int, error) {
					if sent == 0 && row.begin != nil {
						if err := row.begin(c); err != nil {
							return 0, err
						}
					}
					if sent == row.bytes {
						return 0, io.EOF
					}
					n := copy(buf, payload[sent:row.bytes])
					sent += n
					calls = append(calls, n)
					return n, nil
				}})
				if err != nil {
					t.Error(err)
				}
				<-done
				if len(calls) != len(row.calls) {
					t.Fatalf("calls brought %v, want %v", calls, row.calls)
				}
				for i, n := range calls {
					if n != row.calls[i] {
						t.Errorf("calls brought %v, want %v", calls, row.calls)
					}
				}
			})
		}
	}
}
