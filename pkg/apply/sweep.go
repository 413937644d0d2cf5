package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// lateDelay is how long after a repeated create a run looks for an object of the first one.
const lateDelay = 5 * time.Second

// twin is an object with the name of one that this run created.
type twin struct {
	id    string
	built bool // it is in use
}

// noteCreated records a create for the sweep.
func (r *run) noteCreated(s *step) {
	s.made.post = nil // frees the whole body: nothing is sent again
	r.mu.Lock()
	defer r.mu.Unlock()
	r.created = append(r.created, s)
	r.lastCreate = r.clock.Now()
}

// sweep looks for a second object with each name that this run created. Somebody else can create
// one at the same moment if the service does not enforce unique names. Of two, the one with the
// smallest id stays. A run deletes only an object whose id it received for its own create, and a
// job only if it was never built. It waits only for a list that does not show the new objects yet,
// and for another run to delete its own.
func (r *run) sweep(ctx context.Context) {
	pending := slices.DeleteFunc(slices.Clone(r.created), func(s *step) bool { return !s.result.Outcome.Done() })
	if len(pending) == 0 || r.soft.Err() != nil {
		return // the next plan reports duplicates of an interrupted run
	}
	for _, d := range append([]time.Duration{0}, settleWaits()...) {
		if len(pending) == 0 || r.clock.Wait(ctx, d) != nil {
			break
		}
		since := r.listings.now()
		pending = slices.DeleteFunc(pending, func(s *step) bool { return s.lookForTwins(ctx, since) })
	}
	for _, s := range pending {
		s.endWithTwins()
		r.record(s)
	}
}

// lookForTwins looks once. It reports whether the result is final.
func (s *step) lookForTwins(ctx context.Context, since mark) bool {
	s.twins, s.twinsErr = s.sameName(ctx, since)
	hopeless := s.patience.over(s.twinsErr)
	if s.twinsErr != nil {
		s.noteRead(s.twinsErr)
		if client.OutcomeOf(s.twinsErr) != client.Rejected && !hopeless {
			return false // it may pass
		}
		s.endWithTwins()
		s.run.record(s)
		return true
	}
	ours := slices.IndexFunc(s.twins, func(t twin) bool { return t.id == s.result.ID })
	others := slices.DeleteFunc(slices.Clone(s.twins), func(t twin) bool { return t.id == s.result.ID })
	first := firstOf(others)
	switch {
	case ours < 0 && len(others) == 0:
		return false // the list lags
	case len(others) == 0:
		return s.result.Outcome != AppliedAfterAbsence || s.run.clock.Now().Sub(s.run.lastCreate) >= lateDelay
	case s.own() && s.result.ID < first:
		return false // if it is another run's, that run deletes it
	case !s.own() || ours < 0 || s.twins[ours].built:
		s.endWithTwins()
	default:
		s.deleteOwn(ctx, first)
	}
	s.run.record(s)
	return true
}

// own reports whether the object's id was the answer to a create of this run.
func (s *step) own() bool {
	return s.result.Outcome == Applied || s.result.Outcome == AppliedAfterAbsence
}

func firstOf(twins []twin) string {
	if len(twins) == 0 {
		return ""
	}
	return slices.MinFunc(twins, func(a, b twin) int { return strings.Compare(a.id, b.id) }).id
}

// sameName returns the objects with the name that the step created.
func (s *step) sameName(ctx context.Context, since mark) (twins []twin, err error) {
	if s.change.Kind == diff.KindTemplate {
		for t, err := range s.run.api.Templates(ctx, s.change.Name) {
			if err != nil {
				return nil, err
			}
			if t.Name == s.change.Name && live.IsOwn(t) {
				twins = append(twins, twin{id: t.UUID})
			}
		}
		return twins, nil
	}
	list, _, err := s.run.listings.read(ctx, s.change.ProjectID, since)
	if err != nil {
		return nil, err
	}
	for _, item := range list.Jobs {
		if item.JobName == s.change.Name && item.ID != "" {
			twins = append(twins, twin{id: item.ID, built: item.LastBuildTime != "" && item.LastBuildTime != "0"})
		}
	}
	return twins, nil
}

// endWithTwins ends a create that may not have made the only object with its name.
func (s *step) endWithTwins() {
	ids := make([]string, len(s.twins))
	for i, t := range s.twins {
		ids[i] = t.id
	}
	switch {
	case s.twinsErr != nil:
		s.result.Next = remedy.ReplanLater
		s.end(Unknown, "it was created as %s, but the check for a second one of this name failed: %s", s.result.ID, describe(s.twinsErr))
	case len(ids) > 1:
		s.result.Next = remedy.DeleteUnused
		s.end(NotConverged, "there are %d of this name, %s; ours is %s, and nothing was deleted", len(ids), quoted(ids), sanitize.Line(s.result.ID, 64))
	case len(ids) == 1 && ids[0] == s.result.ID:
		// The other object is gone.
	case len(ids) == 1:
		s.result.Next = remedy.Replan
		s.end(NotConverged, "it was created as %s, and the list shows %s under its name", s.result.ID, quoted(ids))
	default:
		s.result.Next = remedy.ReplanListed
		s.end(Unknown, "it was created as %s; the list does not show it yet, so a second one of this name would not be seen", s.result.ID)
	}
}

// deleteOwn removes this run's object in favour of the one called winner.
func (s *step) deleteOwn(ctx context.Context, winner string) {
	own, deleted := s.result.ID, false
	if s.change.Kind == diff.KindTemplate {
		deleted = s.deleteTemplate(ctx, own)
	} else {
		deleted = s.deleteJob(ctx, own, true)
	}
	if !deleted {
		s.end(NotConverged, "somebody created one of this name at the same time, %s; deleting our own, %s, failed: %s", winner, own, s.result.Message)
		return
	}
	s.result.ID = winner
	paths, err := s.made.differs(ctx, winner)
	switch {
	case live.Gone(err):
		s.result.Next = remedy.Replan
		s.end(NotConverged, "somebody created %s at the same time; our own, %s, was deleted in its favour, and now it is gone", winner, own)
	case errors.Is(err, client.ErrWrongObject):
		s.run.halt(err)
		s.endUnread(err)
	case err != nil:
		s.endUnread(err)
	case len(paths) > 0:
		s.result.Paths = diff.Paths(paths)
		s.result.Next = remedy.Replan
		s.end(Conflict, "somebody created %s at the same time, and it differs from the definitions; our own, %s, was deleted", winner, own)
	default:
		s.end(Unchanged, "somebody created it at the same time as %s; our own, %s, was deleted", winner, own)
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
