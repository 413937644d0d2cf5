package client

import (
	"context"
	"errors"
	"net/http"
)

// roundTrip is an http.RoundTripper as a function.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip makes one attempt.
func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

type callKey struct{}

// callOf returns the call that a request belongs to.
func callOf(req *http.Request) *call {
	k, _ := req.Context().Value(callKey{}).(*call)
	return k
}

// byRepeat sends calls that must not happen twice over separate connections.
func byRepeat(shared, fresh http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		if k := callOf(req); k != nil && k.repeat == repeatNever {
			return fresh.RoundTrip(req)
		}
		return shared.RoundTrip(req)
	})
}

// withSignature authenticates each attempt. Headers that are set later are not signed, because a
// proxy may change them.
func withSignature(next http.RoundTripper, auth *authority, userAgent string) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		if k := callOf(req); k == nil || !k.anonymous {
			if err := auth.authenticate(req); err != nil {
				return nil, err
			}
		}
		req.Header.Set("User-Agent", userAgent)
		return next.RoundTrip(req)
	})
}

// withRenewal repeats a call whose authentication was refused, if the token was renewed or the
// clock corrected, for all calls together.
func withRenewal(next sender, auth *authority) sender {
	return func(ctx context.Context, k *call) (*answer, error) {
		if k.anonymous {
			return next(ctx, k)
		}
		t, err := auth.enter(ctx, k)
		defer t.leave()
		if err != nil {
			return nil, err
		}
		a, err := next(ctx, k)
		if e, refused := refusal(err); refused {
			auth.stats.failedAuthentication()
			open := k.repeat == repeatNever && e.Outcome == Unsure
			if !t.again(ctx, e) || open {
				return a, err
			}
			a, err = next(ctx, k)
			if e, refused := refusal(err); refused {
				auth.stats.failedAuthentication()
				auth.kill(e)
				return a, err
			}
		}
		t.passed(err)
		return a, err
	}
}

// authenticated reports whether the call reached the service: an error on the way proves nothing
// about the credentials.
func authenticated(err error) bool {
	var e *Error
	return err == nil || errors.As(err, &e) && e.Answered
}

func refusal(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e) && e.kind == ErrUnauthorized
	return e, ok
}
