package dial

import (
	"context"
	"errors"
	"net"
	"os"
)

// direct is the Func at the bottom of the chain. It looks up the host and connects
// to the address that answers first.
func (d *dialing) direct(ctx context.Context, network, addr string) (net.Conn, error) {
	addrs := []string{addr}
	if network != "unix" && d.NetDial == nil && !d.literal(addr) {
		var err error
		if addrs, err = d.lookup(ctx, network, addr); err != nil {
			return nil, err
		}
	}
	defer measure(&d.took.Connect)()
	conn, err := d.connect(ctx, network, addrs)
	if err != nil {
		return nil, fail(ctx, Connect, addr, err)
	}
	return conn, nil
}

// connect connects to one of addrs, which have the form of those of a Func.
func (d *dialing) connect(ctx context.Context, network string, addrs []string) (net.Conn, error) {
	switch {
	case d.NetDial != nil:
		return d.NetDial(ctx, network, addrs[0])
	case network == "unix":
		return new(net.Dialer).DialContext(ctx, network, addrs[0])
	}
	if d.LocalPort < 0 || d.LocalPort > 65535 {
		return nil, invalidOption("LocalPort", "expected 0 to 65535, got %d", d.LocalPort)
	}
	from, err := newSource(ctx, d.Interface)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 1 { // no race
		return d.connectFrom(ctx, from, addrs[0])
	}
	return race(ctx, addrs, d.HappyEyeballs, func(ctx context.Context, addr string) (net.Conn, error) {
		return d.connectFrom(ctx, from, addr)
	})
}

// connectFrom connects to one address, from the first local port that is free. It
// does not use DialTCP of net.Dialer: that binds the socket even without a local
// address, and a port so bound cannot be used for a second destination.
func (d *dialing) connectFrom(ctx context.Context, from *source, addr string) (net.Conn, error) {
	local, err := from.local(addr)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{FallbackDelay: -1, KeepAliveConfig: d.KeepAlive, Control: bindToDevice(from.device)}
	if d.NoKeepAlive {
		dialer.KeepAlive, dialer.KeepAliveConfig.Enable = -1, false
	}
	last := min(d.LocalPort+min(max(d.LocalPortRange, 1), 1<<16)-1, 1<<16-1)
	for local.Port = d.LocalPort; ; local.Port++ {
		if local.IP != nil || local.Port != 0 {
			bind := local
			dialer.LocalAddr = &bind
		}
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err == nil && d.Nagle {
			err = conn.(*net.TCPConn).SetNoDelay(false)
		}
		if !portTaken(err) || local.Port >= last {
			return conn, err
		}
	}
}

// portTaken reports whether the local end could not be bound.
func portTaken(err error) bool {
	call, ok := errors.AsType[*os.SyscallError](err)
	return ok && call.Syscall == "bind"
}
