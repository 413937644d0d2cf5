//go:build !windows && (!unix || solaris || illumos || aix)

package apply

import "os"

// lockFile does nothing where the operating system has no lock of this kind:
// Run's own re-reading is what safety rests on.
func lockFile(*os.File) error { return nil }
