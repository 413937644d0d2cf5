package apply

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// confirmWaits returns the waits before each read that confirms an accepted write. The first read
// follows at once, since reads by id are consistent; the others allow for a service that
// lags.
func confirmWaits() []time.Duration {
	return []time.Duration{0, 1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
}

// settleWaits returns the waits before each look for a write with a lost answer: the settle window of
// 60 s.
func settleWaits() []time.Duration {
	return []time.Duration{
		1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second,
	}
}

// shortWaits returns the waits before each look after an error answer or a broken connection.
func shortWaits() []time.Duration { return []time.Duration{0, 1 * time.Second} }

// patience ends a wait for something to show where no later look can end better.
type patience struct{ strange bool }

// over reports whether err, from the latest look, will come again. One strange answer may be the
// page of a proxy under change, the second in a row is the service's form.
func (p *patience) over(err error) bool {
	again := p.strange
	p.strange = errors.Is(err, client.ErrNotTheAPI)
	return again && p.strange || client.FailsAgain(err)
}

// looks yields after each of waits, until the action must end or the patience with *err, which the
// look has set, is over.
func (s *step) looks(ctx context.Context, waits []time.Duration, err *error) iter.Seq[int] {
	return func(yield func(int) bool) {
		var p patience
		for i, d := range waits {
			if s.wait(ctx, d) != nil || !yield(i) || p.over(*err) {
				return
			}
		}
	}
}

// waitsAfter returns the waits for the looks after a write that ended with got and err. If a
// gateway or a slow service may still have the request, the looks continue as long as it may still
// be processed. Before the last attempt a window that showed nothing is not repeated, since all
// attempts have the same end state.
func (s *step) waitsAfter(got reply, err error) []time.Duration {
	var e *client.Error
	lingering := timedOut(err) || errors.As(err, &e) && !e.Answered &&
		(e.Status == http.StatusBadGateway || e.Status == http.StatusServiceUnavailable || e.Status == http.StatusGatewayTimeout)
	if got == silent && lingering && (!s.lingered || s.lastTry) {
		s.lingered = true
		return settleWaits()
	}
	return shortWaits()
}

// sight is the result of a look at an object.
type sight uint8

const (
	sawNothing sight = iota // no read succeeded
	sawOld                  // as before the write
	sawWanted               // as the plan wants it
	sawOther                // something else
	sawGone                 // it does not exist
	sawUnsaid               // the service does not show it
)

// lookAfterUpdate reads the job until it differs from before or no looks are left.
func (s *step) lookAfterUpdate(ctx context.Context, id string, before *jsontree.Value, got reply, cause error) sight {
	saw := sawNothing
	var have *jsontree.Value
	var err error
	for range s.looks(ctx, s.waitsAfter(got, cause), &err) {
		have, err = s.read(ctx, id)
		switch {
		case live.Gone(err):
			return sawGone
		case err != nil:
			s.noteRead(err)
		case len(s.missing(have)) == 0:
			return sawWanted
		case s.fingerprint(have) != s.fingerprint(before):
			return sawOther
		default:
			saw = sawOld
		}
	}
	return saw
}

// confirmUpdate reads the job until it is as wanted, and ends the action. It reports whether it is.
func (s *step) confirmUpdate(ctx context.Context, id string, before *jsontree.Value, outcome Outcome) bool {
	var have *jsontree.Value
	var err error
	stable := ""
	for range s.looks(ctx, confirmWaits(), &err) {
		have, err = s.read(ctx, id)
		if err != nil {
			continue
		}
		if len(s.missing(have)) == 0 {
			s.end(outcome, "%s", s.unseenText())
			return true
		}
		// A repeated state other than the old one is not a lag: the service rewrote the body, or
		// someone else did. The old state may be a lag, unless the service's rewriting explains the
		// difference.
		mark := s.fingerprint(have)
		unmet := s.missing(have)
		rewritten := mark != s.fingerprint(before) || rewriting(unmet) != "" || diff.Refilled(unmet) != nil || s.change.RewrittenBefore(unmet)
		if rewritten && mark == stable {
			if s.endRefilled(outcome, unmet) {
				return true
			}
			break
		}
		stable = mark
	}
	s.endUnconfirmed(ctx, id, have, before, err)
	return false
}

// endRefilled ends an action if all that is not as sent are values that the service works out by
// itself and has filled in again. It reports whether it did.
func (s *step) endRefilled(outcome Outcome, unmet []diff.Field) bool {
	refilled := diff.Refilled(unmet)
	if refilled == nil {
		return false
	}
	s.result.Stored = true
	s.end(outcome, "declared empty and filled in by the service again: %s", strings.Join(refilled, ", "))
	return true
}

// endUnconfirmed ends an action whose write was accepted but not found by a read.
func (s *step) endUnconfirmed(ctx context.Context, id string, have, before *jsontree.Value, err error) {
	var unmet []diff.Field
	if err == nil && have != nil {
		unmet = s.missing(have)
		s.result.Paths = diff.Paths(unmet)
	}
	switch {
	case live.Gone(err):
		s.end(NotConverged, "the service accepted it, and the job is gone when read by its id")
	case err != nil:
		s.endUnread(err)
	case have == nil:
		s.end(Unknown, "the service accepted it; the run ended before a read could show it")
	case rewriting(unmet) != "":
		s.result.Next = rewriting(unmet)
		s.noteStored(unmet)
		s.end(NotConverged, storedSpelled)
	case s.notTaken(unmet) != "":
		s.result.Next = s.notTaken(unmet)
		s.lost = fmt.Sprintf("%q lost members%s", s.change.Name, storedText(unmet))
		s.end(NotConverged, "%s", notTakenText(unmet))
	case before != nil && s.fingerprint(have) == s.fingerprint(before) && s.change.RewrittenBefore(unmet):
		s.endRewritten(unmet, "as it did before")
	case before != nil && s.fingerprint(have) == s.fingerprint(before):
		s.end(NotConverged, "the service accepted it and still holds the old body")
	case s.onlyWeWrote(ctx, id):
		s.endRewritten(unmet, nobodyElse)
	default:
		s.result.Next = remedy.ReplanStored
		s.end(NotConverged, "the service stored something else than was sent, or someone changed it right after")
	}
}
