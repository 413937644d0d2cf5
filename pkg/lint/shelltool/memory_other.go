//go:build !linux

package shelltool

// limitMemory does nothing: only Linux limits the memory of another process.
func limitMemory(int) {}
