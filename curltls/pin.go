package curltls

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/curlew-ws/curlew/dial"
)

const pinPrefix = "sha256//"

// pin returns a VerifyConnection that checks the server's key against pins. Unlike
// VerifyPeerCertificate, it also runs in resumed handshakes.
func pin(pins string) (func(tls.ConnectionState) error, error) {
	allowed, err := parsePins(pins)
	if err != nil {
		return nil, err
	}
	return func(state tls.ConnectionState) error {
		key := keyHash(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
		if !slices.Contains(allowed, key) {
			return &dial.PinError{Key: pinPrefix + base64.StdEncoding.EncodeToString(key[:])}
		}
		return nil
	}, nil
}

type sha256Hash = [sha256.Size]byte

func keyHash(spki []byte) sha256Hash { return sha256.Sum256(spki) }

// parsePins returns the hashes in pins, or that of the key in the file pins.
func parsePins(pins string) ([]sha256Hash, error) {
	if !strings.HasPrefix(pins, pinPrefix) {
		spki, err := readPublicKey(pins)
		return []sha256Hash{keyHash(spki)}, err
	}
	var hashes []sha256Hash
	for entry := range strings.SplitSeq(pins, ";") {
		text, ok := strings.CutPrefix(strings.TrimSpace(entry), pinPrefix)
		hash, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(hash) != sha256.Size {
			return nil, fmt.Errorf("invalid pin %q: expected %s and 32 bytes in base64", entry, pinPrefix)
		}
		hashes = append(hashes, sha256Hash(hash))
	}
	return hashes, nil
}
