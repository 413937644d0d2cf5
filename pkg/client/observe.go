package client

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Attempt is one request of a call, for observers. It contains no secret.
type Attempt struct {
	Op        string
	Status    int    // 0 if no answer came
	Code      string // error_code, "" for a success
	RequestID string
	Outcome   Outcome
	Began     time.Time
	Took      time.Duration
	Date      time.Time // the answer's Date header; zero if there was none
}

// Handled returns the span of time, by the service's clock, in which the service handled the
// request. Date counts whole seconds, and a server dates an answer at its start or at its end. known
// is false if the answer has no date.
func (a Attempt) Handled() (from, to time.Time, known bool) {
	return a.Date.Add(-a.Took), a.Date.Add(a.Took + time.Second), !a.Date.IsZero()
}

type observerKey struct{}

// WithObserver returns a context that passes every attempt of every call to observe, in the order
// in which they end. Reports need more about a call than its error. Observe must be safe for
// concurrent use if calls are concurrent.
func WithObserver(ctx context.Context, observe func(Attempt)) context.Context {
	return context.WithValue(ctx, observerKey{}, observe)
}

type untilKey struct{}

// Until returns a context under which no attempt begins, and no wait continues, after stop has
// ended. An attempt under way may finish. It is for callers that must not start anything new.
func Until(ctx, stop context.Context) context.Context {
	return context.WithValue(ctx, untilKey{}, stop)
}

// waiting returns the context of a wait before an attempt: it ends with ctx and with the context
// given to Until.
func waiting(ctx context.Context) (context.Context, context.CancelFunc) {
	wait, cancel := context.WithCancel(ctx)
	stop, ok := ctx.Value(untilKey{}).(context.Context)
	if !ok {
		return wait, cancel
	}
	release := context.AfterFunc(stop, cancel)
	if stop.Err() != nil {
		cancel()
	}
	return wait, func() {
		release()
		cancel()
	}
}

// tell reports an attempt to the context's observer, if it has one.
func (k *call) tell(ctx context.Context, a *answer, err error, began time.Time, took time.Duration) {
	observe, ok := ctx.Value(observerKey{}).(func(Attempt))
	if !ok {
		return
	}
	seen := Attempt{Op: string(k.op), Outcome: OutcomeOf(err), Began: began, Took: took}
	if a != nil {
		seen.Status, seen.RequestID = a.status, a.requestID
	}
	var e *Error
	if errors.As(err, &e) {
		seen.Status, seen.Code, seen.Date = e.Status, e.Code, e.date
	}
	if seen.Date.IsZero() && a != nil {
		seen.Date, _ = http.ParseTime(a.header.Get("Date")) // zero if it is not a date
	}
	observe(seen)
}
