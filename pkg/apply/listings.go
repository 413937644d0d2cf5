package apply

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/live"
)

// listings shares job listings between the workers of a run: a listing costs one request per
// hundred jobs, and several workers can use the same one.
type listings struct {
	api   live.API
	clock Clock
	count atomic.Uint64 // of listings begun

	mu       sync.Mutex
	projects map[string]*sharedListing
}

// sharedListing is a project's latest listing.
type sharedListing struct {
	mu    sync.Mutex
	begun uint64 // 0: there is none
	at    time.Time
	took  time.Duration
	list  wire.JobList
}

// proofAge returns the maximum age of a listing that proves absence before a create. For a slow listing
// it is longer, or creates would list all the time.
func (s *sharedListing) proofAge() time.Duration { return max(time.Second, 4*s.took) }

// recent returns the mark after which a listing counts as a look right before a create.
func (l *listings) recent(projectID string) mark {
	now := l.now()
	shared := l.of(projectID)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.begun > 0 && l.clock.Now().Sub(shared.at) <= shared.proofAge() {
		return mark(shared.begun - 1)
	}
	return now
}

// mark is a moment in a run: listings that began later are newer.
type mark uint64

// now returns the present moment.
func (l *listings) now() mark { return mark(l.count.Load()) }

// read returns a listing that began after since, a new one if needed. With the zero mark any
// listing of this run will do.
func (l *listings) read(ctx context.Context, projectID string, since mark) (wire.JobList, time.Time, error) {
	shared := l.of(projectID)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if mark(shared.begun) > since {
		return shared.list, shared.at, nil
	}
	begun, at := l.count.Add(1), l.clock.Now()
	list, err := l.api.Listing(ctx, projectID)
	if err != nil {
		return wire.JobList{}, at, err
	}
	shared.begun, shared.at, shared.took, shared.list = begun, at, l.clock.Now().Sub(at), list
	return list, at, nil
}

// of returns the place for a project's latest listing.
func (l *listings) of(projectID string) *sharedListing {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.projects == nil {
		l.projects = map[string]*sharedListing{}
	}
	shared := l.projects[projectID]
	if shared == nil {
		shared = &sharedListing{}
		l.projects[projectID] = shared
	}
	return shared
}

// job returns a job's row by its id, nil if the listing lacks it.
func (l *listings) job(ctx context.Context, projectID, id string, since mark) (*wire.JobItem, error) {
	list, _, err := l.read(ctx, projectID, since)
	if err != nil {
		return nil, err
	}
	for i := range list.Jobs {
		if list.Jobs[i].ID == id {
			return &list.Jobs[i], nil
		}
	}
	return nil, nil
}

// named looks for jobs by name.
func (l *listings) named(ctx context.Context, projectID, name string, since mark) (found, error) {
	list, at, err := l.read(ctx, projectID, since)
	if err != nil {
		return found{}, err
	}
	seen := found{complete: list.Complete, doubted: list.Doubted, at: at}
	for i := range list.Jobs {
		switch {
		case list.Jobs[i].JobName == name:
			seen.ids = append(seen.ids, list.Jobs[i].ID)
		case seen.witness == "":
			seen.witness = list.Jobs[i].ID
		}
	}
	return seen, nil
}
