package dial

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
)

// The numbers of RFC 1928 and RFC 1929.
const (
	socks5None     = 0
	socks5Password = 2
	socks5Refused  = 0xff
	socks5IPv4     = 1
	socks5Name     = 3
	socks5IPv6     = 4
)

// socks5 asks for a connection by SOCKS5 (RFC 1928).
func socks5(c io.ReadWriter, to socksAddr, user *url.Userinfo) error {
	if err := socks5Authenticate(c, user); err != nil {
		return err
	}
	request := append([]byte{5, 1, 0}, to.socks5()...)
	var head [4]byte // version, reply, reserved, address type
	if err := exchange(c, request, head[:]); err != nil {
		return err
	}
	if err := socks5Version(head[0]); err != nil {
		return err
	}
	if head[1] != 0 {
		return &SOCKSError{Version: 5, Code: head[1]}
	}
	return socks5Skip(c, head[3])
}

// socks5Authenticate negotiates a method of authentication and uses it.
func socks5Authenticate(c io.ReadWriter, user *url.Userinfo) error {
	hello := []byte{5, 1, socks5None}
	if user != nil {
		hello = []byte{5, 2, socks5None, socks5Password}
	}
	var choice [2]byte
	if err := exchange(c, hello, choice[:]); err != nil {
		return err
	}
	if err := socks5Version(choice[0]); err != nil {
		return err
	}
	switch {
	case choice[1] == socks5None:
		return nil
	case choice[1] == socks5Password && user != nil:
		return socks5SendPassword(c, user)
	case choice[1] == socks5Refused && user == nil:
		return errors.New("the SOCKS5 proxy requires authentication; put user and password into its URL")
	case choice[1] == socks5Refused:
		return errors.New("the SOCKS5 proxy accepts no authentication by user and password")
	}
	return fmt.Errorf("expected the SOCKS5 proxy to choose an offered authentication method, got %d", choice[1])
}

// socks5SendPassword authenticates by user and password (RFC 1929).
func socks5SendPassword(c io.ReadWriter, user *url.Userinfo) error {
	password, _ := user.Password()
	if len(user.Username()) > 255 || len(password) > 255 {
		return errors.New("user name or password exceeds the limit of SOCKS5 (255 bytes)")
	}
	request := append([]byte{1, byte(len(user.Username()))}, user.Username()...)
	request = append(append(request, byte(len(password))), password...)
	var reply [2]byte // version of this negotiation, status
	if err := exchange(c, request, reply[:]); err != nil {
		return err
	}
	if reply[1] != 0 {
		return fmt.Errorf("the SOCKS5 proxy rejects user and password (status %d)", reply[1])
	}
	return nil
}

// socks5 returns the address type, address and port of a request.
func (a socksAddr) socks5() []byte {
	var b []byte
	switch {
	case a.ip.Is4():
		b = append([]byte{socks5IPv4}, a.ip.AsSlice()...)
	case a.ip.IsValid():
		b = append([]byte{socks5IPv6}, a.ip.AsSlice()...)
	default:
		b = append([]byte{socks5Name, byte(len(a.name))}, a.name...)
	}
	return binary.BigEndian.AppendUint16(b, a.port)
}

// socks5Skip receives the address at the end of a reply, and ignores it.
func socks5Skip(c io.Reader, addressType byte) error {
	var b [255 + 2]byte // the longest address and a port
	size := 0
	switch addressType {
	case socks5IPv4:
		size = 4
	case socks5IPv6:
		size = 16
	case socks5Name:
		if err := receive(c, b[:1]); err != nil {
			return err
		}
		size = int(b[0])
	default:
		return fmt.Errorf("expected address type 1, 3 or 4 in the SOCKS5 proxy's reply, got %d", addressType)
	}
	return receive(c, b[:size+2])
}

func socks5Version(got byte) error {
	if got != 5 {
		return fmt.Errorf("expected 5 as the first byte of the SOCKS5 proxy's reply, got %d; is the proxy of another kind?", got)
	}
	return nil
}
