// Package loopback recognises the host names of this machine. They decide whether plain http is
// allowed, where a password may be sent, and whom the emulator answers.
package loopback

import (
	"net/netip"
	"strconv"
	"strings"
)

// Is reports whether host, without a port, is this machine: localhost in any
// letter case, with or without a final dot, or a loopback address of IPv4, of
// IPv6, or of IPv4 written as IPv6. The short, decimal, octal and hexadecimal
// forms of IPv4 count, since resolvers take them.
func Is(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" {
		return true
	}
	if at, err := netip.ParseAddr(host); err == nil {
		return at.Unmap().IsLoopback()
	}
	address, ok := oldIPv4(host)
	return ok && address>>24 == 127
}

// oldIPv4 reads IPv4 as inet_aton does: one to four numbers, each decimal, octal
// or hexadecimal, of which the last fills the bytes that remain.
func oldIPv4(host string) (uint32, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return 0, false
	}
	var address uint64
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		base := 10
		switch {
		case strings.HasPrefix(part, "0x"):
			part, base = part[2:], 16
		case len(part) > 1 && part[0] == '0':
			part, base = part[1:], 8
		}
		number, err := strconv.ParseUint(part, base, bits)
		if err != nil {
			return 0, false
		}
		address = address<<bits | number
	}
	return uint32(address), true
}
