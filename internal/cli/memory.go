package cli

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// startGoal lets a short run end before memory is collected for the first time:
// in percent of 4 MiB, so at 16.
const startGoal = 400

// A heap of more than largeHeap bytes is let grow by largeGoal percent only: the
// memory of a plan in which 10,000 jobs change counts for more than the time.
const (
	largeHeap = 64 << 20
	largeGoal = 50
)

// DeferCollection sets the goal of the start. From the first collection on, the
// usual one holds. Whoever sets GOGC or GOMEMLIMIT knows better.
func DeferCollection(env Environment) {
	if env.setsGoal() {
		return
	}
	usual := debug.SetGCPercent(startGoal)
	afterCollection(func() {
		if current := debug.SetGCPercent(usual); current != startGoal { // somebody else has changed it
			debug.SetGCPercent(current)
		}
	})
}

// BoundHeap suits a command that makes much more than it keeps, such as plan: a
// large heap is collected sooner than usual.
func BoundHeap(env Environment) {
	if !env.setsGoal() {
		afterCollection(watchHeap)
	}
}

// watchHeap looks after each collection whether the heap has become large.
func watchHeap() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(live); live[0].Value.Uint64() > largeHeap {
		debug.SetGCPercent(largeGoal)
		return
	}
	afterCollection(watchHeap)
}

// spareBytes count as used and are never touched, so that the system gives no
// memory for them.
const spareBytes = 12 << 20

// CollectLess suits a command that keeps little of what it makes, until release:
// with spare bytes in it, a small heap is collected when it has grown by them,
// and not each time it has doubled. A large one hardly notices.
func CollectLess(env Environment) (release func()) {
	if env.setsGoal() {
		return func() {}
	}
	spare := &atomic.Pointer[[spareBytes]byte]{}
	afterCollection(func() { spare.Store(new([spareBytes]byte)) })
	return func() { spare.Store(nil) }
}

func (env Environment) setsGoal() bool { return env.Get("GOGC") != "" || env.Get("GOMEMLIMIT") != "" }

// afterCollection calls do after the next collection of memory.
func afterCollection(do func()) {
	runtime.AddCleanup(new([64]byte), func(do func()) { do() }, do)
}
