package curltls

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

// The same key, encrypted by OpenSSL in several ways with canary as the password.
const (
	keyAES256 = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjsyyXcoi5mVQICA+gw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKDRCYIlDN9vmn5FuGQYuCMEgZBv
gF9n2YeQKkpFABefjFgLZOUnp/UCDBAozX2M+5aDEngabDB86eb0xFic7v21JDAO
NREvZw1qf8FMIw8gXJPxmZ3NguhXbXRpISiLEdy4zEwpNyC3cuGQgjABQwKIVU+S
fKEw1cSWX4jBr1L4/oP2gfE0XskiSQ3TgXp77oVdNnt6ct50HCmNmgP+ooN73hw=
-----END ENCRYPTED PRIVATE KEY-----`
	keyAES128 = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAilSYPPjMifZwICA+gw
HQYJYIZIAWUDBAECBBD8ESf3SXZsHqOrIObcsQI9BIGQrRD923x7cPbM6qxyevbu
8BY3EapApriVvsqBCgZrWV03T0Hr42XLQRrdGNK4DXsKs9DozbqnP2WMDjXvsmDZ
XTTB4XA5nMaD3eqH3B9QCRTXe2AmigD6uGsdMQchv8gy0ZrPpVOC7T5hYCQrrp8N
zOYnk1kpcNcYwteBIGFQwjGVMh6+Ct5MLMrqJZxEEGq4
-----END ENCRYPTED PRIVATE KEY-----`
	key3DES = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGxMBwGCiqGSIb3DQEMAQMwDgQIsGkIqmZau/ECAggABIGQzCdZT1DET4b9swzV
rT/Pf7I7oogAfLJgsV574WwfL1g6/tqmV1R37u6Z/ekbXrjCwCEGoloKoBzfhZjx
Masy6wS1+jZyJ7vj/z6K7gTem0bZ8DKmlD4vaRxNcNighvgjhClxYghlgTzqyqz5
8QK/1hjw/ApdUMlnjQwG90pzaZ4SuJWg7SAFhqavpgDdV6Pb
-----END ENCRYPTED PRIVATE KEY-----`
	keyScrypt = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAiVFPFVzWiEXAICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBDzDvEd3EDuOVG6VGbSm9duBIGQwORcXuKgIFof
tx95uEeBWegq0hz/d+njtk2JjuhNuIOOYb6gb6rBmQwF1gVgrb7G6HkzreYAD44g
cinR9s6yPyf1VDYsHQbdSjWecI7vX0Qb3xsazbHrpUh8kU7gW5prN98m2ACM0Psf
Gvt2W6po61Xsf+s8goyp6ELKFflCvbUAWNbc9jRC5LBQqI0bDgUC
-----END ENCRYPTED PRIVATE KEY-----`
	keyPublic = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEb3419tm9Nt0OsGs+JCkt84ded0MJ
lkx3J3jbnhQk++m/OchBZLLCPbNSS8uFTIpM0sGFodKoLFO1OHqNaUcjsQ==
-----END PUBLIC KEY-----`
)

func TestOpenKey(t *testing.T) {
	t.Parallel()
	for _, in := range []string{keyAES256, keyAES128} {
		opened, err := openKey([]byte(in), canary)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(opened)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		public, err := x509.MarshalPKIXPublicKey(key.(crypto.Signer).Public())
		if err != nil || strings.TrimSpace(string(pemOf("PUBLIC KEY", public))) != keyPublic {
			t.Errorf("got another key: %x, %v", public, err)
		}
	}
}

// FuzzDecryptPKCS8 checks that a key is either decrypted or refused.
func FuzzDecryptPKCS8(f *testing.F) {
	for _, s := range []string{keyAES256, keyAES128, key3DES, keyScrypt} {
		block, _ := pem.Decode([]byte(s))
		f.Add(block.Bytes)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if key, err := decryptPKCS8(der, canary); err != nil && key != nil {
			t.Errorf("got %x and %v", key, err)
		}
	})
}
