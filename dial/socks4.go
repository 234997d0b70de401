package dial

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// socks4 asks for a connection by SOCKS4. For a host name it uses the extension 4a:
// the impossible address 0.0.0.1, and the name after the user. SOCKS4 has no
// password, so that the user's is not sent.
func socks4(c io.ReadWriter, to socksAddr, user *url.Userinfo) error {
	ip := [4]byte{0, 0, 0, 1}
	switch {
	case to.ip.Is4():
		ip = to.ip.As4()
	case to.ip.IsValid():
		return errors.New("expected an IPv4 address for SOCKS4, got IPv6; socks5 has both")
	}
	if strings.Contains(user.Username(), "\x00") {
		return errors.New("invalid user name for SOCKS4: it contains a NUL")
	}
	request := binary.BigEndian.AppendUint16([]byte{4, 1}, to.port)
	request = append(request, ip[:]...)
	request = append(append(request, user.Username()...), 0)
	if to.name != "" {
		request = append(append(request, to.name...), 0)
	}
	var reply [8]byte
	if err := exchange(c, request, reply[:]); err != nil {
		return err
	}
	switch {
	case reply[0] != 0:
		return fmt.Errorf("expected 0 as the first byte of the SOCKS4 proxy's reply, got %d; is the proxy of another kind?", reply[0])
	case reply[1] != 90:
		return &SOCKSError{Version: 4, Code: reply[1]}
	}
	return nil
}
