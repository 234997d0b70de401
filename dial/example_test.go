package dial_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/curlew-ws/curlew/dial"
)

// A Config connects through a proxy, to a host whose address it sets, and gives up
// after five seconds.
func ExampleConfig() {
	proxy, err := dial.ParseProxy("socks5://127.0.0.1:1")
	if err != nil {
		fmt.Println(err)
		return
	}
	config := dial.Config{
		Proxy:          dial.ProxyURL(proxy),
		Resolve:        []string{"chat.example:443:192.0.2.1"},
		ConnectTimeout: 5 * time.Second,
	}
	u := &url.URL{Scheme: "wss", Host: "chat.example"}
	_, _, err = config.Dial(context.Background(), u, "http/1.1")
	if e, ok := errors.AsType[*dial.Error](err); ok {
		fmt.Println("failed at the", e.Stage, e.Addr)
	}
	// Output:
	// failed at the proxy 127.0.0.1:1
}
