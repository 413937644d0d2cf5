//go:build !linux

package main

import "os"

// peak returns 0: other systems count in other units, or not at all.
func peak(*os.ProcessState) int64 { return 0 }
