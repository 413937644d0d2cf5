package apply

import (
	"context"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
)

// Clock is the time as Run sees it.
type Clock interface {
	Now() time.Time
	// Wait returns after d, or with the context's error as soon as it ends.
	Wait(ctx context.Context, d time.Duration) error
}

// SystemClock is the real time.
type SystemClock struct{}

// Now returns the current time.
func (SystemClock) Now() time.Time { return time.Now() }

// Wait waits for d or until ctx ends.
func (SystemClock) Wait(ctx context.Context, d time.Duration) error { return client.Sleep(ctx, d) }
