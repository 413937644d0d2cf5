package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// patience limits the time of all attempts of a call, without waits that the service requested:
// after two attempts without an answer there is no third.
const patience = 90 * time.Second

// throttlePatience is how long a kind of call may be refused without one good answer. A gateway's
// limit may be per minute, so a call must outlast two of those. After that, each call of the kind
// is sent once, until one succeeds.
const throttlePatience = 150 * time.Second

// toldWait is the shortest wait that is reported to the user.
const toldWait = 2 * time.Second

// retries decides about another attempt; the package comment has the rules.
type retries struct {
	backoff Backoff
	maxWait time.Duration
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	logger  *slog.Logger
	budget  budget
}

func newRetries(cfg *Config) *retries {
	return &retries{
		backoff: cfg.Backoff, maxWait: cfg.MaxWait, now: cfg.Now, sleep: cfg.Sleep, logger: cfg.Logger,
		budget: budget{tokens: budgetFull},
	}
}

// attempts returns how often a call may be sent.
func (r repeat) attempts() int {
	switch r {
	case repeatRead:
		return 5
	case repeatToken:
		return 3
	}
	return 4
}

// allows reports whether a call of this kind may follow e with another attempt.
func (r repeat) allows(e *Error) bool {
	if !e.passing {
		return false
	}
	switch r {
	case repeatRead, repeatToken:
		return true
	case repeatAbsolute:
		return e.throttled || e.Outcome == NotSent
	}
	return e.Outcome == NotSent
}

// delays returns the waits of full jitter: each is between zero and an interval that doubles. The
// library spreads around the middle of that range.
func (r *retries) delays(base time.Duration) *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval: base / 2, RandomizationFactor: 1, Multiplier: 2, MaxInterval: r.backoff.Cap / 2,
	}
}

// withRetry repeats a call within the limits of its kind, the budget and the service.
func withRetry(next sender, r *retries, stats *tally) sender {
	return func(ctx context.Context, k *call) (*answer, error) {
		stats.call(k.op)
		run := attempts{retries: r, kind: k.repeat, began: r.now()}
		run.plain, run.throttled = r.delays(r.backoff.Base), r.delays(r.backoff.Throttled)
		for {
			one := *k
			one.attempt, one.queued = run.count+1, &run.queued
			a, err := next(ctx, &one)
			wait, again := run.after(err)
			if !again {
				return a, run.finish(err)
			}
			stats.retried(wait)
			if wait >= toldWait {
				r.logger.Info("waiting before a request is sent again",
					slog.Duration("wait", wait.Round(100*time.Millisecond)), slog.String("because", brief(err)))
			}
			pause, end := waiting(ctx)
			sleepErr := r.sleep(pause, wait)
			ended := pause.Err() != nil
			end()
			if sleepErr != nil || ended {
				return a, run.finish(err)
			}
			run.waited += wait
		}
	}
}

// brief returns a short reason for sending a call again. If the call fails in the end, the full
// reason follows.
func brief(err error) string {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return err.Error()
	case e.Status > 0:
		return strings.TrimSpace(fmt.Sprintf("%s: HTTP %d %s", e.Op, e.Status, sanitize.Line(e.Code, 40)))
	case e.Outcome == NotSent:
		return e.Op + ": no connection"
	}
	return e.Op + ": no answer"
}

// attempts is the history of one call.
type attempts struct {
	*retries
	kind             repeat
	began            time.Time
	count            int
	refused          int // throttled attempts
	waited, asked    time.Duration
	queued           time.Duration // waiting for a turn, which is not the service's time
	first            error
	plain, throttled *backoff.ExponentialBackOff
}

// after decides what follows an attempt.
func (t *attempts) after(err error) (wait time.Duration, again bool) {
	t.count++
	if err == nil {
		t.budget.earn()
		return 0, false
	}
	if t.first == nil {
		t.first = err
	}
	var e *Error
	if !errors.As(err, &e) || !t.kind.allows(e) {
		return 0, false
	}
	delays := t.plain
	if e.throttled {
		delays = t.throttled
	}
	wait = max(delays.NextBackOff(), e.RetryAfter)
	if e.throttled && e.RetryAfter <= t.maxWait {
		t.refused++
		t.asked += wait
		return wait, !e.gaveUp
	}
	if t.count-t.refused >= t.kind.attempts() {
		return 0, false
	}
	if e.RetryAfter > t.maxWait {
		e.Message = joined(e.Message, fmt.Sprintf("the service asks to wait until %s, longer than %s",
			t.now().Add(e.RetryAfter).UTC().Format(time.RFC3339), t.maxWait))
		return 0, false
	}
	if t.now().Sub(t.began)-t.asked-t.queued+wait-e.RetryAfter > patience {
		return 0, false
	}
	if !t.budget.spend(e.timedOut) {
		e.Message = joined(e.Message, "too many calls have failed, so this one is not repeated")
		return 0, false
	}
	t.asked += e.RetryAfter
	return wait, true
}

// finish adds the attempts and waits to an error.
func (t *attempts) finish(err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.Attempts, e.Waited = t.count, t.waited
		if t.count > 1 {
			e.First = t.first
		}
	}
	return err
}

// The budget of repeats: in a total outage it is spent after some twenty.
const (
	budgetFull    = 100
	budgetRetry   = 5
	budgetTimeout = 10
	budgetSuccess = 1
)

// budget is shared by all calls.
type budget struct {
	mu     sync.Mutex
	tokens int
}

func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(budgetFull, b.tokens+budgetSuccess)
}

func (b *budget) spend(timedOut bool) bool {
	cost := budgetRetry
	if timedOut {
		cost = budgetTimeout
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens < cost {
		return false
	}
	b.tokens -= cost
	return true
}
