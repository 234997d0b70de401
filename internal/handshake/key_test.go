package handshake

import "testing"

func TestKeys(t *testing.T) {
	t.Parallel()
	if key := NewKey([16]byte([]byte("the sample nonce"))); key != sampleKey {
		t.Errorf("NewKey = %q, want %q", key, sampleKey)
	}
	if accept := AcceptKey(sampleKey); accept != sampleAccept {
		t.Errorf("AcceptKey = %q, want %q", accept, sampleAccept)
	}
	for key, want := range map[string]bool{
		sampleKey:                            true,
		"":                                   false,
		"dGhlIHNhbXBsZSBub25jZQ":             false, // no padding
		"dGhlIHNhbXBsZSBub25j":               false, // 15 bytes
		"dGhlIHNhbXBsZSBub25jZTEy":           false, // 18 bytes
		"dGhlIHNhbXBsZSBub25\nZQ==":          false,
		"dGhlIHNhbXBsZSBub25jZQ=!":           false,
		"dGhlIHNhbXBsZSBub25jZQ== ":          false,
		"dGhlIHNhbXBsZSBub25jZTEyMzQ1Njc4OQ": false,
	} {
		if isKey(key) != want {
			t.Errorf("isKey(%q) = %v", key, !want)
		}
	}
}
