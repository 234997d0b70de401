package wire

import (
	"fmt"
	"testing"
)

// TestOpcode checks the table of RFC 6455 section 5.2.
func TestOpcode(t *testing.T) {
	names := map[Opcode]string{0: "CONT", 1: "TEXT", 2: "BINARY", 8: "CLOSE", 9: "PING", 10: "PONG"}
	for op := range Opcode(16) {
		name, defined := names[op]
		if !defined {
			name = fmt.Sprint("opcode ", int(op))
		}
		if op.String() != name || op.Reserved() == defined || op.Control() != (op > 7) {
			t.Errorf("opcode %d is %q, reserved %t, control %t", op, op, op.Reserved(), op.Control())
		}
	}
}
