package curlew_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/curlew-ws/curlew"
	"github.com/curlew-ws/curlew/curlewtest"
)

// handshakeOf stands for an NTLM or Kerberos module: the first message, and the
// one that answers the server's.
type handshakeOf interface {
	First() ([]byte, error)
	Answer(message []byte) ([]byte, error)
}

// ntlm plugs such a module in. What keeps nothing from one call to the next can
// serve many Dials at once.
func ntlm(scheme string, h handshakeOf) curlew.Auth {
	return func(r *curlew.Request, challenge *http.Response) (string, error) {
		if challenge == nil {
			return "", nil // wait until the server asks
		}
		for _, field := range challenge.Header.Values("WWW-Authenticate") {
			offered, token, _ := strings.Cut(field, " ")
			if !strings.EqualFold(offered, scheme) {
				continue
			}
			message, err := base64.StdEncoding.DecodeString(token)
			switch {
			case err != nil:
				return "", err
			case len(message) > 0:
				message, err = h.Answer(message)
			case r.Header.Get("Authorization") == "":
				message, err = h.First()
			default:
				return "", nil // refused
			}
			return scheme + " " + base64.StdEncoding.EncodeToString(message), err
		}
		return "", nil
	}
}

// An Auth of one's own: the schemes that curlew does not speak, which answer
// several challenges in a row and mean the connection by it.
func ExampleAuth() {
	var s threeSteps
	server := httptest.NewServer(&s)
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client := &curlew.Client{Auth: ntlm("NTLM", words{})}
	c, err := client.Dial(ctx, url)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(len(c.Response().Hops), "challenges")
	// Output: 2 challenges
}

// words is the module of the example.
type words struct{}

func (words) First() ([]byte, error) { return []byte("hello"), nil }
func (words) Answer(message []byte) ([]byte, error) {
	return append([]byte("answer to "), message...), nil
}

// threeSteps is a server that lets in who answers it on the connection on which
// it asked.
type threeSteps struct{ asked string }

func (s *threeSteps) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	said, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "NTLM "))
	switch {
	case string(said) == "answer to who?" && s.asked == r.RemoteAddr:
		if c, err := curlew.Accept(w, r, nil); err == nil {
			curlewtest.Echo(context.Background(), c)
		}
		return
	case string(said) == "hello":
		s.asked = r.RemoteAddr
		w.Header().Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString([]byte("who?")))
	default:
		w.Header().Set("WWW-Authenticate", "NTLM")
	}
	w.WriteHeader(http.StatusUnauthorized)
}
