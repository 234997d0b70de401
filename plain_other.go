//go:build !unix

package curlew

// plainWait does nothing: here every stream waits in a read of a few bytes.
func (r *receiver) plainWait() {}

func (r *receiver) receivePlain(direct []byte) (int, error) { return r.limit.stream.Read(direct) }

// attempt takes nothing: here every write that a context ends is watched.
func (s *sender) attempt([]byte) (int, error) { return 0, nil }
