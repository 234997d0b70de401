package curltls

import (
	"github.com/curlew-ws/curlew/dial"

	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

const pinPrefix = "sha256//"

// pin makes the check of a server's key against pins. It runs in resumed
// handshakes too, where tls.Config.VerifyPeerCertificate would not.
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

// parsePins returns the hashes that pins lists or the file of that name makes.
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
			return nil, fmt.Errorf("%q is not %s and the base64 form of 32 bytes", entry, pinPrefix)
		}
		hashes = append(hashes, sha256Hash(hash))
	}
	return hashes, nil
}
