package dial

import "fmt"

// A PinError is the failure of a TLS handshake with a server whose key is not
// among those pinned. Package curltls pins keys; a VerifyConnection of your own
// can return one too.
type PinError struct {
	Key string // the server's key, as it would be pinned: "sha256//base64"
}

func (e *PinError) Error() string {
	return fmt.Sprintf("the server's public key is %s, which is not pinned", e.Key)
}
