// Package loopback knows which host names stand for this machine. Whether
// plain http is allowed, where a password may go, and to whom the emulator
// answers all depend on it.
package loopback

import (
	"net/netip"
	"strings"
)

// Is reports whether host, without a port, is this machine: localhost in any
// letter case, with or without a final dot, or a loopback address of IPv4, of
// IPv6, or of IPv4 written as IPv6.
func Is(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	at, err := netip.ParseAddr(host)
	return err == nil && at.Unmap().IsLoopback()
}
