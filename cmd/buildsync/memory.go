package main

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// startGoal lets a short run end before memory is collected for the first time:
// in percent of 4 MiB, so at 16.
const startGoal = 400

// deferCollection sets the goal of the start. From the first collection on, the
// usual one holds. Whoever sets GOGC or GOMEMLIMIT knows better.
func deferCollection(env environment) {
	if env.setsGoal() {
		return
	}
	usual := debug.SetGCPercent(startGoal)
	atFirstCollection(func() {
		if current := debug.SetGCPercent(usual); current != startGoal { // somebody else has changed it
			debug.SetGCPercent(current)
		}
	})
}

// spareBytes count as used and are never touched, so that the system gives no
// memory for them.
const spareBytes = 12 << 20

// collectLess suits a command that keeps little of what it makes, until release:
// with spare bytes in it, a small heap is collected when it has grown by them,
// and not each time it has doubled. A large one hardly notices.
func collectLess(env environment) (release func()) {
	if env.setsGoal() {
		return func() {}
	}
	spare := &atomic.Pointer[[spareBytes]byte]{}
	atFirstCollection(func() { spare.Store(new([spareBytes]byte)) })
	return func() { spare.Store(nil) }
}

func (env environment) setsGoal() bool { return env.get("GOGC") != "" || env.get("GOMEMLIMIT") != "" }

// atFirstCollection calls do after the next collection of memory.
func atFirstCollection(do func()) {
	runtime.AddCleanup(new([64]byte), func(do func()) { do() }, do)
}
