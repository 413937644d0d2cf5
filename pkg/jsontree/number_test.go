package jsontree

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalNumber(t *testing.T) {
	t.Parallel()
	for literal, want := range map[string]string{
		"1": "1", "1.0": "1", "1.10": "1.1", "1e3": "1000", "1E+3": "1000", "-0": "0", "0.00": "0", "0e5": "0", "100": "100", "1.5e-3": "0.0015", "-12.340": "-12.34",
		"12345678901234567890": "12345678901234567890", "1e400": "1e400", "10e399": "1e400", "1e999999999999": "1e999999999999", "0.1e1": "1", "1e-400": "1e-400",
	} {
		if have := CanonicalNumber(literal); have != want {
			t.Errorf("%s gives %s, want %s", literal, have, want)
		}
	}
}

// TestNumbersAreComparedByValue holds CanonicalNumber to exact arithmetic.
func TestNumbersAreComparedByValue(t *testing.T) {
	t.Parallel()
	literal := rapid.StringMatching(`-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := literal.Draw(t, "a"), literal.Draw(t, "b")
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if have, want := Equal(Number(a), Number(b)), x.Cmp(y) == 0; have != want {
			t.Fatalf("%s equals %s: %t, want %t", a, b, have, want)
		}
		if z, ok := new(big.Rat).SetString(CanonicalNumber(a)); !ok || z.Cmp(x) != 0 {
			t.Fatalf("%s became %s", a, CanonicalNumber(a))
		}
	})
}
