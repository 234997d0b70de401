package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestRememberedProcessList: the secrets of the command line do not stay in the
// list of processes.
func TestRememberedProcessList(t *testing.T) {
	t.Parallel()
	asked, end := make(chan string, 1), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- fmt.Sprint(r.Header)
		<-end
	}))
	defer srv.Close()
	defer close(end)
	url := strings.Replace(srv.URL, "http", "ws", 1)
	for _, args := range [][]string{
		{"-u", "me:" + canary, url}, {"-vume:" + canary, url}, {"--user=me:" + canary, url}, {"--oauth2-bearer", canary, url},
		{"-H", "X-Api-Key: " + canary, url}, {"-b", "a=" + canary, url}, {"-U", "me:" + canary, "--noproxy", "*", url},
		{"-x", "http://me:" + canary + "@" + srv.Listener.Addr().String(), "ws://h/"}, {strings.Replace(url, "ws://", "ws://me:"+canary+"@", 1)},
		{"--url", strings.Replace(url, "ws://", "ws://me:"+canary+"@", 1)},
	} {
		cmd := exec.Command("curlew", args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-asked // the arguments were taken
		list, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(list, []byte(canary)) || !bytes.Contains(list, []byte("****")) {
			t.Errorf("%q: the list of processes has %q", args, list)
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
}
