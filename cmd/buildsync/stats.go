package main

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// printStats says on stderr, with --stats, how many requests were sent, by
// operation.
func (in *invocation) printStats(s *service) {
	if s == nil || !in.On("stats") {
		return
	}
	stats := s.Stats()
	in.Printf("requests: %d, %d of them repeated\n", stats.Attempts, stats.Retries)
	for _, op := range slices.Sorted(maps.Keys(stats.Calls)) {
		in.Printf("  %5d %s\n", stats.Calls[op], op)
	}
	if stats.Throttled > 0 {
		in.Printf("the service asked for fewer requests %s; waited %s for it\n", times(stats.Throttled), stats.Queued.Round(time.Millisecond))
		paces := s.Paces()
		for _, op := range slices.Sorted(maps.Keys(paces)) {
			in.Printf("  %s: %.1f a second\n", op, paces[op])
		}
	}
}

// times counts how often something happened.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
