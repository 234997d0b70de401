//go:build !linux

package curlew

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// A poller is what this system has no way to be one by.
type poller struct{}

func newPoller() (*poller, error) {
	return nil, fmt.Errorf("curlew: a Multi needs Linux: %w; receive in a goroutine for each Conn", errors.ErrUnsupported)
}

func (p *poller) add(syscall.RawConn, uint64) error { return errors.ErrUnsupported }
func (p *poller) remove(syscall.RawConn)            {}
func (p *poller) look(bool) (int, error)            { return 0, errors.ErrUnsupported }
func (p *poller) id(int) uint64                     { return 0 }
func (p *poller) setDeadline(time.Time)             {}
func (p *poller) close()                            {}
