package cli

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
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
	if liveBytes() > largeHeap {
		debug.SetGCPercent(largeGoal)
		return
	}
	afterCollection(watchHeap)
}

// spareBytes is how much more than usual a small heap may grow until it is collected.
const spareBytes = 18 << 20

// CollectLess is for commands that keep little of what they allocate, until release: the heap is
// collected when it has doubled and grown by spareBytes, not each time it has doubled. A large heap
// is left to BoundHeap.
func CollectLess(env Environment) (release func()) {
	if env.setsGoal() {
		return func() {}
	}
	var mu sync.Mutex
	released, usual := false, 0
	var adjust func()
	adjust = func() {
		mu.Lock()
		defer mu.Unlock()
		live := liveBytes()
		if released || live > largeHeap {
			return
		}
		before := debug.SetGCPercent(100 + int(spareBytes*100/max(live, 1<<20)))
		if usual == 0 {
			usual = before
		}
		afterCollection(adjust)
	}
	afterCollection(adjust)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		released = true
		if usual != 0 {
			debug.SetGCPercent(usual)
		}
	}
}

// liveBytes returns the size of what the last collection kept.
func liveBytes() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

func (env Environment) setsGoal() bool { return env.Get("GOGC") != "" || env.Get("GOMEMLIMIT") != "" }

// afterCollection calls do after the next collection of memory.
func afterCollection(do func()) {
	runtime.AddCleanup(new([64]byte), func(do func()) { do() }, do)
}
