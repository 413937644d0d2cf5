package jsontree

import (
	"math/big"
	"strconv"
	"strings"
)

// CanonicalNumber returns one text for all literals of a number: 1.10, 1.1 and
// 11e-1 give the same. The comparison is exact, at any size: no digit is
// rounded, and no exponent is expanded. A literal whose exponent does not fit
// into 32 bits stands for itself, and so does what is not a number.
func CanonicalNumber(literal string) string {
	rest, negative := strings.CutPrefix(literal, "-")
	mantissa, exponent, scientific := strings.Cut(rest, "e")
	if !scientific {
		mantissa, exponent, scientific = strings.Cut(rest, "E")
	}
	power := 0
	if scientific {
		parsed, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil {
			return literal
		}
		power = int(parsed)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	power -= len(fraction)
	if trimmed := strings.TrimRight(digits, "0"); trimmed != digits {
		power += len(digits) - len(trimmed)
		digits = trimmed
	}
	switch {
	case digits == "":
		return "0" // -0 and 0.00 as well
	case strings.Trim(digits, "0123456789") != "":
		return literal
	}
	sign := ""
	if negative {
		sign = "-"
	}
	const plain = 20 // up to here zeros are written out
	switch {
	case power == 0:
		return sign + digits
	case power > 0 && len(digits)+power <= plain:
		return sign + digits + strings.Repeat("0", power)
	case power < 0 && -power < len(digits):
		return sign + digits[:len(digits)+power] + "." + digits[len(digits)+power:]
	case power < 0 && -power <= plain:
		return sign + "0." + strings.Repeat("0", -power-len(digits)) + digits
	}
	return sign + digits + "e" + strconv.Itoa(power)
}

// IsLong reports whether literal is a whole number beyond 64 bits. Readers of JSON disagree about
// the value of such a number: many round it.
func IsLong(literal string) bool {
	if len(literal) < len("18446744073709551615") {
		return false
	}
	n, ok := new(big.Int).SetString(literal, 10)
	return ok && !n.IsInt64() && !n.IsUint64()
}
