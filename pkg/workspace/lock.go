package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/record"
)

// lockLook is the interval of attempts to take a lock.
const lockLook = 200 * time.Millisecond

// LockFolder returns the folder of the locks for Lock. It is the same for all workspaces of a user
// on this machine that use one endpoint, since they may write to one project or template. Each
// endpoint has its own: other services may have projects with the same ids. The account is not
// part of the name, because an access key does not tell it, and two runs of one account may use
// different credentials. cache is the user's folder for what can be lost, "" if there is none. file
// holds the built-in emulator's projects, and is "" for other endpoints.
func LockFolder(cache, endpoint, file string) (string, error) {
	folder := filepath.Join(cmp.Or(cache, os.TempDir()), "buildsync", "locks")
	if file == "" {
		return filepath.Join(folder, record.EndpointKey(endpoint)), nil
	}
	full, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("locking: %w", err)
	}
	name := fnv.New64a()
	name.Write([]byte(full))
	return filepath.Join(folder, fmt.Sprintf("%s@%x", record.EndpointKey(endpoint), name.Sum64())), nil
}

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
