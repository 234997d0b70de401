package dial

import "fmt"

// A PinError reports a TLS handshake with a server whose key is not pinned. Package
// curltls pins keys. Your own VerifyConnection can return a PinError, too.
type PinError struct {
	Key string // the server's key, as it would be pinned: "sha256//base64"
}

func (e *PinError) Error() string {
	return fmt.Sprintf("the server's public key is %s, which is not pinned", e.Key)
}
