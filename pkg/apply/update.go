package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// doUpdate replaces a live job's body: it reads it, compares it with the plan, sends the new one,
// reads again, and compares with what was sent.
func (r *run) doUpdate(ctx context.Context, index int, job *jobState) {
	job.written = false
	s := r.begin(index, diff.ActionUpdate)
	if s == nil {
		return
	}
	defer s.close()
	ctx = s.guard(ctx)
	if _, err := r.secrets.fill(s.change); err != nil {
		s.end(Failed, "not written: %v", err)
		return
	}
	s.number, _, s.numbered = r.revision(ctx, job.id) // before the body: an edit in between must count
	have, ok := s.stillAsPlanned(ctx, job.id)
	if !ok {
		return
	}
	if len(s.missing(have)) == 0 && !mustWrite(s.change) {
		job.written = true
		s.end(Unchanged, "")
		return
	}
	body, err := r.secrets.fill(s.change)
	if err != nil {
		s.end(Failed, "not written: %v", err)
		return
	}
	if body, have, ok = s.carryOver(ctx, job.id, body, have); !ok {
		return
	}
	job.written = s.replace(ctx, job.id, body, have)
	if !s.numbered || !job.written {
		return
	}
	if edit := s.overwritten(ctx, job.id, s.number, max(1, s.sends)); edit != "" {
		s.result.Next = remedy.ReplanHistory
		s.end(NotConverged, "the job is as defined, but %s", edit)
	}
}

// stillAsPlanned reads the job and ends the action if it has changed since the plan: an update may
// replace only what was reviewed. A job that is already as wanted passes, so that a plan can be
// applied twice.
func (s *step) stillAsPlanned(ctx context.Context, id string) (have *jsontree.Value, ok bool) {
	have, err := s.read(ctx, id)
	switch {
	case live.Gone(err):
		s.result.Next = remedy.Replan
		s.end(Conflict, "the job was deleted after the plan was made; not written")
		return nil, false
	case err != nil:
		s.noteRead(err)
		s.end(Failed, "not written, because the job could not be read before the write: %s", describe(err))
		return nil, false
	case s.asPlanned(have):
		s.change = s.change.Onto(have, s.run.opts.Modules)
		return have, true
	case s.change.Desired != "" && len(s.missing(have)) == 0:
		return have, true
	}
	s.endStale(have, "written")
	return nil, false
}

// noteRead records a failed read, and stops the run if no further call can work.
func (s *step) noteRead(err error) {
	s.noteError(err)
	if client.EndsRun(err) {
		s.run.halt(err)
	}
}

// replace sends the update until a read shows its end state, at most writeAttempts times, each
// after a read that showed the old state. It reports whether the job is as wanted.
func (s *step) replace(ctx context.Context, id string, body, before *jsontree.Value) bool {
	attempts := retry{step: s}
	for {
		got, err := s.send(ctx, func(ctx context.Context) error { return s.update(ctx, body, before) })
		switch got {
		case accepted:
			return s.confirmUpdate(ctx, id, before, Applied)
		case unsent:
			return s.endUnsent(err)
		case refused:
			return s.replaceRefused(ctx, id, body, before, err)
		case distrusted:
			return s.endDistrusted(err)
		}
		switch s.lookAfterUpdate(ctx, id, before, got, err) {
		case sawWanted:
			s.end(AppliedConfirmed, "the answer was lost (%s); a read shows the update", lost(err))
			return true
		case sawOther, sawGone:
			return s.confirmUpdate(ctx, id, before, AppliedConfirmed)
		case sawNothing:
			s.endUnknown(err)
			return false
		}
		if !attempts.again(ctx, err) {
			s.endGaveUp(err)
			return false
		}
	}
}

// replaceRefused ends a refused update. A disabled job may have to be enabled for it; it is
// disabled again whatever the result.
func (s *step) replaceRefused(ctx context.Context, id string, body, before *jsontree.Value, refusal error) bool {
	disabled := s.change.Live != nil && (s.change.Live.Item.Disabled || s.change.Live.Item.StateUnseen && s.disables())
	if !disabled || s.recovered || client.EndsRun(refusal) || live.Gone(refusal) || errors.Is(refusal, client.ErrForbidden) {
		return s.endRefused(refusal)
	}
	leave := !slices.Contains(s.change.Actions, diff.ActionEnable)
	if leave {
		if err := s.run.journal(s.recovery(phaseIntent)); err != nil {
			s.run.halt(err)
			s.end(Failed, "the service refused (%s), perhaps because the job is disabled, and it is not enabled for the update: %s", describe(refusal), describe(err))
			return false
		}
	}
	switch got, err := s.switchState(ctx, id, false); got {
	case switched:
	case switchUnknown:
		s.result.Next = remedy.ReplanLater
		s.end(Unknown, "the service refused (%s), and it is not known whether the job was enabled for the update: %s", describe(refusal), describe(err))
		return false
	default:
		s.end(Failed, "the service refused (%s), perhaps because the job is disabled, and enabling it failed: %s", describe(refusal), describe(err))
		return false
	}
	s.recovered = true
	s.wrote("the job was enabled")
	done := s.replace(ctx, id, body, before)
	if !leave {
		return done
	}
	s.putsBack = true
	if got, err := s.switchState(ctx, id, true); got != switched {
		s.result.Written = nil // the message has it
		s.end(NotConverged, "the job was disabled, was enabled for the update, and could not be disabled again: %s", describe(err))
		s.result.Next = remedy.Disable(sanitize.Line(s.change.Name, 200))
		return false
	}
	s.result.Written = nil // it is as it was
	if err := s.run.journal(s.recovery(phaseOutcome)); err != nil {
		s.run.halt(err)
	}
	return done
}

// wrote records a part of the action that was carried out.
func (s *step) wrote(format string, args ...any) {
	s.result.Written = append(s.result.Written, fmt.Sprintf(format, args...))
}

// endInPart adds the finished parts to the result of an action that stopped half-way: it did write.
func (s *step) endInPart() {
	switch {
	case s.result.Outcome.Done():
		s.result.Written = nil
		return
	case len(s.result.Written) == 0:
		return
	case s.result.Outcome != Unknown:
		s.result.Outcome = NotConverged
	}
	if s.result.Next == "" {
		s.result.Next = remedy.Replan
	}
	s.result.Message = fmt.Sprintf("written in part, %s; then: %s", strings.Join(s.result.Written, ", "), s.result.Message)
}

// disables reports whether the definition of the step's job disables it.
func (s *step) disables() bool {
	return s.change.Want != nil && s.change.Want.Enabled != nil && !*s.change.Want.Enabled
}

// endUnsent ends an action whose write was certainly not processed.
func (s *step) endUnsent(err error) bool {
	var stop *stopError
	var e *client.Error
	switch {
	case errors.As(err, &stop) && s.sends == 0:
		s.end(Skipped, "%s", stop.reason)
	case s.sends == 1 && s.run.soft.Err() != nil: // it waited for its turn when the run was stopped
		s.end(Skipped, "%s", s.run.stopping())
	case errors.As(err, &stop):
		s.end(Failed, "not written: %s", stop.reason)
	case errors.As(err, &e) && e.RetryAfter > 0:
		s.result.Next = remedy.ComeBackIn(e.RetryAfter.Round(time.Second))
		s.end(Failed, "not written: %s", describe(err))
	default:
		s.end(Failed, "not written: %s", describe(err))
	}
	return false
}

// endGaveUp ends an action whose write failed in every attempt.
func (s *step) endGaveUp(err error) {
	if reason := s.run.stopping(); reason != "" {
		s.end(Failed, "not written, a read shows the old state: %s; no further attempt, because %s", describe(err), reason)
		return
	}
	s.end(Failed, "not written after %d attempts, a read shows the old state; the last: %s", s.result.Attempts, describe(err))
}

// endUnknown ends an action if no read could show whether it happened.
func (s *step) endUnknown(err error) {
	s.result.Next = remedy.ReplanLater
	s.end(Unknown, "it was sent, the answer was lost (%s), and no read could show whether it happened", lost(err))
}

// endUnread ends an action whose write was accepted but could not be confirmed by a read.
func (s *step) endUnread(err error) {
	s.noteRead(err)
	s.result.Next = remedy.ReplanLater
	s.end(Unknown, "the service accepted it, and no read could confirm it: %s", describe(err))
}

// endDistrusted ends an action after an answer about another object.
func (s *step) endDistrusted(err error) bool {
	s.result.Next = remedy.ReplanEndpoint
	s.end(Unknown, "it was sent, and the answer cannot be trusted: %s", describe(err))
	return false
}

// endRefused ends an action that the service refused.
func (s *step) endRefused(err error) bool {
	if live.Gone(err) {
		s.result.Next = remedy.Replan
		s.end(Conflict, "the service says that it no longer exists: %s", describe(err))
		return false
	}
	s.end(Failed, "the service refused: %s", describe(err))
	return false
}
