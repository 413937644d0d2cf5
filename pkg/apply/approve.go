package apply

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// StaleError reports that a plan is no longer the approved one.
type StaleError struct {
	Planned, Fresh string   // plan ids
	Changes        []string // what is different now, for people
}

func (e *StaleError) Error() string {
	ids := sanitize.Line(e.Planned, 80)
	if e.Fresh != "" { // empty if the circumstances alone decide
		ids += ", now " + e.Fresh
	}
	return fmt.Sprintf("the plan is no longer what was approved (%s): %s; look at a new plan and approve that", ids, strings.Join(e.Changes, "; "))
}

// Approve returns a *StaleError unless fresh, a plan made just now, may be applied on the approval
// of planned. It may if both are the same plan, or if nothing is left to do: applying a plan twice
// does nothing the second time. A part of the approved plan is another plan.
//
// planned only restricts: nothing in it is sent.
func Approve(planned, fresh *diff.Plan) error {
	stale := &StaleError{Planned: planned.PlanID, Fresh: fresh.PlanID}
	if planned.Refused() {
		stale.add("it was refused when it was made, and a refused plan approves nothing")
		return stale
	}
	if planned.PlanID == fresh.PlanID {
		return nil
	}
	for _, fact := range [...]struct{ what, planned, fresh string }{
		{"version of buildsync", planned.ToolVersion, fresh.ToolVersion},
		{"environment", planned.Environment, fresh.Environment},
		{"endpoint", planned.Endpoint, fresh.Endpoint},
		{"commit", planned.Head.Commit, fresh.Head.Commit},
		{"base", baseOf(planned), baseOf(fresh)},
	} {
		if fact.what == "base" && (appliedBefore(planned, fresh) || recorded(planned) && recorded(fresh)) {
			continue
		}
		switch {
		case fact.planned == fact.fresh:
		case fact.fresh == "":
			stale.add("the %s was %q and there is none now: pass the same flags to apply as to plan", fact.what, sanitize.Line(fact.planned, 200))
		default:
			stale.add("the %s was %q and is %q", fact.what, sanitize.Line(fact.planned, 200), sanitize.Line(fact.fresh, 200))
		}
	}
	approved := map[string]*diff.Change{}
	for i := range planned.Changes {
		approved[changeKey(&planned.Changes[i])] = &planned.Changes[i]
	}
	for i := range fresh.Changes {
		change := &fresh.Changes[i]
		if reason := exceeds(approved[changeKey(change)], change); reason != "" {
			stale.add("%s %s: %s", change.Kind, sanitize.Line(change.Address, 200), reason)
		}
	}
	for _, refusal := range fresh.Refusals {
		same := func(r diff.Refusal) bool { return r.Rule == refusal.Rule && r.Address == refusal.Address }
		if !slices.ContainsFunc(planned.Refusals, same) {
			stale.add("it is refused now: %s", refusal.Message)
		}
	}
	if len(stale.Changes) == 0 && fresh.HasChanges() {
		stale.add("only part of it is left to do or was selected: %d of %d actions", actionCount(fresh), actionCount(planned))
	}
	if len(stale.Changes) > 0 {
		return stale
	}
	return nil
}

func actionCount(p *diff.Plan) int {
	n := 0
	for i := range p.Changes {
		n += len(p.Changes[i].Actions)
	}
	return n
}

func (e *StaleError) add(format string, args ...any) {
	e.Changes = append(e.Changes, fmt.Sprintf(format, args...))
}

// appliedBefore reports whether fresh compares with the commit that planned was to apply: a
// complete apply moves the base there. The rest is then compared with the approved changes, as
// after an interruption.
func appliedBefore(planned, fresh *diff.Plan) bool {
	return !planned.Head.Dirty && planned.Head.Commit != "" &&
		planned.Head.Commit == fresh.Head.Commit && planned.Head.Commit == baseOf(fresh)
}

// recorded reports whether a plan compares with the applied record, or would if there were one.
// Several runs may move the record at once; each change has its own base.
func recorded(p *diff.Plan) bool { return p.Base == nil || p.Base.Recorded() }

func baseOf(p *diff.Plan) string {
	if p.Base == nil {
		return ""
	}
	return p.Base.Commit
}

func changeKey(c *diff.Change) string { return string(c.Kind) + " " + c.ProjectID + " " + c.Address }

// exceeds returns how a change goes beyond the approved one, "" if it does not.
func exceeds(approved, fresh *diff.Change) string {
	if len(fresh.Actions) == 0 {
		return ""
	}
	if approved == nil || len(approved.Actions) == 0 {
		return fmt.Sprintf("%s was not in the plan", actionsText(fresh.Actions))
	}
	for _, action := range fresh.Actions {
		if !slices.Contains(approved.Actions, action) {
			return fmt.Sprintf("the plan was to %s it, and now is to %s it", actionsText(approved.Actions), actionsText(fresh.Actions))
		}
	}
	// An object that was to be created had no state to look at.
	created := approved.ID == nil
	if !created && (fresh.ID == nil || *fresh.ID != *approved.ID) {
		return "it is another object now"
	}
	if !created && fresh.HaveFingerprint != approved.HaveFingerprint {
		return "the live object was changed since" + valuesText(movedSince(approved, fresh), "was", "is")
	}
	if fresh.WantFingerprint != approved.WantFingerprint {
		return "the definitions have changed" + pathsText(approved, fresh)
	}
	for i := range fresh.Fields {
		field := &fresh.Fields[i]
		seen := fieldAt(approved, field.Path)
		switch {
		case seen == nil, !jsontree.Equal(seen.After, field.After), !created && !jsontree.Equal(seen.Before, field.Before):
			return "different in " + sanitize.Line(field.Path, 200)
		}
	}
	return ""
}

func fieldAt(c *diff.Change, path string) *diff.Field {
	for i := range c.Fields {
		if c.Fields[i].Path == path {
			return &c.Fields[i]
		}
	}
	return nil
}

func actionsText(actions []diff.Action) string {
	texts := make([]string, len(actions))
	for i, action := range actions {
		texts[i] = string(action)
	}
	return strings.Join(texts, " and ")
}

// movedSince returns the live values that differ between two versions of a change: Before from the
// approved one, After from the present one. A field that one version does not list had the wanted
// value there.
func movedSince(approved, fresh *diff.Change) []diff.Field {
	var out []diff.Field
	for i := range fresh.Fields {
		now := &fresh.Fields[i]
		before := now.After
		if seen := fieldAt(approved, now.Path); seen != nil {
			before = seen.Before
		}
		if !jsontree.Equal(before, now.Before) {
			out = append(out, diff.Field{Path: now.Path, Before: before, After: now.Before, Sensitive: now.Sensitive})
		}
	}
	for i := range approved.Fields {
		if seen := &approved.Fields[i]; fieldAt(fresh, seen.Path) == nil && !jsontree.Equal(seen.Before, seen.After) {
			out = append(out, diff.Field{Path: seen.Path, Before: seen.Before, After: seen.After, Sensitive: seen.Sensitive})
		}
	}
	return out
}

// pathsText lists the fields in which two versions of a change differ.
func pathsText(approved, fresh *diff.Change) string {
	const most = 5
	var paths []string
	note := func(path string) {
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, pair := range [...][2]*diff.Change{{fresh, approved}, {approved, fresh}} {
		for i := range pair[0].Fields {
			field := &pair[0].Fields[i]
			other := fieldAt(pair[1], field.Path)
			if other == nil || !jsontree.Equal(other.Before, field.Before) || !jsontree.Equal(other.After, field.After) {
				note(sanitize.Line(field.Path, 200))
			}
		}
	}
	if len(paths) == 0 {
		return ""
	}
	return ": " + sanitize.Some(paths, most)
}
