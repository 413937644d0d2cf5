//go:build !unix

package spec

import "io/fs"

// nonBlocking does nothing on systems where opening a file cannot block.
const nonBlocking = 0

// hardLinks is unknown on this system.
func hardLinks(fs.FileInfo) int { return 1 }
