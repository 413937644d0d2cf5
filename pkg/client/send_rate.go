package client

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rates are in calls per second. A sibling service allows ten a second and user,
// and the gateway's policies hint at fifty a minute on a route, which the floor
// stays below.
const (
	rateStart   = 4
	rateBurst   = 8
	rateFloor   = 0.5
	rateCeiling = 8
	rateQuiet   = 10 * time.Second // without throttling, until the rate grows
	rateGrowth  = 1.1
	halvePause  = time.Second // throttled answers within it are one sign, not many
)

// bucket is the rate that all calls share. It halves when the service asks for
// fewer calls, and recovers by a tenth for every ten seconds of quiet.
type bucket struct {
	now            func() time.Time
	floor, ceiling float64

	mu      sync.Mutex
	limiter *rate.Limiter
	halved  time.Time
	changed time.Time
}

func newBucket(cfg *Config) *bucket {
	b := &bucket{now: cfg.Now, floor: rateFloor, ceiling: rateCeiling, changed: cfg.Now()}
	start := float64(rateStart)
	if cfg.Rate > 0 {
		b.ceiling = cfg.Rate / 60
		start = b.ceiling
		b.floor = min(b.floor, b.ceiling)
	}
	share := float64(max(cfg.Share, 1))
	b.floor, b.ceiling = b.floor/share, b.ceiling/share
	b.limiter = rate.NewLimiter(rate.Limit(start/share), max(1, rateBurst/max(cfg.Share, 1)))
	return b
}

// take reserves the next free place and returns how long it is away. cancel
// gives the place back.
func (b *bucket) take() (wait time.Duration, cancel func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	for now.Sub(b.changed) >= rateQuiet && float64(b.limiter.Limit()) < b.ceiling {
		b.changed = b.changed.Add(rateQuiet)
		b.limiter.SetLimitAt(now, rate.Limit(min(b.ceiling, float64(b.limiter.Limit())*rateGrowth)))
	}
	reservation := b.limiter.ReserveN(now, 1)
	return reservation.DelayFrom(now), func() { reservation.CancelAt(b.now()) }
}

// throttled halves the rate.
func (b *bucket) throttled() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	b.changed = now
	if !b.halved.IsZero() && now.Sub(b.halved) < halvePause {
		return
	}
	b.halved = now
	b.limiter.SetLimitAt(now, rate.Limit(max(b.floor, float64(b.limiter.Limit())/2)))
}

// withRate makes each attempt take its turn, and learns from the answers.
func withRate(next sender, b *bucket, wait func(context.Context, time.Duration) error, stats *recorder) sender {
	return func(ctx context.Context, k *call) (*answer, error) {
		delay, cancel := b.take()
		pause, end := waiting(ctx)
		defer end()
		if delay > 0 {
			if err := wait(pause, delay); err != nil {
				cancel()
				return nil, k.broken(pause, err, false)
			}
			stats.queued(delay)
		}
		if err := pause.Err(); err != nil {
			cancel()
			return nil, k.broken(pause, err, false)
		}
		a, err := next(ctx, k)
		if errors.Is(err, ErrRateLimited) {
			b.throttled()
			stats.throttledOnce()
		}
		return a, err
	}
}
