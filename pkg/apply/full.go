package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// read reads the step's job. If the route may hide compared members, it also uses the newer route;
// members that are still hidden are unseen and count as equal.
func (s *step) read(ctx context.Context, id string) (*jsontree.Value, error) {
	have, err := live.Body(ctx, s.run.api, id, s.change.ProjectID)
	if err != nil {
		return nil, err
	}
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

// carryOver adds to the body the members that only the newer route shows, because an update
// replaces the whole job. If they cannot be read, and have shows that this route hides members, it
// ends the action.
func (s *step) carryOver(ctx context.Context, id string, body, have *jsontree.Value) (*jsontree.Value, bool) {
	if s.completed() {
		return body, true // it already has all members
	}
	full, err := live.FullBody(ctx, s.run.api, id, s.change.ProjectID)
	switch {
	case err == nil && full == nil:
		return body, true
	case err == nil:
		return diff.CarryOver(body, have, full), true
	case diff.ShowsHidden(have) || s.run.opts.AllowHidden:
		return body, true
	}
	s.noteError(err)
	s.result.Next = remedy.ApplyOverV1
	s.end(Failed, "not written, because this route does not show triggers, timeout and others, and an update would clear them; the newer route failed: %s", describe(err))
	return nil, false
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
	return remedy.WriteOverV1
}

// notTakenText is what an action ends with where the route does not take what was sent.
const notTakenText = "the service accepted it and did not store what this route does not list"

// seen returns fields without those that this route hides.
func (s *step) seen(fields []diff.Field) []diff.Field {
	return slices.DeleteFunc(fields, func(f diff.Field) bool { return diff.UnseenPath(f.Path, s.unseen) })
}

// unseenText names the members that could not be confirmed, "" if all were.
func (s *step) unseenText() string {
	if len(s.unseen) == 0 {
		return ""
	}
	return fmt.Sprintf("%s cannot be read over these routes; %s", strings.Join(s.unseen, ", "), remedy.ShownByV1)
}
