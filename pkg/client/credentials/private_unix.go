//go:build !windows

package credentials

import "io/fs"

// private reports whether nobody but the owner has rights.
func private(mode fs.FileMode) bool { return mode.Perm()&0o077 == 0 }
