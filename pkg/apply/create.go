package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// CreateRetry is when a create may be sent a second time. Both values require a proof of absence,
// see create.
type CreateRetry string

const (
	// CreateRetryAnswered allows it only after an error answer of the service: the service has
	// stopped, so an absent object stays absent. The default.
	CreateRetryAnswered CreateRetry = ""
	// CreateRetrySettled also allows it without an answer. A request delayed for longer than the
	// settle window then makes a second object.
	CreateRetrySettled CreateRetry = "settled"
)

// proofGap is the minimum time between the two listings of a proof of absence.
const proofGap = 10 * time.Second

// found is the result of looking for an object by its name.
type found struct {
	ids      []string // of that name
	complete bool     // the listing is complete
	doubted  bool     // a page of it was empty
	witness  string   // id of any other object in it, "" if it has none
	at       time.Time
}

// creation has the steps for creating one kind of object, for the protocol below.
type creation struct {
	// post sends the create once.
	post func(ctx context.Context) (id string, err error)
	// find looks for the object by its name.
	find func(ctx context.Context) (found, error)
	// differs reads an object and returns the fields that are not as wanted.
	differs func(ctx context.Context, id string) ([]diff.Field, error)
	// confirms reads the witness directly and reports whether it exists.
	confirms func(ctx context.Context, witness string) bool
	// taken asks the service whether the name exists; nil if it cannot be asked. Only a yes counts.
	taken func(ctx context.Context) bool
	// replaces is the object of the same name that stays until the new one exists, "" if there is
	// none.
	replaces string
}

// create makes an object and never two, although the API has no idempotency key and its list
// lags:
//
//  1. a complete listing must lack the name, in addition to the plan's;
//  2. the create is sent once;
//  3. after a lost answer, the object is looked for during the settle window, by listing, then by
//     id: found and equal is a success, found and different a conflict;
//  4. not found is unknown unless absence is proven: the window is over, two complete listings at
//     least ten seconds apart lack the name, and both have another object that a direct read
//     confirms, so the listings are live. Then, after an error answer of the service, one more
//     create is sent. If the service can be asked whether a name exists, it must not say yes.
//
// It returns the object's id, "" if there is certainly none, and whether it is as wanted. It has
// ended the action.
func (s *step) create(ctx context.Context, c creation) (id string, done bool) {
	s.result.Outcome, s.result.Message, s.result.Next = "", "", "" // of an earlier part of the action
	s.made = c
	if !s.absentBefore(ctx, c) {
		return s.result.ID, s.result.Outcome.Done()
	}
	outcome := Applied
	for {
		id, err := s.post(ctx, c)
		got := classify(err)
		switch {
		case got == accepted:
			s.result.ID = id
			return id, s.confirmCreate(ctx, c, id, outcome)
		case got == unsent:
			return "", s.endUnsent(err)
		case got == refused:
			return s.afterRefusal(ctx, c, err)
		case got == distrusted:
			return "", s.endDistrusted(err)
		}
		looks, id := s.settle(ctx, c)
		if s.result.Outcome != "" {
			return id, s.result.Outcome.Done()
		}
		if outcome != Applied || !s.mayCreateAgain(ctx, c, got, looks) {
			s.endCreateUnknown(err)
			return "", false
		}
		outcome = AppliedAfterAbsence
	}
}

// post sends the create. An impossible id in the answer ends all trust in the server.
func (s *step) post(ctx context.Context, c creation) (id string, err error) {
	_, err = s.send(ctx, func(ctx context.Context) error {
		id, err = c.post(ctx)
		return err
	})
	return id, err
}

// absentBefore ends the action if the name is taken, or may be.
func (s *step) absentBefore(ctx context.Context, c creation) bool {
	seen, err := c.find(ctx)
	switch {
	case err != nil:
		s.noteRead(err)
		s.end(Failed, "not created, because the name may be taken: %s", describe(err))
		return false
	case len(seen.ids) > 0:
		s.compareFound(ctx, c, seen, Unchanged, "someone else created it after the plan was made, and it equals the definition")
		return false
	case !seen.complete:
		s.end(Failed, "not created, because the listing is incomplete and the name may be taken")
		return false
	case seen.doubted && seen.witness != "" && c.taken != nil && c.taken(ctx):
		s.result.Next = remedy.ReplanRecycled
		s.end(Failed, "not created, because the service says that the name exists, but its listing lacks it and has an empty page")
		return false
	}
	return true
}

// settle looks for the object during the settle window and ends the action if it is found. It
// returns the looks that found nothing, none if the window was cut short.
func (s *step) settle(ctx context.Context, c creation) (looks []found, id string) {
	var seen found
	var err error
	last, waits := -1, settleWaits()
	for last = range s.looks(ctx, waits, &err) {
		if seen, err = c.find(ctx); err != nil {
			s.noteRead(err)
			continue
		}
		if len(seen.ids) > 0 {
			s.compareFound(ctx, c, seen, AppliedConfirmed, "the answer was lost; a read shows the object")
			return nil, s.result.ID
		}
		looks = append(looks, seen)
	}
	if last == len(waits)-1 {
		return looks, ""
	}
	if err != nil {
		s.endUnknown(s.lastError)
	}
	return nil, ""
}

// compareFound compares the object of the name with the wanted one and ends the action.
func (s *step) compareFound(ctx context.Context, c creation, seen found, outcome Outcome, message string) {
	if len(seen.ids) > 1 {
		s.result.Next = remedy.DeleteUnused
		s.end(Failed, "there are %d of this name, %s; nothing was deleted", len(seen.ids), quoted(seen.ids))
		if s.sends > 0 {
			s.result.Outcome = NotConverged // one of them may be ours
		}
		return
	}
	id := seen.ids[0]
	s.result.ID = id
	unmet, err := c.differs(ctx, id)
	switch {
	case err != nil && s.sends == 0 && live.Gone(err):
		s.result.ID, s.result.Next = "", remedy.ApplyListed
		s.end(Failed, "not created, because the listing lags: it shows %s under this name, and a read says that it is gone", id)
	case err != nil && s.sends == 0:
		s.noteRead(err)
		s.result.Next = remedy.Replan
		s.end(Failed, "not created, because %s has this name and could not be read: %s", id, describe(err))
	case err != nil:
		s.noteRead(err)
		s.result.Next = remedy.ReplanLater
		s.end(Unknown, "%s of this name exists, and reading it failed: %s", id, describe(err))
	case len(unmet) > 0:
		s.result.Paths = diff.Paths(unmet)
		s.result.Next = remedy.Replan
		s.end(Conflict, "%s of this name exists and differs from the definitions; it was left alone", id)
	default:
		s.end(outcome, "%s", message)
	}
}

// afterRefusal ends the action after the service refused it. There is no public code for a taken
// name, so it looks up the name after every refusal without another known reason.
func (s *step) afterRefusal(ctx context.Context, c creation, refusal error) (id string, done bool) {
	missing := errors.Is(refusal, client.ErrNotFound) && !nameTaken(refusal)
	if missing && s.change.ProjectID != "" { // a template is in no project
		s.run.halt(fmt.Errorf("project %s does not exist or is not visible to these credentials: %w", s.change.ProjectID, refusal))
	}
	if missing || errors.Is(refusal, client.ErrForbidden) || client.EndsRun(refusal) {
		s.end(Failed, "the service refused: %s", describe(refusal))
		return "", false
	}
	outcome, message := Unchanged, "someone else created it after the plan was made, and it equals the definition"
	if s.sends > 1 {
		outcome, message = AppliedConfirmed, "the answer of the first attempt was lost; a read shows the object"
	}
	waits := []time.Duration{0}
	s.refused = true
	if s.taken = nameTaken(refusal); s.taken && c.replaces == "" {
		waits = confirmWaits()
	}
	var seen found
	var err error
	for range s.looks(ctx, waits, &err) {
		if seen, err = c.find(ctx); err != nil {
			s.noteRead(err)
			continue
		}
		if len(seen.ids) > 0 {
			s.compareFound(ctx, c, seen, outcome, message)
			return s.result.ID, s.result.Outcome.Done()
		}
	}
	if s.taken {
		s.result.Next = remedy.LookRecycled
	}
	if c.replaces != "" {
		s.end(Failed, "the service refused the new one; the old one, %s, stays: %s", c.replaces, describe(refusal))
		return "", false
	}
	s.end(Failed, "the service refused, and no listing shows the name: %s", describe(refusal))
	return "", false
}

// takenText matches the service's words for a taken name. There is no public code for it.
var takenText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(already (exists?|in use|used|taken)|duplicated?|same name)\b|已存在|已经存在|重名|重复`)
})

// nameTaken reports whether a create was refused because of its name.
func nameTaken(refusal error) bool {
	var e *client.Error
	return errors.Is(refusal, client.ErrExists) || errors.As(refusal, &e) && takenText().MatchString(e.Message)
}

// mayCreateAgain reports whether absence is proven and the policy allows another create on that
// proof.
func (s *step) mayCreateAgain(ctx context.Context, c creation, got reply, looks []found) bool {
	if got == silent && s.run.opts.CreateRetry != CreateRetrySettled || s.run.stopping() != "" {
		return false
	}
	if len(looks) < 2 {
		return false
	}
	if c.taken != nil && c.taken(ctx) {
		return false
	}
	last := looks[len(looks)-1]
	for _, first := range looks[:len(looks)-1] {
		if last.at.Sub(first.at) >= proofGap && first.complete && last.complete &&
			first.witness != "" && last.witness != "" &&
			c.confirms(ctx, first.witness) && (last.witness == first.witness || c.confirms(ctx, last.witness)) {
			return true
		}
	}
	return false
}

// confirmCreate reads the new object until it is as wanted, and ends the action. If the answer's id
// is not the new object's, no answer of this server can be trusted, and the run halts.
func (s *step) confirmCreate(ctx context.Context, c creation, id string, outcome Outcome) bool {
	var unmet, before []diff.Field
	var err error
	ended := true
	for i := range s.looks(ctx, confirmWaits(), &err) {
		ended = false
		before = unmet
		if unmet, err = c.differs(ctx, id); i > 0 && err == nil && len(unmet) > 0 && slices.Equal(diff.Paths(before), diff.Paths(unmet)) {
			break // a new object has no older state to show
		}
		if err == nil && len(unmet) == 0 {
			s.end(outcome, "%s", s.unseenText())
			return true
		}
	}
	switch {
	case ended:
		s.end(Unknown, "the service accepted it as %s; the run ended before a read could show it", id)
	case live.Gone(err), errors.Is(err, client.ErrWrongObject):
		s.endWrongID(ctx, c, id, err)
	case err != nil:
		s.endUnread(err)
	case s.endRefilled(outcome, unmet):
		return true
	default:
		s.result.Paths = diff.Paths(unmet)
		s.result.Next = cmp.Or(rewriting(unmet), s.notTaken(unmet), remedy.ReplanStored)
		s.noteStored(unmet)
		if s.result.Next == remedy.WriteOverV1 {
			s.end(NotConverged, "%s", notTakenText(unmet))
			return false
		}
		if rewriting(unmet) != "" {
			s.end(NotConverged, storedSpelled)
			return false
		}
		if s.onlyWeWrote(ctx, id) {
			s.endRewritten(unmet, nobodyElse)
			return false
		}
		s.end(NotConverged, "the service stored something else than was sent, or someone changed it right after")
	}
	return false
}

// endWrongID ends a create whose answer had an id that is not the new object's, or no longer.
func (s *step) endWrongID(ctx context.Context, c creation, id string, cause error) {
	var seen found
	var err error
	for range s.looks(ctx, append([]time.Duration{0}, settleWaits()...), &err) {
		seen, err = c.find(ctx) // a failed look shows nothing; others follow
		seen.ids = slices.DeleteFunc(seen.ids, func(other string) bool { return other == id })
		if len(seen.ids) > 0 {
			break
		}
	}
	switch {
	case len(seen.ids) > 0:
		s.run.halt(fmt.Errorf("%w: the answer to a create named %s, and the object is %s", client.ErrWrongObject, id, quoted(seen.ids)))
		s.result.Next = remedy.ReplanExisting
		s.end(Unknown, "the answer named the id %s, and the object of this name is %s", id, quoted(seen.ids))
	case errors.Is(cause, client.ErrWrongObject):
		s.run.halt(cause)
		s.result.Next = remedy.ReplanExisting
		s.end(Unknown, "the answer named the id %s, which is another object", id)
	default:
		s.end(NotConverged, "the service accepted it as %s, and it is gone when read by that id", id)
	}
}

// endCreateUnknown ends a create whose result is not known.
func (s *step) endCreateUnknown(err error) {
	s.result.Next = remedy.ReplanOrApply
	s.end(Unknown, "it was sent, the answer was lost (%s), and no listing shows it; it was not sent again, since that could make two", lost(err))
}

// nameChecker is the part of an API that can be asked for a name. Only the newer routes have it.
type nameChecker interface {
	JobNameExists(ctx context.Context, projectID, name string) (bool, error)
}

// nameExists asks the service for a name. Only a yes counts, because not every
// service has the route.
func nameExists(ctx context.Context, api live.API, projectID, name string) bool {
	checker, ok := api.(nameChecker)
	if !ok {
		return false
	}
	exists, err := checker.JobNameExists(ctx, projectID, name)
	return err == nil && exists
}

// doCreate creates a job.
func (r *run) doCreate(ctx context.Context, index int, job *jobState) {
	job.written = false
	s := r.begin(index, diff.ActionCreate)
	if s == nil {
		return
	}
	defer s.close()
	ctx = s.guard(ctx)
	body, err := r.secrets.fill(s.change)
	if err != nil {
		s.end(Failed, "not created: %v", err)
		return
	}
	projectID, name := s.change.ProjectID, s.change.Name
	first := true
	job.id, job.written = s.create(ctx, creation{
		post: func(ctx context.Context) (string, error) { return r.api.CreateJob(ctx, body) },
		find: func(ctx context.Context) (found, error) {
			since := r.listings.now()
			if first { // the look right before the create may share one of this moment
				first, since = false, r.listings.recent(projectID)
			}
			return r.listings.named(ctx, projectID, name, since)
		},
		differs: func(ctx context.Context, id string) ([]diff.Field, error) {
			have, err := s.read(ctx, id)
			if err != nil {
				return nil, err
			}
			if read := have.Str(wire.KeyJobName); read != "" && read != name {
				return nil, fmt.Errorf("reading job %s: %w: it is called %q", id, client.ErrWrongObject, sanitize.Line(read, 200))
			}
			return s.missing(have), nil
		},
		confirms: func(ctx context.Context, witness string) bool {
			_, err := live.Body(ctx, r.api, witness, projectID)
			return err == nil
		},
		taken: func(ctx context.Context) bool { return nameExists(ctx, r.api, projectID, name) },
	})
	if s.result.Next == remedy.WriteOverV1 {
		job.written = s.writeRest(ctx, job.id, body)
	}
	if s.sends > 0 && job.id != "" {
		r.noteCreated(s)
	}
}
