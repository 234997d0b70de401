package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// Servers that a client of today does not get into without an option.

// walls sets
//
//	$CNONLY $CNCA  a server whose certificate has a Common Name alone, and its authority
//	$RSAONLY       one that knows only RSA key exchange
//	$TLS11         one that knows only TLS 1.1
//	$AGREES        one that agrees to what was not offered: at /protocol, /deflate
func (w *world) walls() {
	cert := commonNameCert()
	w.set("CNCA", w.file("cn.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})))
	old := []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	for name, config := range map[string]*tls.Config{
		"CNONLY":  {Certificates: []tls.Certificate{cert}},
		"RSAONLY": {Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12, CipherSuites: old},
		"TLS11":   {Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
	} {
		w.set(name, "wss://"+w.server(config).Listener.Addr().String())
	}
	agrees := httptest.NewUnstartedServer(http.HandlerFunc(agree))
	agrees.Config.ErrorLog = log.New(io.Discard, "", 0)
	agrees.Start()
	w.stop = append(w.stop, agrees.CloseClientConnections)
	w.set("AGREES", "ws://"+agrees.Listener.Addr().String())
}

// agree opens a WebSocket with more than was asked for.
func agree(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	more := map[string]string{"/protocol": "Sec-WebSocket-Protocol: chat", "/deflate": "Sec-WebSocket-Extensions: permessage-deflate"}[r.URL.Path]
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n\r\n",
		handshake.AcceptKey(r.Header.Get("Sec-WebSocket-Key")), more)
}

// commonNameCert makes a certificate for localhost as they were made long ago.
var commonNameCert = sync.OnceValue(func() tls.Certificate {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})
