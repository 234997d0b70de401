package curlewtest_test

import (
	"context"
	"fmt"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// A client that does not follow the script gets an error with the line.
func ExampleScript() {
	script, err := curlewtest.ParseScript("greeting.txt", []byte(`
handshake none
expect text "hello"
send text more "good "
send cont "bye"
send close 1000
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	a, b := curlewtest.Pipe()
	client := curlew.NewConn(a, false, nil)
	defer client.Close()
	client.Send(curlew.Text, []byte("help"))
	fmt.Println(script.Serve(context.Background(), b))
	// Output:
	// greeting.txt:3: expect text "hello": expected 5 bytes, got 4, which differ from byte 3 on: text "help"
}
