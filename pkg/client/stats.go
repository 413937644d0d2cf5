package client

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Stats counts the work of a client.
type Stats struct {
	Calls      map[string]int // by operation
	Attempts   int            // requests, repeated ones included
	Retries    int
	Throttled  int           // answers that asked for fewer calls
	Waited     time.Duration // between attempts, over all calls
	Queued     time.Duration // on the clock: while at least one call waited for a place in the rate
	FailedAuth int
	ClockSkew  time.Duration // by which the clock of this machine was corrected
}

// tally counts. Its methods are safe for concurrent use.
type tally struct {
	mu      sync.Mutex
	stats   Stats
	waiting int       // calls that wait for a place now
	since   time.Time // when the first of them began
}

func newTally() *tally { return &tally{stats: Stats{Calls: map[string]int{}}} }

func (r *tally) add(change func(*Stats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.stats)
}

func (r *tally) call(o op)                 { r.add(func(s *Stats) { s.Calls[string(o)]++ }) }
func (r *tally) attempted()                { r.add(func(s *Stats) { s.Attempts++ }) }
func (r *tally) retried(d time.Duration)   { r.add(func(s *Stats) { s.Retries++; s.Waited += d }) }
func (r *tally) throttledOnce()            { r.add(func(s *Stats) { s.Throttled++ }) }
func (r *tally) failedAuthentication()     { r.add(func(s *Stats) { s.FailedAuth++ }) }
func (r *tally) skewed(skew time.Duration) { r.add(func(s *Stats) { s.ClockSkew = skew }) }

// queues notes that a call begins to wait for a place.
func (r *tally) queues(now time.Time) {
	r.add(func(*Stats) {
		if r.waiting++; r.waiting == 1 {
			r.since = now
		}
	})
}

// queued notes that it has its place, or has given up.
func (r *tally) queued(now time.Time) {
	r.add(func(s *Stats) {
		if r.waiting--; r.waiting == 0 {
			s.Queued += now.Sub(r.since)
		}
	})
}

func (r *tally) snapshot() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Calls = maps.Clone(s.Calls)
	return s
}

// withLog writes one line for each attempt: method, path, status, duration,
// request id and attempt, and nothing else, because everything else may be
// secret.
func withLog(next sender, logger *slog.Logger, now func() time.Time, stats *tally) sender {
	return func(ctx context.Context, k *call) (*answer, error) {
		began := now()
		a, err := next(ctx, k)
		stats.attempted()
		k.tell(ctx, a, err, began, now().Sub(began))
		if !logger.Enabled(ctx, slog.LevelDebug) {
			return a, err
		}
		attrs := []slog.Attr{
			slog.String("method", k.route.method),
			slog.String("path", sanitize.Line(k.path, 300)),
			slog.Duration("took", now().Sub(began).Round(time.Millisecond)),
			slog.Int("attempt", k.attempt),
			slog.String("outcome", OutcomeOf(err).String()),
		}
		if a != nil {
			attrs = append(attrs, slog.Int("status", a.status), slog.String("request_id", a.requestID))
		}
		var e *Error
		if errors.As(err, &e) && e.Code != "" {
			attrs = append(attrs, slog.String("code", e.Code))
		}
		logger.LogAttrs(ctx, slog.LevelDebug, string(k.op), attrs...)
		return a, err
	}
}
