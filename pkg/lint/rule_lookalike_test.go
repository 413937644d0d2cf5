package lint

import (
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// TestSkeletonOfASCII holds the short way for ASCII to the way for all scripts.
func TestSkeletonOfASCII(t *testing.T) {
	t.Parallel()
	for c := range rune(unicode.MaxASCII + 1) {
		if have, want := asciiSkeleton("x"+string(c)+"x"), anySkeleton("x"+string(c)+"x"); have != want {
			t.Errorf("%q looks like %q, want %q", c, have, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.RuneFrom([]rune(" \tI1l|0oOaZ-_\x00\x7f"))).Draw(t, "name")
		if have, want := asciiSkeleton(name), anySkeleton(name); have != want {
			t.Errorf("%q looks like %q, want %q", name, have, want)
		}
	})
}
