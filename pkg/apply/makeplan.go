package apply

import (
	"context"

	"github.com/buildsync/buildsync/pkg/diff"
)

// PlanInput is what a plan is made from, beside the live state. Input.Live and
// Input.Whole are filled in by MakePlan.
type PlanInput struct {
	diff.Input
	Scope    Scope
	Parallel int // reads at a time; 0: 8

	// Journal is what ReadJournal returned of an earlier, interrupted run; nil
	// where there is none. It lets a half-done template replacement be finished,
	// and a job be disabled again that was enabled for an update.
	Journal []JournalEntry
}

// MakePlan reads the live state within the scope and compares it with the
// definitions.
func MakePlan(ctx context.Context, api Reader, in PlanInput) (*diff.Plan, error) {
	snap, err := ReadSnapshot(ctx, api, ReadInput{
		Head: in.Head, Base: in.Base, Scope: in.Scope, Endpoint: in.Endpoint, Parallel: in.Parallel,
	})
	if err != nil {
		return nil, err
	}
	hideReplacements(snap, in.Journal)
	whole := in.Head
	in.Head, in.Base = in.Scope.Narrow(in.Head, in.Base)
	in.Part = in.Scope.Part()
	in.Whole, in.Live = whole, snap
	in.LeftEnabled = leftEnabled(in.Journal)
	return diff.Compute(in.Input), nil
}

// hideReplacements takes out of the snapshot the new template of a replacement
// that an earlier run began and did not finish: the plan then replaces the old
// one again, and carrying it out finds the new one in place. Without the
// journal two templates of one name are for a person to decide.
func hideReplacements(snap *diff.Snapshot, journal []JournalEntry) {
	for _, entry := range underWay(journal) {
		if entry.Kind != diff.KindTemplate || entry.Op != diff.ActionReplace {
			continue
		}
		var old, others []*diff.LiveTemplate
		for _, t := range snap.Templates {
			switch {
			case t.Name != entry.Name:
			case t.UUID == entry.ID:
				old = append(old, t)
			default:
				others = append(others, t)
			}
		}
		if len(old) == 1 && len(others) == 1 {
			snap.Templates = keep(snap.Templates, func(t *diff.LiveTemplate) bool { return t != others[0] })
		}
	}
}
