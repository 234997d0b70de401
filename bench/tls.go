package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"sync"
	"time"
)

// clientTLS is for all connections of a client. It trusts every server: verification
// is not what is measured.
var clientTLS = &tls.Config{InsecureSkipVerify: true}

// serverTLS has a certificate made for this process.
var serverTLS = sync.OnceValues(func() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
})

// handshakeRecord is the first byte of a client that speaks TLS.
const handshakeRecord = 0x16

// unwrapped returns c, or the stream inside TLS if the client uses that.
func unwrapped(c net.Conn) (net.Conn, error) {
	first := &peeked{Conn: c, p: make([]byte, 1)}
	if _, err := io.ReadFull(c, first.p); err != nil {
		return nil, err
	}
	if first.p[0] != handshakeRecord {
		return first, nil
	}
	config, err := serverTLS()
	return tls.Server(first, config), err
}

// A peeked connection has p before the bytes still to be read.
type peeked struct {
	net.Conn
	p []byte
}

func (c *peeked) Read(p []byte) (int, error) {
	if len(c.p) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.p)
	c.p = c.p[n:]
	return n, nil
}
