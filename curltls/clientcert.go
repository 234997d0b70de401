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

// loadCert reads a client certificate and its key. The default keyFile is certFile.
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

// readable returns err, or a general error for those of encoding/asn1, whose text
// does not help a user.
func readable(err error) error {
	if strings.Contains(err.Error(), "asn1: ") {
		return errors.New("invalid file: it is damaged, or of another kind")
	}
	return err
}

// errNoPassword is the error for an encrypted file without a password.
var errNoPassword = errors.New("it is encrypted, and Options.Password is empty (curl --pass)")

// readFile reads a file. It removes a byte order mark, which an editor may have put
// before PEM.
func readFile(name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	return bytes.TrimPrefix(b, []byte("\ufeff")), err
}

func isPEM(b []byte) bool { return bytes.Contains(b, []byte("-----BEGIN ")) }

// asPEM returns b in PEM form, with blockType if it is DER.
func asPEM(b []byte, blockType string) []byte {
	if isPEM(b) {
		return b
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: b})
}

// parsePKCS12 returns the key, its certificate and the chain in a PKCS#12 file.
func parsePKCS12(file string, b []byte, password string) (tls.Certificate, error) {
	key, leaf, chain, err := pkcs12.DecodeChain(b, password)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %w", file, pkcs12Error(b, password, err))
	}
	cert := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
	for _, c := range chain {
		cert.Certificate = append(cert.Certificate, c.Raw)
	}
	return cert, nil
}

// pkcs12Error returns what is wrong with b, which cannot be read as PKCS#12.
func pkcs12Error(b []byte, password string, err error) error {
	if _, derErr := x509.ParseCertificate(b); derErr == nil {
		return errors.New("expected a key with the certificate in DER form, got none; its key must be named too")
	}
	if errors.Is(err, pkcs12.ErrIncorrectPassword) && password == "" {
		return errNoPassword
	}
	if strings.Contains(err.Error(), "asn1: ") {
		return errors.New("expected a certificate and its key in PEM or PKCS#12 form, got neither")
	}
	return err
}

// openKey returns the private key in b, decrypted and in PEM form.
func openKey(b []byte, password string) ([]byte, error) {
	blockType := "PRIVATE KEY"
	if isEncrypted(b) {
		blockType = "ENCRYPTED PRIVATE KEY"
	}
	for rest := asPEM(b, blockType); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("expected a private key, got none")
		}
		switch {
		case block.Headers["Proc-Type"] != "":
			return nil, errors.New("expected a key without the old PEM encryption, which is not safe; openssl pkcs8 -topk8 converts it")
		case block.Type == "ENCRYPTED PRIVATE KEY":
			der, err := decryptPKCS8(block.Bytes, password)
			return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return pem.EncodeToMemory(block), nil
		}
	}
}

// readPublicKey returns the SubjectPublicKeyInfo in a PEM or DER file.
func readPublicKey(file string) ([]byte, error) {
	b, err := readFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(asPEM(b, "PUBLIC KEY"))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, fmt.Errorf("%s: expected a public key in PEM or DER form, got none (openssl x509 -pubkey -noout writes that of a certificate)", file)
	}
	if _, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil {
		return nil, fmt.Errorf("%s: %w", file, readable(err))
	}
	return block.Bytes, nil
}
