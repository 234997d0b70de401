package curltls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// The structures of RFC 5958 section 3 and RFC 8018 appendix A.
type (
	encryptedKey struct {
		Algorithm struct {
			OID    asn1.ObjectIdentifier
			Params pbes2Params
		}
		Data []byte
	}
	pbes2Params struct {
		KDF struct {
			OID    asn1.ObjectIdentifier
			Params pbkdf2Params
		}
		Cipher struct {
			OID asn1.ObjectIdentifier
			IV  []byte
		}
	}
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}

	prfHashes = map[string]func() hash.Hash{
		"":                    sha1.New, // the default
		"1.2.840.113549.2.7":  sha1.New,
		"1.2.840.113549.2.9":  sha256.New,
		"1.2.840.113549.2.11": sha512.New,
	}
	aesCBCKeyLengths = map[string]int{
		"2.16.840.1.101.3.4.1.2":  16,
		"2.16.840.1.101.3.4.1.22": 24,
		"2.16.840.1.101.3.4.1.42": 32,
	}
)

const maxIterations = 10_000_000 // a few seconds of work

// decryptPKCS8 decrypts a private key encrypted with PBES2, PBKDF2 and AES-CBC, as
// OpenSSL writes it.
func decryptPKCS8(der []byte, password string) ([]byte, error) {
	if password == "" {
		return nil, errNoPassword
	}
	var key encryptedKey
	if _, err := asn1.Unmarshal(der, &key); err != nil {
		return nil, errUnknownKind
	}
	params := key.Algorithm.Params
	prf, okPRF := prfHashes[params.KDF.Params.PRF.Algorithm.String()]
	length, okCipher := aesCBCKeyLengths[params.Cipher.OID.String()]
	if !key.Algorithm.OID.Equal(oidPBES2) || !params.KDF.OID.Equal(oidPBKDF2) || !okPRF || !okCipher {
		return nil, errUnknownKind
	}
	kdf := params.KDF.Params
	if kdf.Iterations < 1 || kdf.Iterations > maxIterations {
		return nil, fmt.Errorf("invalid encrypted PKCS#8 key: expected 1 to %d iterations, got %d", maxIterations, kdf.Iterations)
	}
	secret, err := pbkdf2.Key(prf, password, kdf.Salt, kdf.Iterations, length)
	if err != nil {
		return nil, err
	}
	return decryptCBC(secret, params.Cipher.IV, key.Data)
}

// decryptCBC decrypts AES-CBC and removes the padding (RFC 8018 section 6.2).
func decryptCBC(key, iv, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if len(iv) != aes.BlockSize || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errors.New("invalid encrypted PKCS#8 key: its IV or length is wrong")
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, errWrongPassword
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, errWrongPassword
		}
	}
	return plain[:len(plain)-pad], nil
}

// isEncrypted reports whether a key in DER form is encrypted (RFC 5958 section 3).
func isEncrypted(der []byte) bool {
	var key struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	rest, err := asn1.Unmarshal(der, &key)
	return err == nil && len(rest) == 0
}

var errUnknownKind = errors.New("expected a PKCS#8 key encrypted by PBES2 with PBKDF2 and AES-CBC, got another kind; openssl pkcs8 -topk8 -v2 aes-256-cbc makes one")

var errWrongPassword = errors.New("the password does not decrypt the PKCS#8 key")
