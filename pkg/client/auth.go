package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/buildsync/buildsync/pkg/client/signer"
)

const (
	// renewBefore is the time before its end at which a token is renewed.
	renewBefore = 5 * time.Minute
	// renewPause is the least time between two token requests.
	renewPause = 60 * time.Second
	// clockTolerance is the clock difference from which the clock is named as the
	// cause of a refusal; the gateway accepts 15 minutes.
	clockTolerance = 5 * time.Minute
	// clockLimit is the largest clock difference that a Date header is believed
	// for.
	clockLimit = 7 * 24 * time.Hour
)

// authority authenticates requests. It allows at most two failed authentications per run, because
// the vendor locks a key after five. The first authenticated call of each kind goes alone. A second
// try follows only a new token or a corrected clock, and also goes alone. After that nothing more
// is sent.
type authority struct {
	cfg   *Config
	stats *tally
	fetch func(context.Context) (token string, expires time.Time, err error)

	gate chan struct{} // held by the call that goes first, and while renewing

	mu         sync.Mutex
	proven     map[op]bool // a call of this kind has been authenticated
	generation int         // of token or clock
	token      string      // "" if none is used or known
	expires    time.Time
	fetched    time.Time
	skew       time.Duration
	dead       *Error // why no call is worth sending any more
}

func newAuthority(cfg *Config, stats *tally) *authority {
	return &authority{cfg: cfg, stats: stats, token: cfg.Credentials.Token, proven: map[op]bool{}, gate: make(chan struct{}, 1)}
}

// authenticate puts the credentials on a request.
func (a *authority) authenticate(req *http.Request) error {
	a.mu.Lock()
	token, skew := a.token, a.skew
	a.mu.Unlock()
	if token != "" {
		req.Header.Set("X-Auth-Token", token)
		return nil
	}
	if id := a.cfg.Credentials.ProjectID; id != "" {
		req.Header.Set("X-Project-Id", id)
	}
	return signer.Sign(req, a.cfg.Credentials.Key, a.cfg.Now().Add(skew))
}

// secrets returns the values that no text may contain.
func (a *authority) secrets() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.cfg.Credentials
	return []string{a.token, c.Token, c.Key.Secret, c.Key.SecurityToken, c.Key.Access, c.Password.Password}
}

// turn is a caller's permission to send one call.
type turn struct {
	authority  *authority
	op         op
	generation int  // of what the call is authenticated with
	held       bool // the gate is this caller's
}

// leave releases the gate if this turn holds it.
func (t *turn) leave() {
	if t.held {
		t.held = false
		<-t.authority.gate
	}
}

// enter waits for permission to make an authenticated attempt. Until a call of this kind has been
// authenticated, the turn holds the gate and others wait: a service may accept one kind and refuse
// another, and all calls under way at the first refusal count.
func (a *authority) enter(ctx context.Context, k *call) (*turn, error) {
	t := &turn{authority: a, op: k.op}
	if !a.isProven(k.op) || a.stale() {
		if err := a.acquire(ctx); err != nil {
			return t, k.broken(ctx, err, false)
		}
		t.held = true
		if err := a.ready(ctx); err != nil {
			return t, a.refuse(k, err)
		}
		if a.isProven(k.op) {
			t.leave()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dead != nil {
		return t, a.repeatDead(k)
	}
	t.generation = a.generation
	return t, nil
}

func (a *authority) isProven(kind op) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.proven[kind]
}

func (a *authority) acquire(ctx context.Context) error {
	select {
	case a.gate <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stale reports whether a password's token is missing or about to end.
func (a *authority) stale() bool {
	if a.cfg.Credentials.Kind() != "password" {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.staleLocked()
}

func (a *authority) staleLocked() bool {
	if a.dead != nil {
		return false
	}
	if a.token == "" {
		return true
	}
	now := a.cfg.Now()
	return !a.expires.IsZero() && now.After(a.expires.Add(-renewBefore)) && now.Sub(a.fetched) >= renewPause
}

// ready gets a token if one is needed. The caller holds the gate.
func (a *authority) ready(ctx context.Context) error {
	if !a.stale() {
		return nil
	}
	if token, expires, ok := a.cached(); ok {
		a.use(token, expires, time.Time{})
		return nil
	}
	return a.renewToken(ctx)
}

func (a *authority) renewToken(ctx context.Context) error {
	token, expires, err := a.fetch(ctx)
	if err != nil {
		var e *Error
		if errors.As(err, &e) && errors.Is(err, ErrUnauthorized) {
			a.stats.failedAuthentication()
			a.kill(e)
		}
		return err
	}
	a.use(token, expires, a.cfg.Now())
	if cache := a.cfg.TokenCache; cache != nil && !expires.IsZero() {
		if err := cache.Store(a.cacheKey(), token, expires); err != nil {
			a.cfg.Logger.Warn("the token was not cached", slog.String("error", err.Error()))
		}
	}
	return nil
}

func (a *authority) use(token string, expires, fetched time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token, a.expires, a.fetched = token, expires, fetched
	a.generation++
	clear(a.proven)
}

// cached returns, once, the token of an earlier run if it is still valid for some time.
func (a *authority) cached() (string, time.Time, bool) {
	a.mu.Lock()
	first := a.token == "" && a.generation == 0
	a.mu.Unlock()
	if a.cfg.TokenCache == nil || !first {
		return "", time.Time{}, false
	}
	token, expires, ok := a.cfg.TokenCache.Load(a.cacheKey())
	if !ok || !printable(token) || token == "" || a.cfg.Now().After(expires.Add(-renewBefore)) {
		return "", time.Time{}, false
	}
	return token, expires, true
}

func (a *authority) cacheKey() string {
	p := a.cfg.Credentials.Password
	return fmt.Sprintf("%s|%s|%s|%s|%s", a.cfg.IAMEndpoint, p.Domain, p.User, p.Project, p.ProjectID)
}

// passed records that calls of this kind are authenticated, if the service itself answered without
// refusal. If another kind is already authenticated, a gateway that does not know the route is
// enough; the others need not go one by one.
func (t *turn) passed(err error) {
	a := t.authority
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.generation != a.generation {
		return
	}
	var e *Error
	known := errors.As(err, &e) && e.Status/100 == 4 && !e.throttled && len(a.proven) > 0
	if known || authenticated(err) {
		a.proven[t.op] = true
	}
}

// again decides what follows a refused authentication: true to repeat the call with a token or
// clock that was renewed since, by this caller or another. The first call with a new one holds the
// gate.
func (t *turn) again(ctx context.Context, e *Error) bool {
	a := t.authority
	if !t.held {
		if a.acquire(ctx) != nil {
			return false
		}
		t.held = true
	}
	a.mu.Lock()
	used, current, dead := t.generation, a.generation, a.dead != nil
	a.mu.Unlock()
	if dead {
		return false
	}
	if used == current && !a.renew(ctx, e) {
		return false
	}
	a.mu.Lock()
	t.generation = a.generation
	a.mu.Unlock()
	if a.isProven(t.op) {
		t.leave()
	}
	return true
}

// renew changes the token or clock for all requests, or ends all authentication. The caller holds
// the gate.
func (a *authority) renew(ctx context.Context, e *Error) bool {
	switch a.cfg.Credentials.Kind() {
	case "password":
		if a.recentlyFetched() {
			return a.kill(e)
		}
		return a.renewToken(ctx) == nil
	case "access key":
		return a.correctClock(e) || a.kill(e)
	}
	return a.kill(e)
}

func (a *authority) recentlyFetched() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.fetched.IsZero() && a.cfg.Now().Sub(a.fetched) < renewPause
}

// correctClock measures the clock against the answer's Date. It returns false if the clock does not
// explain the refusal.
func (a *authority) correctClock(e *Error) bool {
	if e.date.IsZero() {
		e.Message = joined(e.Message, "the answer has no date, so the cause may be a wrong clock on this machine or a wrong key")
		return false
	}
	a.mu.Lock()
	corrected := a.skew != 0
	a.mu.Unlock()
	skew := e.date.Sub(a.cfg.Now())
	switch {
	case corrected:
		return false
	case skew.Abs() < clockTolerance:
		return false
	case skew.Abs() > clockLimit:
		e.Message = joined(e.Message, fmt.Sprintf("the answer's date (%s) cannot be right; check the clock of this machine", e.date.UTC().Format(time.RFC3339)))
		return false
	}
	a.mu.Lock()
	a.skew = skew
	a.generation++
	clear(a.proven)
	a.mu.Unlock()
	a.stats.skewed(skew)
	a.cfg.Logger.Warn("the clock of this machine is wrong; requests are signed with the server's time", slog.Duration("off by", -skew))
	return true
}

// kill ends all authentication: every further call fails with a copy of e, because the call that
// received e still completes it.
func (a *authority) kill(e *Error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	last := *e
	a.dead = &last
	return false
}

// repeatDead returns the error of a call that was not sent because authentication has
// failed for good. The caller holds a.mu.
func (a *authority) repeatDead(k *call) *Error {
	return &Error{
		Op: string(k.op), Method: k.route.method, Path: k.path, Outcome: NotSent, kind: ErrUnauthorized,
		Code: a.dead.Code, Message: joined("not sent, because authentication failed before", a.dead.Message), Cause: a.dead,
	}
}

// refuse returns the error of a call that was not sent because there is no token.
func (a *authority) refuse(k *call, cause error) *Error {
	e := &Error{
		Op: string(k.op), Method: k.route.method, Path: k.path, Outcome: NotSent,
		Message: joined("no token", cause.Error()), Cause: cause,
	}
	var inner *Error
	if errors.As(cause, &inner) {
		e.Message, e.unreachable = joined("no token", inner.told()), inner.unreachable // the advice comes once, at the end
		e.kind, e.throttled, e.RetryAfter, e.date = inner.kind, inner.throttled, inner.RetryAfter, inner.date
	}
	return e
}
