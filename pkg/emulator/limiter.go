package emulator

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// limiter limits calls per second, and calls per minute of each route, by the emulator's clock. The
// emulator's lock guards it.
type limiter struct {
	perSecond, perMinute callWindow
	noHint, inside500    bool
}

// callWindow counts the calls in a time span by key.
type callWindow struct {
	span  time.Duration
	limit int // 0: none
	start time.Time
	used  map[string]int
}

// newLimiter makes the limits of quirks; rate is the default of calls per second.
func newLimiter(q Quirks, rate int) limiter {
	if rate == 0 {
		rate = q.RatePerSecond
	}
	return limiter{
		perSecond: callWindow{span: time.Second, limit: rate},
		perMinute: callWindow{span: time.Minute, limit: q.RatePerMinute},
		noHint:    q.NoRetryAfter, inside500: q.ThrottleInside500,
	}
}

func (l *limiter) admit(r *route, now time.Time) error {
	if r.API == apiIAM && l.perSecond.limit == 0 {
		return nil
	}
	if left := l.perSecond.take("", now); left > 0 {
		return l.refuse(&l.perSecond, left)
	}
	if left := l.perMinute.take(r.Pattern, now); left > 0 {
		return l.refuse(&l.perMinute, left)
	}
	return nil
}

// take counts a call and returns how long the caller must wait; 0 if the call is accepted.
func (w *callWindow) take(key string, now time.Time) time.Duration {
	if w.limit == 0 {
		return 0
	}
	if start := now.Truncate(w.span); !start.Equal(w.start) {
		w.start, w.used = start, map[string]int{}
	}
	if w.used[key]++; w.used[key] <= w.limit {
		return 0
	}
	return w.start.Add(w.span).Sub(now)
}

func (l *limiter) refuse(w *callWindow, left time.Duration) error {
	refused := &apiError{
		status: http.StatusTooManyRequests, code: codeThrottled, header: http.Header{},
		message: fmt.Sprintf("The throttling threshold has been reached: policy user over ratelimit,limit:%d,time:1 %s", w.limit, spanName(w.span)),
	}
	if l.inside500 {
		refused.status, refused.code, refused.message = http.StatusInternalServerError, codeTooMany, "Too many requests. Try again later."
	}
	if !l.noHint {
		refused.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(left.Seconds()))))
	}
	return refused
}

func spanName(span time.Duration) string {
	if span == time.Minute {
		return "minute"
	}
	return "second"
}
