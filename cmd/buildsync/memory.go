package main

import (
	"runtime"
	"runtime/debug"
)

// startGoal lets a short run end before memory is collected for the first time:
// in percent of 4 MiB, so at 16.
const startGoal = 400

// deferCollection sets the goal of the start. From the first collection on, the
// usual one holds. Whoever sets GOGC or GOMEMLIMIT knows better.
func deferCollection(env environment) {
	if env.get("GOGC") != "" || env.get("GOMEMLIMIT") != "" {
		return
	}
	usual := debug.SetGCPercent(startGoal)
	runtime.AddCleanup(new([64]byte), func(usual int) { changeGoal(startGoal, usual) }, usual)
}

// collectLess suits a command that keeps little of what it makes: half as many
// collections cost a few MiB.
func collectLess() { changeGoal(startGoal, 200) }

// changeGoal sets the goal, unless it is no longer what this program made it.
func changeGoal(from, to int) {
	if current := debug.SetGCPercent(to); current != from {
		debug.SetGCPercent(current)
	}
}
