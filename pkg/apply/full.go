package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// read reads the step's job. Where the route may not show all that is compared,
// the newer route is asked too; what cannot be read that way is unseen, and no
// difference.
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

// completed reports whether the plan was made from what both routes show.
func (s *step) completed() bool { return s.change.Live != nil && s.change.Live.Completed }

// carryOver returns the body to send with what only the newer route shows of the
// job, since an update replaces the whole of it. Where that cannot be read, and
// have shows that this route leaves members out, it ends the action.
func (s *step) carryOver(ctx context.Context, id string, body, have *jsontree.Value) (*jsontree.Value, bool) {
	if s.completed() {
		return body, true // it was made from all that there is
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
	s.result.Next = "apply with --api v1, whose routes show them; --allow-hidden updates the job all the same"
	s.end(Failed, "not written, because triggers, timeout and others are not shown by this route, and an update would clear them; the newer route failed: %s", describe(err))
	return nil, false
}

// seen returns paths without those that this route does not show.
func (s *step) seen(paths []string) []string {
	return slices.DeleteFunc(paths, func(path string) bool { return diff.UnseenPath(path, s.unseen) })
}

// unseenText says what could not be confirmed, "" where all could.
func (s *step) unseenText() string {
	if len(s.unseen) == 0 {
		return ""
	}
	return fmt.Sprintf("%s cannot be seen over these routes, --api v1 shows it", strings.Join(s.unseen, ", "))
}
