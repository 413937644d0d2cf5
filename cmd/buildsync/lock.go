package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	file := "" // of projects that exist only there
	if p.service.name == endpointEmulator {
		if file, err = in.defaultEmulatorFile(); err != nil {
			return nil, fmt.Errorf("locking: %w", err)
		}
	}
	folder, err := workspace.LockFolder(in.cacheFolder(), p.service.name, file)
	if err != nil {
		return nil, err
	}
	release, err = workspace.Lock(ctx, folder, projects, wait, func(err error) { in.Note("%v", err) })
	if errors.As(err, new(*apply.LockedError)) {
		return nil, fmt.Errorf("nothing was written: %w, or let apply wait for it with --lock-timeout 10m", err)
	}
	return release, err
}

// cacheFolder returns the user's folder for what can be lost, "" if there is none.
func (in *invocation) cacheFolder() string {
	cache := in.Env.Get("XDG_CACHE_HOME")
	if home := cmp.Or(in.Env.Get("HOME"), in.Env.Get("USERPROFILE")); cache == "" && home != "" {
		cache = filepath.Join(home, ".cache")
	}
	return cache
}
