//go:build !unix

package curlew

// plainWait does nothing: here every stream waits in a read of a few bytes.
func (r *receiver) plainWait() {}

func (r *receiver) receivePlain(direct []byte) (int, error) { return r.stream.Read(direct) }
