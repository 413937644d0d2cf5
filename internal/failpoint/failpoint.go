//go:build !failpoint

// Package failpoint lets a test end the process at a named place, to prove that a killed run leaves
// nothing doubled and nothing lost, and make a file operation fail in ways that a test cannot
// arrange. Without the build tag failpoint it does nothing, and its names are not in the program.
package failpoint

// At does nothing in this build.
func At(string) {}

// Fail returns nil in this build.
func Fail(string) error { return nil }

// Cut returns text in this build.
func Cut(_ string, text []byte) ([]byte, error) { return text, nil }
