package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/urfave/cli/v2"
)

// statsFlag returns the flag that printStats needs.
func statsFlag(asked *bool) cli.Flag {
	return &cli.BoolFlag{Name: "stats", Destination: asked, Usage: "count the requests on stderr", DisableDefaultText: true}
}

// printStats says on stderr how many requests were sent, by operation, if that was asked for.
func (in *invocation) printStats(asked bool, s *service) {
	if s == nil || !asked {
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
