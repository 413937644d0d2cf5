package main

import (
	"runtime"
	"runtime/debug"
)

// deferCollection lets a short run end before memory is collected for the first
// time: at 16 MiB instead of 4. From the first collection on, the usual goal
// holds. Whoever sets GOGC or GOMEMLIMIT knows better.
func deferCollection(env environment) {
	const startGoal = 400 // percent of 4 MiB
	if env.get("GOGC") != "" || env.get("GOMEMLIMIT") != "" {
		return
	}
	usual := debug.SetGCPercent(startGoal)
	runtime.AddCleanup(new([64]byte), func(goal int) { debug.SetGCPercent(goal) }, usual)
}
