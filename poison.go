//go:build poison

package curlew

// poison spoils memory that is given back, so that a later use of it shows.
// The tests are run with it by go test -tags poison.
func poison(p []byte) {
	for i := range p {
		p[i] = 0xDB
	}
}
