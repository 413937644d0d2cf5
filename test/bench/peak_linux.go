package main

import (
	"os"
	"syscall"
)

// peak is the most memory that an ended process had at a time. The kernel
// counts from the fork on, so it is at least what this process has itself.
func peak(state *os.ProcessState) int64 {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return int64(usage.Maxrss) << 10
	}
	return 0
}
