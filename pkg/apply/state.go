package apply

import (
	"context"
	"slices"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
)

// doState enables or disables a job. Only the listing shows the state, so states are
// verified together at the end, with one listing per project: see settleStates.
func (r *run) doState(ctx context.Context, index int, action diff.Action, job *jobState) {
	s := r.begin(index, action)
	if s == nil {
		return
	}
	defer s.close()
	ctx = s.guard(ctx)
	s.result.ID = job.id
	switch {
	case job.id == "":
		s.end(Skipped, "the job was not created")
		return
	case action == diff.ActionEnable && !job.written:
		s.end(Skipped, "the job's update is not done, and it must not run in another form")
		return
	}
	// A job created by this run is enabled, and the listing may not show it yet.
	if s.change.ID != nil && s.stateIsRight(ctx, job.id) {
		return
	}
	s.setState(ctx, job.id)
}

// stateIsRight ends the action if nothing must be sent, or if the state is unknown.
func (s *step) stateIsRight(ctx context.Context, id string) bool {
	item, err := s.run.listings.job(ctx, s.change.ProjectID, id, 0)
	switch {
	case err != nil:
		s.noteRead(err)
		s.end(Failed, "not sent, because the present state could not be read: %s", describe(err))
		return true
	case item != nil && item.Disabled == s.wantsDisabled() && !item.StateUnseen:
		s.end(Unchanged, "")
		return true
	}
	return false
}

// wantsDisabled reports whether s disables the job.
func (s *step) wantsDisabled() bool { return s.action == diff.ActionDisable }

// setState sends the state. settleStates verifies an accepted one.
func (s *step) setState(ctx context.Context, id string) {
	got, err := s.switchState(ctx, id, s.wantsDisabled())
	switch {
	case got == switched && err == nil:
		s.run.noteState(s)
	case got == switched:
		s.end(AppliedConfirmed, "the answer was lost (%s); the listing shows the state", lost(err))
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

// switching is the result of switchState.
type switching uint8

const (
	switched      switching = iota // accepted, or seen in spite of an error
	switchRefused                  // refused, not sent, or answered about another job
	switchUnknown                  // no read shows it
	switchGaveUp                   // a read shows the old state after the last attempt
)

// switchState disables or recovers a job, and repeats until the call is accepted or its effect is
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
		case sawUnsaid:
			if !attempts.again(ctx, err) {
				return switchUnknown, err
			}
			continue
		}
		if !attempts.again(ctx, err) {
			return switchGaveUp, err
		}
	}
}

// lookAfterState reads the listing until it shows the wanted state or no looks are left.
func (s *step) lookAfterState(ctx context.Context, id string, disable bool, got reply, cause error) sight {
	saw := sawNothing
	var item *wire.JobItem
	var err error
	for range s.looks(ctx, s.waitsAfter(got, cause), &err) {
		item, err = s.run.listings.job(ctx, s.change.ProjectID, id, s.run.listings.now())
		switch {
		case err != nil:
			s.noteRead(err)
		case item == nil: // the listing lags behind a create
		case item.StateUnseen:
			return sawUnsaid
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

// settleStates verifies the new states with one listing of each project, and more within the settle
// window if a listing lags.
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
			if s.patience.over(err) {
				s.endUnread(err)
				s.close()
				return true
			}
			if err != nil {
				lastErr = err
				return false
			}
			if item == nil || item.Disabled != s.wantsDisabled() && !item.StateUnseen {
				return false
			}
			s.end(Applied, "")
			if item.StateUnseen {
				s.end(Applied, "the service does not show whether a job is disabled, so this is not confirmed")
			}
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
