package main

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
	"github.com/buildsync/buildsync/pkg/workspace"
)

// lock keeps two applies on this machine from writing to one project. It waits for the other.
func (in *invocation) lock(ctx context.Context, p *planning, wait time.Duration) (release func(), err error) {
	var projects []string
	for i := range p.plan.Changes {
		projects = append(projects, p.plan.Changes[i].ProjectID)
	}
	folder, err := in.lockFolder(p.service.name)
	if err != nil {
		return nil, err
	}
	release, err = workspace.Lock(ctx, folder, projects, wait, func(err error) { in.Note("%v", err) })
	if errors.As(err, new(*apply.LockedError)) {
		return nil, fmt.Errorf("nothing was written: %w, or let apply wait for it with --lock-timeout 10m", err)
	}
	return release, err
}

// lockFolder is the same for all workspaces of a user on this machine: a project
// is one, whichever workspace writes to it. A built-in emulator has projects of
// its own, by its file, though their ids are those of every example.
func (in *invocation) lockFolder(endpoint string) (string, error) {
	folder := filepath.Join(cmp.Or(in.cacheFolder(), os.TempDir()), "buildsync", "locks")
	if endpoint != endpointEmulator {
		return folder, nil
	}
	file, err := in.defaultEmulatorFile()
	if err == nil {
		file, err = filepath.Abs(file)
	}
	if err != nil {
		return "", fmt.Errorf("locking: %w", err)
	}
	name := fnv.New64a()
	name.Write([]byte(file))
	return filepath.Join(folder, fmt.Sprintf("emulator-%x", name.Sum64())), nil
}

// cacheFolder is the user's folder for what can be lost, "" if there is none.
func (in *invocation) cacheFolder() string {
	cache := in.Env.Get("XDG_CACHE_HOME")
	if home := cmp.Or(in.Env.Get("HOME"), in.Env.Get("USERPROFILE")); cache == "" && home != "" {
		cache = filepath.Join(home, ".cache")
	}
	return cache
}
