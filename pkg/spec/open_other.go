//go:build !unix

package spec

import "io/fs"

// nonBlocking is nothing where no file can make an open wait.
const nonBlocking = 0

// hardLinks cannot be told here.
func hardLinks(fs.FileInfo) int { return 1 }
