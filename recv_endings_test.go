package curlew_test

import (
	"errors"
	"testing"

	"github.com/curlew-ws/curlew"
)

// wantProtocolError checks err and returns it.
func wantProtocolError(t testing.TB, err error, code int, offset int64) *curlew.ProtocolError {
	t.Helper()
	var pe *curlew.ProtocolError
	if !errors.As(err, &pe) {
		t.Fatalf("got error %v, want a *ProtocolError", err)
	}
	if pe.Code != code || pe.Offset != offset {
		t.Errorf("got code %d at byte %d (%v), want %d at %d", pe.Code, pe.Offset, err, code, offset)
	}
	return pe
}
