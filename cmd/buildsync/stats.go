package main

import (
	"maps"
	"slices"
)

// printStats says on stderr, with --stats, how many requests were sent, by
// operation.
func (in *invocation) printStats(s *service) {
	if s == nil || !in.on("stats") {
		return
	}
	stats := s.Stats()
	in.printf("requests: %d, of which %d repeated\n", stats.Attempts, stats.Retries)
	for _, op := range slices.Sorted(maps.Keys(stats.Calls)) {
		in.printf("  %5d %s\n", stats.Calls[op], op)
	}
}
