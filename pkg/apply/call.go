package apply

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/buildsync/buildsync/internal/failpoint"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

const (
	// writeAttempts is how often a write with an absolute end state is sent.
	writeAttempts = 4
)

// reply is what the end of a write means for the object.
type reply uint8

const (
	accepted   reply = iota // the service says it is done
	refused                 // the service says no: nothing was changed
	unsent                  // proof that the service processed nothing
	answered                // the service failed while handling: it has stopped, the write may have happened
	silent                  // no usable answer: the write may have happened, or may happen yet
	distrusted              // an answer about another object: no read of this server proves anything
)

// classify returns what err, from a write, means for the object. The difference between answered
// and silent decides whether absence can be proven.
func classify(err error) reply {
	var e *client.Error
	if errors.As(err, new(*stopError)) {
		return unsent
	}
	switch client.OutcomeOf(err) {
	case client.OK:
		return accepted
	case client.NotSent:
		return unsent
	case client.Rejected:
		return refused
	}
	switch {
	case errors.Is(err, client.ErrWrongObject):
		return distrusted
	case errors.As(err, &e) && e.Answered:
		return answered
	}
	return silent
}

// timedOut reports whether the service may still be working on the request.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// throttled reports whether the service asked for fewer calls.
func throttled(err error) bool { return errors.Is(err, client.ErrRateLimited) }

// retry repeats one write with an absolute end state. Each attempt follows a
// read that showed the old state.
type retry struct {
	step   *step
	tries  int
	delays *backoff.ExponentialBackOff
}

// again waits before another attempt after one that failed with err. It returns false if no
// attempts are left or the run must stop. A throttled write gets no other attempt: the client
// has already sent it for as long as that can help.
func (t *retry) again(ctx context.Context, err error) bool {
	if throttled(err) {
		return false
	}
	t.tries++
	if t.delays == nil {
		t.delays = backoff.NewExponentialBackOff()
		t.delays.InitialInterval, t.delays.Multiplier, t.delays.MaxInterval = 500*time.Millisecond, 2, 20*time.Second
	}
	limit := writeAttempts
	if internal(err) {
		limit = 2
	}
	t.step.lastTry = t.tries == limit-1
	return t.tries < limit && t.step.run.stopping() == "" && t.step.pause(ctx, t.delays.NextBackOff()) == nil
}

// internal reports whether err is an internal error of the service, which deserves few attempts.
func internal(err error) bool {
	return classify(err) == answered && !errors.Is(err, client.ErrTryAgain)
}

// describe returns err as one line for people.
func describe(err error) string { return sanitize.Message(err.Error()) }

// lost describes an error of a write that a later read has settled. That it is not
// known whether the write took effect is no longer so.
func lost(err error) string {
	var failed *client.Error
	if errors.As(err, &failed) {
		return sanitize.Message(failed.Happened())
	}
	return describe(err)
}

// stopError says why a write was not sent although it was due.
type stopError struct{ reason string }

func (e *stopError) Error() string { return e.reason }

// send makes one write unless the run must stop, and records its attempts in the result. If it
// returns unsent with a *stopError, nothing was tried.
func (s *step) send(ctx context.Context, call func(context.Context) error) (reply, error) {
	reason := s.run.stopping()
	if s.putsBack {
		reason = s.run.halting()
	}
	if reason != "" {
		return unsent, &stopError{reason}
	}
	failpoint.At("checked")
	if err := s.run.journal(s.intent()); err != nil {
		err = fmt.Errorf("the journal cannot be written, so nothing more is sent: %w", err)
		s.run.halt(err)
		return unsent, &stopError{describe(err)}
	}
	failpoint.At("intent")
	if s.sends == 0 {
		s.firstSent = s.run.clock.Now()
	}
	s.sends++
	s.sent.Store(true)
	awaited, cancel := context.WithCancel(ctx)
	if !s.putsBack {
		defer context.AfterFunc(s.run.answers, cancel)()
		awaited = client.Until(awaited, s.run.soft)
	}
	err := call(client.WithObserver(awaited, s.observe()))
	cancel()
	failpoint.At("answered")
	if err == nil {
		return accepted, nil
	}
	s.result.Causes = append(s.result.Causes, describe(err))
	s.lastError = err
	s.noteError(err)
	if client.EndsRun(err) {
		s.run.halt(err)
	}
	return classify(err), err
}

// observe returns the function that records the attempts of one write. The client itself repeats
// what the service certainly did not process.
func (s *step) observe() func(client.Attempt) {
	var last time.Time
	return func(a client.Attempt) {
		s.result.Attempts++
		s.answered = a
		s.noteRequest(a.RequestID)
		if !last.IsZero() {
			s.result.Waited += max(0, a.Began.Sub(last).Seconds())
		}
		last = a.Began.Add(a.Took)
	}
}

// noteError keeps the code and the request id of an error answer.
func (s *step) noteError(err error) {
	var e *client.Error
	if errors.As(err, &e) {
		s.result.Code = sanitize.Line(e.Code, 100)
		s.noteRequest(e.RequestID)
	}
}

func (s *step) noteRequest(id string) {
	if id = sanitize.Line(id, 100); id != "" && !slices.Contains(s.result.RequestIDs, id) {
		s.result.RequestIDs = append(s.result.RequestIDs, id)
	}
}

// wait waits for d and counts it. It ends early with ctx.
func (s *step) wait(ctx context.Context, d time.Duration) error {
	s.result.Waited += d.Seconds()
	return s.run.clock.Wait(ctx, d)
}

// pause waits before another attempt at a write. It also ends when the run must stop, because then
// no attempt follows.
func (s *step) pause(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.run.soft, cancel)()
	return s.wait(ctx, d)
}
