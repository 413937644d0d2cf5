package workspace

import (
	"context"
	"errors"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
)

// lockLook is the interval of attempts to take a lock.
const lockLook = 200 * time.Millisecond

// Lock keeps two applies on this machine from writing to one project. It waits up to patience, and
// calls waiting once when the wait begins.
func Lock(ctx context.Context, folder string, projects []string, patience time.Duration, waiting func(error)) (release func(), err error) {
	deadline := time.Now().Add(patience)
	for told := false; ; told = true {
		release, err := apply.Lock(folder, projects)
		if !errors.As(err, new(*apply.LockedError)) || time.Now().After(deadline) {
			return release, err
		}
		if !told {
			waiting(err)
		}
		if err := (apply.SystemClock{}).Wait(ctx, lockLook); err != nil {
			return nil, context.Cause(ctx)
		}
	}
}
