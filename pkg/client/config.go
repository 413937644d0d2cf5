package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Dialect is a generation of the service's routes.
type Dialect string

// The generations of routes: that of the API reference, which is the default,
// and the newer one that the vendor's pages recommend. Both have the same
// bodies.
const (
	DialectV3 Dialect = "v3"
	DialectV1 Dialect = "v1"
)

// Config describes how to reach the service. Endpoint and Credentials are mandatory.
type Config struct {
	Endpoint    string // https://host; http only to loopback
	IAMEndpoint string // needed for a password and for IAMProjects
	Dialect     Dialect
	Credentials Credentials
	CAFile      string             // authorities beyond the system's, PEM
	Rate        float64            // calls per minute, a ceiling; 0: what the service takes
	InFlight    int                // requests in flight at most; 0: 32
	Paces       map[string]float64 // what Client.Paces returned of an earlier run
	Share       int                // number of processes that share the rate; 0 and 1: only this one
	ListAhead   int                // pages of a job list to read at a time, once the total is known; 0: one
	MaxWait     time.Duration
	Logger      *slog.Logger        // debug: each attempt; info: longer waits; warn: what someone should correct; nil for none
	Getenv      func(string) string // HTTPS_PROXY and NO_PROXY come from it; nil: no proxy
	TokenCache  TokenCache          // nil: a token lives in memory only
	UserAgent   string
	Hide        []string // further values that no error may show

	Timeouts  Timeouts
	Backoff   Backoff
	Transport http.RoundTripper // instead of the network; carries every request

	// Now and Sleep are the clock, for tests without synctest.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// Backoff bounds the waits between attempts: each is random between nothing and
// an interval that starts at Base (Throttled after an answer that asks for fewer
// calls) and doubles up to Cap. A zero field stands for its default.
type Backoff struct {
	Base      time.Duration // default 0.5 s
	Throttled time.Duration // default 2 s
	Cap       time.Duration // default 20 s
}

// defaultMaxWait is the longest wait that the service may request. A longer one fails the call at
// once.
const defaultMaxWait = 60 * time.Second

func (cfg *Config) complete() error {
	switch cfg.Dialect {
	case "":
		cfg.Dialect = DialectV3
	case DialectV3, DialectV1:
	default:
		return fmt.Errorf("unknown generation of routes %q: v3 and v1 exist", cfg.Dialect)
	}
	if cfg.Rate < 0 || cfg.Share < 0 {
		return errors.New("the rate and the share of it must not be negative")
	}
	if cfg.MaxWait <= 0 {
		cfg.MaxWait = defaultMaxWait
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "buildsync"
	}
	if cfg.Backoff.Base <= 0 {
		cfg.Backoff.Base = 500 * time.Millisecond
	}
	if cfg.Backoff.Throttled <= 0 {
		cfg.Backoff.Throttled = 2 * time.Second
	}
	if cfg.Backoff.Cap <= 0 {
		cfg.Backoff.Cap = 20 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Sleep == nil {
		cfg.Sleep = Sleep
	}
	cfg.Timeouts = cfg.Timeouts.withDefaults()
	return cfg.Credentials.check(cfg)
}

// Sleep waits for d, or less when ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
