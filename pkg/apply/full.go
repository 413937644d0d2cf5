package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// read reads the step's job. If the route may hide compared members, it also uses the newer route;
// members that are still hidden are unseen and count as equal.
func (s *step) read(ctx context.Context, id string) (*jsontree.Value, error) {
	have, err := live.Body(ctx, s.run.api, id, s.change.ProjectID)
	if err != nil {
		return nil, err
	}
	s.shows, s.shown = s.shows || diff.ShowsHidden(have), wire.NewerOnly(have)
	hidden := diff.Hidden(have, s.change.DesiredBody())
	if len(hidden) == 0 && !s.completed() {
		return have, nil
	}
	full, err := live.FullBody(ctx, s.run.api, id, s.change.ProjectID)
	switch {
	case err != nil && s.completed():
		return nil, err
	case err != nil:
		s.unseen = hidden
	case full != nil:
		return diff.CarryOver(have, have, full), nil
	}
	return have, nil
}

// completed reports whether the plan was made from both routes.
func (s *step) completed() bool { return s.change.Live != nil && s.change.Live.Completed }

// carryOver adds to the body, and to the job as it was read, the members that only the newer route
// shows, because an update replaces the whole job. If they cannot be read, and have shows that this
// route hides members, it ends the action.
func (s *step) carryOver(ctx context.Context, id string, body, have *jsontree.Value) (sent, before *jsontree.Value, ok bool) {
	if s.completed() {
		return body, have, true // it already has all members
	}
	full, err := live.FullBody(ctx, s.run.api, id, s.change.ProjectID)
	switch {
	case err == nil && full == nil:
		return body, have, true
	case err == nil:
		before = diff.CarryOver(have, have, full)
		s.change = s.change.Onto(before, s.run.opts.Modules) // so that the members are confirmed
		return diff.CarryOver(body, have, full), before, true
	case diff.ShowsHidden(have) || s.run.opts.AllowHidden:
		return body, have, true
	}
	s.noteError(err)
	s.result.Next = remedy.ApplyOverV1
	s.end(Failed, "not written, because this route does not show triggers, timeout and others, and an update would clear them; the newer route failed: %s", describe(err))
	return nil, nil, false
}

// newerUpdates is what a run knows about updates over the newer routes, which keep the members that
// the reference does not list for the others.
type newerUpdates struct {
	missing atomic.Bool // the service has no such route

	// turn is held by an update over the other route of a job with such members, until it is seen
	// that they are kept. If they are not, no other job is updated so.
	turn sync.Mutex
	kept atomic.Bool
	lost string // the job that lost some, and which; read and set under turn
}

// update sends an update. A body with members that the reference lists for the newer routes only
// goes over these, because the other one may accept it and drop them. A service without the newer
// route gets it over the other one if nothing can be lost, if a read over that one shows the
// members, or with Options.AllowHidden; the first such update goes alone. before is the live job.
func (s *step) update(ctx context.Context, body, before *jsontree.Value) error {
	newer := &s.run.newer
	if !wire.HoldsNewerOnly(body) {
		return s.run.api.UpdateJob(ctx, body)
	}
	if !newer.missing.Load() {
		err := s.run.api.UpdateFullJob(ctx, body)
		if client.RouteMissing(err) && s.run.clock.Wait(ctx, time.Second) == nil { // a gateway may be under change
			err = s.run.api.UpdateFullJob(ctx, body)
		}
		if !client.RouteMissing(err) {
			return err
		}
		newer.missing.Store(true)
	}
	risk := wire.NewerOnly(before)
	if len(risk.Members()) > 0 {
		hidden := risk.Clone()
		for _, m := range s.shown.Members() {
			hidden.Delete(m.Key)
		}
		if len(hidden.Members()) > 0 && !s.shows && !s.run.opts.AllowHidden {
			s.result.Next = remedy.UpdateOverV3
			return &stopError{"the service has no newer route for updates, and this one may clear " + memberNames(hidden)}
		}
		s.kept = string(risk.AppendJSON(nil))
		if err := s.run.journal(s.intent()); err != nil {
			return &stopError{describe(err)}
		}
	}
	if !s.turn && !newer.kept.Load() {
		newer.turn.Lock()
		s.turn = true
	}
	if s.turn && newer.lost != "" {
		return &stopError{fmt.Sprintf("the service has no newer route for updates, and over this one %s", newer.lost)}
	}
	return s.run.api.UpdateJob(ctx, body)
}

// endTurn lets other updates go that waited for this one.
func (s *step) endTurn() {
	if !s.turn {
		return
	}
	newer := &s.run.newer
	if s.lost != "" {
		newer.lost = s.lost
	}
	if s.result.Outcome.Done() {
		newer.kept.Store(true)
	}
	s.turn = false
	newer.turn.Unlock()
}

// writeRest updates a job that this run created, over the newer route, where the create did not
// store members that the reference lists for this route only. It reports whether the job is as
// wanted.
func (s *step) writeRest(ctx context.Context, id string, body *jsontree.Value) bool {
	have, err := s.read(ctx, id)
	if err != nil {
		return false // the create has ended the action
	}
	ended := s.result
	body = body.Clone()
	body.Set(wire.KeyJobID, jsontree.String(id))
	done := s.replace(ctx, id, body, have)
	if s.run.newer.missing.Load() {
		s.result = ended
	}
	return done
}

// notTaken returns what to do where all that the service did not store are members that the
// reference does not list for the v3 routes (4.18, 4.19), "" elsewhere: the newer routes take them.
func (s *step) notTaken(unmet []diff.Field) remedy.Remedy {
	service, ok := s.run.api.(interface{ Dialect() client.Dialect })
	if len(unmet) == 0 || !ok || service.Dialect() == client.DialectV1 {
		return ""
	}
	for i := range unmet {
		if !diff.UnseenPath(unmet[i].Path, wire.NewerRoutesOnly) || !unmet[i].Before.IsEmpty() {
			return ""
		}
	}
	if s.run.newer.missing.Load() {
		return remedy.ReplanStored
	}
	return remedy.WriteOverV1
}

// notTakenText returns what an action ends with where the route does not take what was sent.
func notTakenText(unmet []diff.Field) string {
	return "the service accepted it and did not store what this route does not list" + storedText(unmet)
}

// memberNames lists the members of an object for people.
func memberNames(v *jsontree.Value) string {
	var names []string
	for _, m := range v.Members() {
		names = append(names, sanitize.Line(m.Key, 100))
	}
	return strings.Join(names, ", ")
}

// seen returns fields without those that this route hides.
func (s *step) seen(fields []diff.Field) []diff.Field {
	return slices.DeleteFunc(fields, func(f diff.Field) bool { return diff.UnseenPath(f.Path, s.unseen) })
}

// unseenText names the members that could not be confirmed, "" if all were.
func (s *step) unseenText() string {
	switch {
	case len(s.unshown) > 0:
		return fmt.Sprintf("the service does not show %s, so this is not confirmed", strings.Join(s.unshown, ", "))
	case len(s.unseen) == 0:
		return ""
	}
	return fmt.Sprintf("%s cannot be read over these routes; %s", strings.Join(s.unseen, ", "), remedy.ShownByV1)
}
