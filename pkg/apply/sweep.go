package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// sweepDelay is how long after its last create a run looks for duplicates.
const sweepDelay = 5 * time.Second

// noteCreated keeps a create that was sent for the sweep.
func (r *run) noteCreated(s *step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.created = append(r.created, s)
	r.lastCreate = r.clock.Now()
}

// sweep looks for a second job under each name that this run created, which two
// runs at the same moment can make where the service does not keep names unique:
// one listing of each project, a while after the last create. Of two, the one
// with the smallest id stays. A run deletes only a job whose id the service gave
// to this very run, and only while it has never been built.
func (r *run) sweep(ctx context.Context) {
	if len(r.created) == 0 || r.soft.Err() != nil {
		return // a run that is to end now leaves duplicates to the next plan, which reports them
	}
	if rest := sweepDelay - r.clock.Now().Sub(r.lastCreate); rest > 0 && r.clock.Wait(ctx, rest) != nil {
		return
	}
	since := r.listings.now()
	for _, s := range r.created {
		if !s.result.Outcome.done() {
			continue
		}
		list, _, err := r.listings.read(ctx, s.change.ProjectID, since)
		if err != nil {
			r.warn("%s: whether it was created twice could not be checked: %s", s.change.Address, describe(err))
			continue
		}
		var rows []wire.JobItem
		for _, item := range list.Jobs {
			if item.JobName == s.change.Name && item.ID != "" {
				rows = append(rows, item)
			}
		}
		s.resolveDuplicates(ctx, rows)
	}
}

// resolveDuplicates settles which of several jobs of one name stays.
func (s *step) resolveDuplicates(ctx context.Context, rows []wire.JobItem) {
	others := slices.DeleteFunc(slices.Clone(rows), func(item wire.JobItem) bool { return item.ID == s.result.ID })
	if len(others) == 0 {
		return
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	first := slices.MinFunc(others, func(a, b wire.JobItem) int { return strings.Compare(a.ID, b.ID) })
	ours := slices.IndexFunc(rows, func(item wire.JobItem) bool { return item.ID == s.result.ID })
	own := s.result.Outcome == Applied || s.result.Outcome == AppliedAfterAbsence
	switch {
	case own && s.result.ID < first.ID:
		// The other run deletes its own; if it died, the next plan says so.
		s.run.warn("%s: another run created a job of this name too (%s); that run is to delete its own", s.change.Address, quoted(ids))
		return
	case !own || ours < 0 || neverBuilt(rows[ours]) != nil:
		s.result.Next = "look at them and delete the one that is not used"
		s.end(NotConverged, "there are %d jobs of this name, %s; nothing was deleted", len(ids), quoted(ids))
	default:
		s.deleteOwn(ctx, first.ID)
	}
	s.run.record(s)
}

// neverBuilt returns why a job must not be deleted as a duplicate.
func neverBuilt(item wire.JobItem) error {
	if item.LastBuildTime != "" && item.LastBuildTime != "0" {
		return errors.New("it has been built")
	}
	return nil
}

// deleteOwn removes this run's job in favour of the one called winner.
func (s *step) deleteOwn(ctx context.Context, winner string) {
	own := s.result.ID
	if !s.deleteJob(ctx, own) {
		s.end(NotConverged, "another run created a job of this name at the same time, %s; deleting our own, %s, failed: %s", winner, own, s.result.Message)
		return
	}
	s.result.ID = winner
	have, err := s.read(ctx, winner)
	switch {
	case gone(err):
		s.result.Next = nextReplan
		s.end(NotConverged, "another run created %s at the same time; our own, %s, was deleted in its favour, and now it is gone", winner, own)
	case err != nil:
		s.endUnread(err)
	case len(s.missing(have)) > 0:
		s.result.Paths = s.missing(have)
		s.result.Next = nextReplan
		s.end(Conflict, "another run created %s at the same time, and it differs from the definitions; our own, %s, was deleted", winner, own)
	default:
		s.end(Unchanged, "another run created it at the same time as %s; our own, %s, was deleted", winner, own)
	}
}

// quoted lists ids for people.
func quoted(ids []string) string {
	out := ""
	for i, id := range ids {
		if i > 0 {
			out += ", "
		}
		out += sanitize.Line(id, 64)
	}
	return out
}
