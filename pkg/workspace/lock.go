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
)

// lockLook is the interval of attempts to take a lock.
const lockLook = 200 * time.Millisecond

// LockFolder returns the folder of the locks for Lock. It is the same for all workspaces of a user
// on this machine, since they may write to one project. cache is the user's folder for what can be
// lost, "" if there is none. Projects that exist only in a file, such as the built-in emulator's,
// have a folder of their own, though their ids are those of every example; file is "" for others.
func LockFolder(cache, file string) (string, error) {
	folder := filepath.Join(cmp.Or(cache, os.TempDir()), "buildsync", "locks")
	if file == "" {
		return folder, nil
	}
	full, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("locking: %w", err)
	}
	name := fnv.New64a()
	name.Write([]byte(full))
	return filepath.Join(folder, fmt.Sprintf("emulator-%x", name.Sum64())), nil
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
