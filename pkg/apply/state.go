package apply

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
)

// doState enables or disables a job. The state stands only in the listing
// (facts §7), so states are verified together at the end, one listing for all
// jobs of a project: see settleStates.
func (r *run) doState(ctx context.Context, index int, action diff.Action, job *jobState) {
	s := r.begin(index, action)
	if s == nil {
		return
	}
	defer s.close()
	s.result.ID = job.id
	switch {
	case job.id == "":
		s.end(Skipped, "the job was not created")
		return
	case action == diff.ActionEnable && !job.written:
		s.end(Skipped, "the job's update is not done, and it must not run in another form")
		return
	}
	// A job that this run created is enabled, and the listing may not show it yet.
	if s.change.ID != nil && s.stateIsRight(ctx, job.id) {
		return
	}
	s.setState(ctx, job.id)
}

// stateIsRight ends the action where nothing needs to be sent, or where that
// cannot be told.
func (s *step) stateIsRight(ctx context.Context, id string) bool {
	item, err := s.run.listings.job(ctx, s.change.ProjectID, id, 0)
	switch {
	case err != nil:
		s.noteRead(err)
		s.end(Failed, "not sent, because the present state could not be read: %s", describe(err))
		return true
	case item != nil && item.Disabled == s.wantsDisabled():
		s.end(Unchanged, "")
		return true
	}
	return false
}

// wantsDisabled tells which state s is about.
func (s *step) wantsDisabled() bool { return s.action == diff.ActionDisable }

// setState sends the state. One that is accepted is noted for settleStates.
func (s *step) setState(ctx context.Context, id string) {
	got, err := s.switchState(ctx, id, s.wantsDisabled())
	switch {
	case got == switched && err == nil:
		s.run.noteState(s)
	case got == switched:
		s.end(AppliedConfirmed, "the answer was lost (%s); the listing shows the state", describe(err))
	case got == switchUnknown:
		s.endUnknown(err)
	case got == switchGaveUp:
		s.endGaveUp(err)
	case classify(err) == refused:
		s.endRefused(err)
	case classify(err) == distrusted:
		s.endDistrusted(err)
	default:
		s.endUnsent(err)
	}
}

// switching is how switchState ended.
type switching uint8

const (
	switched      switching = iota // accepted, or seen where there is an error too
	switchRefused                  // refused, not sent, or answered about another job
	switchUnknown                  // no read shows it
	switchGaveUp                   // a read shows the old state after the last attempt
)

// switchState disables or recovers a job, sending it until it is accepted or
// seen. The error is the last call's.
func (s *step) switchState(ctx context.Context, id string, disable bool) (switching, error) {
	attempts := retry{step: s}
	for {
		got, err := s.send(ctx, func(ctx context.Context) error {
			if disable {
				return s.run.api.DisableJob(ctx, id)
			}
			return s.run.api.EnableJob(ctx, id)
		})
		switch got {
		case accepted:
			return switched, nil
		case unsent, refused, distrusted:
			return switchRefused, err
		}
		switch s.lookAfterState(ctx, id, disable, got, err) {
		case sawWanted:
			return switched, err
		case sawNothing:
			return switchUnknown, err
		}
		if !attempts.again(ctx, err) {
			return switchGaveUp, err
		}
	}
}

// lookAfterState reads the listing until it shows the wanted state or the looks
// are used up.
func (s *step) lookAfterState(ctx context.Context, id string, disable bool, got reply, cause error) sight {
	saw := sawNothing
	for _, d := range waitsAfter(got, cause) {
		if s.wait(ctx, d) != nil {
			break
		}
		item, err := s.run.listings.job(ctx, s.change.ProjectID, id, s.run.listings.now())
		switch {
		case err != nil:
			s.noteRead(err)
		case item == nil: // the listing lags behind a create
		case item.Disabled == disable:
			return sawWanted
		default:
			saw = sawOld
		}
	}
	return saw
}

func (r *run) noteState(s *step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.states = append(r.states, s)
}

// settleStates verifies the states that were set, by one listing of each project
// and as many more as a lagging listing needs within the settle window.
func (r *run) settleStates(ctx context.Context) {
	pending := r.states
	var lastErr error
	looked := false
	for _, d := range append([]time.Duration{0}, settleWaits()...) {
		if len(pending) == 0 || r.clock.Wait(ctx, d) != nil {
			break
		}
		since := r.listings.now()
		looked, lastErr = true, nil
		pending = slices.DeleteFunc(slices.Clone(pending), func(s *step) bool {
			s.result.Waited += d.Seconds()
			item, err := r.listings.job(ctx, s.change.ProjectID, s.result.ID, since)
			if err != nil {
				lastErr = err
				return false
			}
			if item == nil || item.Disabled != s.wantsDisabled() {
				return false
			}
			s.end(Applied, "")
			s.close()
			return true
		})
	}
	for _, s := range pending {
		switch {
		case lastErr != nil:
			s.endUnread(lastErr)
		case !looked:
			s.end(Unknown, "the service accepted it; the run ended before a read could show it")
		default:
			s.result.Paths = []string{"enabled"}
			s.end(NotConverged, "the service accepted it, and the listing does not show the state")
		}
		s.close()
	}
}

// doRemoval disables or deletes a job whose definition is gone.
func (r *run) doRemoval(ctx context.Context, index int) {
	change := &r.plan.Changes[index]
	action := change.Actions[0]
	s := r.begin(index, action)
	if s == nil {
		return
	}
	defer s.close()
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
	case item != nil && action == diff.ActionDelete && item.LastBuildStatus == statusBuilding:
		s.result.Next = "apply again when the build has ended"
		s.end(Failed, "not deleted, because a build of it is running")
		return
	}
	have, err := r.readJob(ctx, id, change.ProjectID)
	switch {
	case errors.Is(err, client.ErrNotFound):
		s.end(AlreadyAbsent, "")
	case err != nil:
		s.noteRead(err)
		s.end(Failed, "not removed, because the job could not be read before: %s", describe(err))
	case !s.asPlanned(have):
		s.result.Paths = s.changedSincePlan(have)
		s.result.Next = nextReplan
		s.end(Conflict, "the job was changed after the plan was made; not removed")
	case action == diff.ActionDisable:
		s.setState(ctx, id)
	default:
		s.deleteJob(ctx, id)
	}
}

// statusBuilding is the last_build_status of a job with a build under way.
const statusBuilding = "building"

// deleteJob sends the delete until a read by id says that the job is gone.
func (s *step) deleteJob(ctx context.Context, id string) bool {
	return s.remove(ctx, removal{
		send: func(ctx context.Context) error { return s.run.api.DeleteJob(ctx, id) },
		gone: func(ctx context.Context) (bool, error) {
			_, err := s.run.api.QueryJob(ctx, id)
			if errors.Is(err, client.ErrNotFound) {
				return true, nil
			}
			return false, err
		},
	})
}

// removal is how one kind of object is deleted.
type removal struct {
	send func(ctx context.Context) error
	gone func(ctx context.Context) (bool, error)
}

// remove deletes an object and verifies that it is gone. It tells whether it is.
func (s *step) remove(ctx context.Context, m removal) bool {
	attempts := retry{step: s}
	for {
		got, err := s.send(ctx, m.send)
		waits, outcome := confirmWaits(), Applied
		switch {
		case got == refused && errors.Is(err, client.ErrNotFound):
			outcome = AlreadyAbsent
		case got == refused:
			return s.endRefused(err)
		case got == unsent:
			return s.endUnsent(err)
		case got == distrusted:
			return s.endDistrusted(err)
		case got != accepted:
			waits, outcome = waitsAfter(got, err), AppliedConfirmed
		}
		gone, readErr := s.lookGone(ctx, m, waits)
		switch {
		case gone && attempts.tries > 0 && outcome == AlreadyAbsent:
			s.end(AppliedConfirmed, "the answer of an earlier attempt was lost; a read shows that it is gone")
			return true
		case gone && outcome == AppliedConfirmed:
			s.end(outcome, "the answer was lost (%s); a read shows that it is gone", describe(err))
			return true
		case gone:
			s.end(outcome, "")
			return true
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

// lookGone reads until the object is gone or the looks are used up. The error is
// that of the last read where none succeeded.
func (s *step) lookGone(ctx context.Context, m removal, waits []time.Duration) (bool, error) {
	var lastErr error
	read := false
	for _, d := range waits {
		if err := s.wait(ctx, d); err != nil {
			lastErr = err
			break
		}
		gone, err := m.gone(ctx)
		if gone {
			return true, nil
		}
		read = read || err == nil
		lastErr = err
	}
	if read {
		return false, nil
	}
	return false, lastErr
}
