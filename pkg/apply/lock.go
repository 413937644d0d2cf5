package apply

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// LockedError reports that another process on this machine is applying to a project.
type LockedError struct {
	ProjectID string // "" for build templates
	Path      string
	Owner     string // the holder's note about itself, made safe
}

func (e *LockedError) Error() string {
	what := "project " + e.ProjectID
	if e.ProjectID == "" {
		what = "build templates at this endpoint"
	}
	holder := "lock file " + e.Path
	if e.Owner != "" { // "" until the holder has written it
		holder = e.Owner + ", " + holder
	}
	return fmt.Sprintf("another apply to %s is under way on this machine (%s); wait for it to end", what, holder)
}

// errLocked is returned by lockFile if another process has the lock.
var errLocked = errors.New("locked")

// Lock takes the lock of every project in dir, which it creates, so that two applies on one machine
// never write to one project. The operating system releases the locks when the process ends, so
// they are never stale. release frees them. The error is a *LockedError if another process has one.
//
// Lock is only a convenience. The CI system must keep runs on different machines apart, and Run's
// own re-reading makes two runs harmless.
func Lock(dir string, projectIDs []string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	var held []*os.File
	release = func() {
		for _, file := range held {
			file.Close()
		}
		held = nil
	}
	ids := slices.Clone(projectIDs)
	slices.Sort(ids) // one order for everyone, so that two never wait for each other
	for _, id := range slices.Compact(ids) {
		file, err := lockProject(dir, id)
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, file)
	}
	return release, nil
}

func lockProject(dir, id string) (*os.File, error) {
	path := filepath.Join(dir, lockName(id))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking project %s: %w", id, err)
	}
	err = lockFile(file)
	if errors.Is(err, errLocked) {
		owner, _ := io.ReadAll(io.LimitReader(file, 200))
		file.Close()
		return nil, &LockedError{ProjectID: id, Path: path, Owner: sanitize.Line(strings.TrimSpace(string(owner)), 200)}
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("locking project %s: %w", id, err)
	}
	// The owner is for people only: an error here is not a reason to stop.
	if file.Truncate(0) == nil {
		host, _ := os.Hostname()
		fmt.Fprintf(file, "process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	}
	return file, nil
}

// lockName returns the file name for a project id. Any text stays inside the folder.
func lockName(id string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return '_'
	}, id)
	return "apply-" + safe + ".lock"
}
