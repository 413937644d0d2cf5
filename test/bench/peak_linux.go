package main

import (
	"os"
	"syscall"
)

// peak returns the highest resident memory of a process that has ended. The kernel counts from the
// fork on, so the caller's memory is the lower bound.
func peak(state *os.ProcessState) int64 {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return int64(usage.Maxrss) << 10
	}
	return 0
}
