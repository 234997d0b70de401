package curltls

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// loadCert reads a client certificate and its key, by default from the same file.
func loadCert(certFile, keyFile, password string) (tls.Certificate, error) {
	cert, err := readFile(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key := cert
	switch {
	case keyFile != "":
		if key, err = readFile(keyFile); err != nil {
			return tls.Certificate{}, err
		}
	case !isPEM(cert):
		return parsePKCS12(certFile, cert, password)
	}
	keyPEM, err := openKey(key, password)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("key %s: %w", cmp.Or(keyFile, certFile), err)
	}
	pair, err := tls.X509KeyPair(asPEM(cert, "CERTIFICATE"), keyPEM)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s with the key %s: %w", certFile, cmp.Or(keyFile, certFile), readable(err))
	}
	return pair, nil
}

// readable is err without the inside of encoding/asn1, which tells nobody
// what is wrong with a file.
func readable(err error) error {
	if strings.Contains(err.Error(), "asn1: ") {
		return errors.New("it is damaged, or of another kind")
	}
	return err
}

// errNoPassword is the reason why an encrypted file could not be opened.
var errNoPassword = errors.New("it is encrypted, and Options.Password is empty (curl --pass)")

// readFile reads a file, without the byte order mark that an editor may have
// put before PEM.
func readFile(name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	return bytes.TrimPrefix(b, []byte("\ufeff")), err
}

func isPEM(b []byte) bool { return bytes.Contains(b, []byte("-----BEGIN ")) }

// asPEM is b, in PEM form if it was DER.
func asPEM(b []byte, blockType string) []byte {
	if isPEM(b) {
		return b
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: b})
}

// parsePKCS12 takes a key, its certificate and the chain out of a PKCS#12 file.
func parsePKCS12(file string, b []byte, password string) (tls.Certificate, error) {
	key, leaf, chain, err := pkcs12.DecodeChain(b, password)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %w", file, whyNoPKCS12(b, password, err))
	}
	cert := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
	for _, c := range chain {
		cert.Certificate = append(cert.Certificate, c.Raw)
	}
	return cert, nil
}

// whyNoPKCS12 says what is wrong with a file that was taken for PKCS#12.
func whyNoPKCS12(b []byte, password string, err error) error {
	if _, derErr := x509.ParseCertificate(b); derErr == nil {
		return errors.New("a certificate in DER form, whose key must be named too")
	}
	if errors.Is(err, pkcs12.ErrIncorrectPassword) && password == "" {
		return errNoPassword
	}
	if strings.Contains(err.Error(), "asn1: ") {
		return errors.New("expected a certificate and its key in PEM or PKCS#12 form, got neither")
	}
	return err
}

// openKey returns the private key in b in PEM form and not encrypted.
func openKey(b []byte, password string) ([]byte, error) {
	blockType := "PRIVATE KEY"
	if isEncrypted(b) {
		blockType = "ENCRYPTED PRIVATE KEY"
	}
	for rest := asPEM(b, blockType); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("no private key found")
		}
		switch {
		case block.Headers["Proc-Type"] != "":
			return nil, errors.New("encrypted in the old PEM way, which is not safe; openssl pkcs8 -topk8 makes another")
		case block.Type == "ENCRYPTED PRIVATE KEY":
			der, err := decryptPKCS8(block.Bytes, password)
			return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return pem.EncodeToMemory(block), nil
		}
	}
}

// readPublicKey reads the SubjectPublicKeyInfo in a PEM or DER file.
func readPublicKey(file string) ([]byte, error) {
	b, err := readFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(asPEM(b, "PUBLIC KEY"))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, fmt.Errorf("%s holds no public key in PEM or DER form (openssl x509 -pubkey -noout writes that of a certificate)", file)
	}
	if _, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil {
		return nil, fmt.Errorf("%s: %w", file, readable(err))
	}
	return block.Bytes, nil
}
