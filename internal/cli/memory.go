package cli

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// startGoal lets a short run end before the first garbage collection: in percent of 4 MiB, so at
// 16.
const startGoal = 400

// A heap of more than largeHeap bytes may grow by only largeGoal percent: for a plan with 10,000
// changed jobs, memory matters more than time.
const (
	largeHeap = 64 << 20
	largeGoal = 35
)

// DeferCollection sets the goal for the start. After the first collection the usual one applies.
// GOGC and GOMEMLIMIT take precedence.
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

// BoundHeap is for commands that allocate much more than they keep, such as plan: a large heap is
// collected sooner than usual. watchHeap checks the size of the heap after each collection.
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

// spareBytes count as used but are never touched, so the system assigns no memory to them.
const spareBytes = 16 << 20

// CollectLess is for commands that keep little of what they allocate, until release: a small heap
// is collected when it has grown by the spare bytes, not each time it has doubled. It hardly
// affects a large heap.
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
