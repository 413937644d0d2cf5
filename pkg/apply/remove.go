package apply

import (
	"context"
	"slices"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// doRemoval disables or deletes a job whose definition is gone.
func (r *run) doRemoval(ctx context.Context, index int) {
	change := &r.plan.Changes[index]
	action := change.Actions[0]
	s := r.begin(index, action)
	if s == nil {
		return
	}
	defer s.close()
	ctx = s.guard(ctx)
	id := s.result.ID
	item, err := r.listings.job(ctx, change.ProjectID, id, 0)
	switch {
	case err != nil:
		s.noteRead(err)
		s.end(Failed, "not removed, because the listing could not be read: %s", describe(err))
		return
	case item != nil && action == diff.ActionDisable && item.Disabled:
		s.end(Unchanged, "")
		return
	case item != nil && action == diff.ActionDelete && item.Building:
		s.result.Next = remedy.ApplyBuilt
		s.end(Failed, "not deleted, because a build of it is running")
		return
	}
	have, err := live.Body(ctx, r.api, id, change.ProjectID)
	switch {
	case live.Gone(err):
		s.end(AlreadyAbsent, "")
	case err != nil:
		s.noteRead(err)
		s.end(Failed, "not removed, because the job could not be read before: %s", describe(err))
	case !s.asPlanned(have):
		s.endStale(have, "removed")
	case action == diff.ActionDisable:
		s.setState(ctx, id)
	default:
		s.deleteJob(ctx, id, item != nil)
	}
}

// deleteJob sends the delete until a read by id shows that the job is gone. A complete listing
// without the job shows it too if that read is refused, or if the service accepted the delete of a
// job that the listing had: a job in a recycle bin may stay readable by its id, and not each service
// has an answer of its own for what is gone.
func (s *step) deleteJob(ctx context.Context, id string, listed bool) bool {
	r, taken := s.run, false
	return s.remove(ctx, removal{
		send: func(ctx context.Context) error {
			err := r.api.DeleteJob(ctx, id)
			taken = taken || err == nil && listed
			return err
		},
		gone: func(ctx context.Context) (bool, error) {
			_, err := live.Body(ctx, r.api, id, s.change.ProjectID)
			switch {
			case live.Gone(err):
				return true, nil
			case client.EndsRun(err), !taken && client.OutcomeOf(err) != client.Rejected:
				return false, err
			}
			list, _, listErr := r.listings.read(ctx, s.change.ProjectID, r.listings.now())
			if listErr != nil || !list.Complete {
				return false, err
			}
			row := func(item wire.JobItem) bool { return item.ID == id }
			return !slices.ContainsFunc(list.Jobs, row), nil
		},
	})
}

// removal has the steps for deleting one kind of object.
type removal struct {
	send func(ctx context.Context) error
	gone func(ctx context.Context) (bool, error)
}

// remove deletes an object and verifies it. It reports whether the object is gone.
func (s *step) remove(ctx context.Context, m removal) bool {
	attempts := retry{step: s}
	for {
		got, err := s.send(ctx, m.send)
		waits, outcome := confirmWaits(), Applied
		switch {
		case got == refused && live.Gone(err):
			outcome = AlreadyAbsent
		case got == refused && client.EndsRun(err):
			return s.endRefused(err)
		case got == refused: // there are many codes for absent objects: a read decides
			waits, outcome = []time.Duration{0}, AlreadyAbsent
		case got == unsent:
			return s.endUnsent(err)
		case got == distrusted:
			return s.endDistrusted(err)
		case got != accepted:
			waits, outcome = s.waitsAfter(got, err), AppliedConfirmed
		}
		gone, readErr := s.lookGone(ctx, m, waits)
		switch {
		case gone && attempts.tries > 0 && outcome == AlreadyAbsent:
			s.end(AppliedConfirmed, "the answer of an earlier attempt was lost; a read shows that it is gone")
			return true
		case gone && outcome == AppliedConfirmed:
			s.end(outcome, "the answer was lost (%s); a read shows that it is gone", lost(err))
			return true
		case gone:
			s.end(outcome, "")
			return true
		case got == refused:
			return s.endRefused(err)
		case readErr != nil && err == nil:
			s.endUnread(readErr)
			return false
		case readErr != nil:
			s.noteRead(readErr)
			s.endUnknown(err)
			return false
		case err == nil:
			s.end(NotConverged, "the service accepted it, and the object still exists")
			return false
		}
		if !attempts.again(ctx, err) {
			s.endGaveUp(err)
			return false
		}
	}
}

// lookGone reads until the object is gone or no looks are left. If no read succeeded, it returns
// the last error.
func (s *step) lookGone(ctx context.Context, m removal, waits []time.Duration) (bool, error) {
	var lastErr error
	looked, read, gone := false, false, false
	for range s.looks(ctx, waits, &lastErr) {
		looked = true
		if gone, lastErr = m.gone(ctx); gone {
			return true, nil
		}
		read = read || lastErr == nil
	}
	switch {
	case read:
		return false, nil
	case !looked:
		return false, ctx.Err()
	}
	return false, lastErr
}
