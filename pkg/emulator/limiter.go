package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// limiter refuses calls beyond so many in one second of the emulator's clock.
// The emulator's lock guards it.
type limiter struct {
	perSecond int
	second    time.Time
	used      int
}

func (l *limiter) admit(now time.Time) error {
	if l.perSecond == 0 {
		return nil
	}
	if second := now.Truncate(time.Second); !second.Equal(l.second) {
		l.second, l.used = second, 0
	}
	if l.used++; l.used <= l.perSecond {
		return nil
	}
	return &apiError{
		status: http.StatusTooManyRequests, code: codeThrottled,
		message: fmt.Sprintf("The throttling threshold has been reached: policy user over ratelimit,limit:%d,time:1 second", l.perSecond),
		header:  http.Header{"Retry-After": {"1"}},
	}
}
