package lint

import (
	"testing"

	"pgregory.net/rapid"
)

// TestOrdinaryTextsHaveOneReading checks that a text that skips the expressions matches none of
// them.
func TestOrdinaryTextsHaveOneReading(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringMatching(`[-+]?[0-9]{1,3}[0-9a-gtTxobOXe:._+-]{0,6}( .*)?`), rapid.StringMatching(`[1-9][0-9]{0,20}`))
	rapid.Check(t, func(t *rapid.T) {
		if s := text.Draw(t, "text"); isOrdinary(s) && otherNumber(s) != "" {
			t.Fatalf("%q reads as %s", s, otherNumber(s))
		}
	})
}
