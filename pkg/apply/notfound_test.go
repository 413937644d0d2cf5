package apply_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// eachNotFound runs play with each of the answers that services give for a missing job.
func eachNotFound(t *testing.T, play func(t *testing.T, w *world)) {
	for _, status := range []int{400, 404, 422, 200} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			quirks := emulator.Strict()
			quirks.NotFound = status
			play(t, newWorld(t, quirks))
		})
	}
}

// TestDeleteIsBelieved checks that an accepted delete is believed at once, with each of the answers
// that services give for a missing job.
func TestDeleteIsBelieved(t *testing.T) {
	t.Parallel()
	eachNotFound(t, func(t *testing.T, w *world) {
		w.converge(definitions(job("keep", "x"), job("old", "x")))
		head := definitions(job("keep", "x"))
		head.Removals = []compile.Removal{{
			Address: "shop/job/old", Project: projectAlias, ProjectID: emulator.DefaultProject, Job: "old", Action: "delete",
		}}
		plan := w.plan(head, nil, nil)
		report := w.apply(plan, apply.Options{})
		if got := result(t, report, "shop/job/old", diff.ActionDelete); got.Outcome != apply.Applied || got.Waited > 0 {
			t.Errorf("ended %s after a wait of %g s: %s", got.Outcome, got.Waited, got.Message)
		}
		again := w.apply(plan, apply.Options{})
		if got := result(t, again, "shop/job/old", diff.ActionDelete); got.Outcome != apply.AlreadyAbsent {
			t.Errorf("the second time it ended %s: %s", got.Outcome, got.Message)
		}
	})
}

// TestDeleteIsBelievedByTheListing checks that a complete listing without the job shows that it is
// gone, where a read by id cannot: it is refused, or answered by a gateway, or a job in the recycle bin
// stays readable.
func TestDeleteIsBelievedByTheListing(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]emulator.Fault{
		"refused":  {Kind: emulator.FaultStatus, Status: 400, Code: "CB.00069999"},
		"404 page": {Kind: emulator.FaultHTML, Status: http.StatusNotFound},
		"410 page": {Kind: emulator.FaultHTML, Status: http.StatusGone},
		"readable": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			base := definitions(job("keep", "x"), job("old", "x"))
			w.converge(base)
			plan := w.plan(definitions(job("keep", "x")), base, nil)
			var api apply.API = recycling{w.client, &sync.Map{}}
			if read.Kind != "" {
				read.Op, read.Nth, read.Times = "QueryJob", 2, -1
				w.strike(read)
				api = w.client
			}
			report := w.applyWith(t.Context(), api, plan, apply.Options{})
			if got := result(t, report, "shop/job/old", diff.ActionDelete); got.Outcome != apply.Applied || got.Waited > 0 {
				t.Errorf("ended %s after %g s: %s", got.Outcome, got.Waited, got.Message)
			}
		})
	}
}

// TestDeleteThatDidNothing checks that the listing still has a job whose delete was accepted and
// ignored.
func TestDeleteThatDidNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	base := definitions(job("keep", "x"), job("old", "x"))
	w.converge(base)
	plan := w.plan(definitions(job("keep", "x")), base, nil)
	report := w.applyWith(t.Context(), ignoringDeletes{w.client}, plan, apply.Options{})
	if got := result(t, report, "shop/job/old", diff.ActionDelete); got.Outcome != apply.NotConverged {
		t.Errorf("ended %s: %s", got.Outcome, got.Message)
	}
}

// recycling is a service that goes on answering reads of deleted jobs.
type recycling struct {
	*client.Client
	bodies *sync.Map
}

func (r recycling) QueryJob(ctx context.Context, id string) (*jsontree.Value, error) {
	body, err := r.Client.QueryJob(ctx, id)
	if err == nil {
		r.bodies.Store(id, body)
	} else if kept, ok := r.bodies.Load(id); ok {
		return kept.(*jsontree.Value), nil
	}
	return body, err
}

// ignoringDeletes is a service that accepts a delete and does nothing.
type ignoringDeletes struct{ *client.Client }

func (ignoringDeletes) DeleteJob(context.Context, string) error { return nil }

// TestUpdateOfADeletedJob checks that a job that someone deleted is gone, with each of those
// answers.
func TestUpdateOfADeletedJob(t *testing.T) {
	t.Parallel()
	eachNotFound(t, func(t *testing.T, w *world) {
		w.converge(definitions(job("a", "x")))
		plan := w.plan(definitions(job("a", "y")), nil, nil)
		if err := w.client.DeleteJob(t.Context(), *plan.Changes[0].ID); err != nil {
			t.Fatal(err)
		}
		report := w.apply(plan, apply.Options{})
		if got := result(t, report, "shop/job/a", diff.ActionUpdate); got.Outcome != apply.Conflict {
			t.Errorf("ended %s: %s, want a conflict", got.Outcome, got.Message)
		}
	})
}

// TestPinnedIDOfAnotherProject checks that an id of a job in another project is the same rail, not an
// answer about a wrong object, which would end the run.
func TestPinnedIDOfAnotherProject(t *testing.T) {
	t.Parallel()
	const other = "00000000000000000000000000000002"
	for _, both := range []bool{false, true} { // is the other project of this workspace?
		w := newWorld(t, emulator.Strict())
		theirs := job("theirs", "x", func(j *compile.Job) { j.ProjectID, j.Project, j.Address = other, "other", "other/job/theirs" })
		w.converge(definitions(theirs))
		pinned := job("a", "x")
		pinned.ID = w.MustTruth(t).Named(other, "theirs")[0].ID
		head := definitions(pinned)
		if both {
			head = definitions(pinned, theirs)
		}
		plan := w.plan(head, nil, nil)
		if len(plan.Refusals) != 1 || plan.Refusals[0].Rule != diff.RulePinnedIDMissing || plan.Hold() != diff.HeldRefused {
			t.Errorf("held %d:\n%s", plan.Hold(), describePlan(plan))
		}
	}
}

// TestPinnedIDIsMissing checks that a pinned id that does not exist is a rail, not an unreadable
// job.
func TestPinnedIDIsMissing(t *testing.T) {
	t.Parallel()
	eachNotFound(t, func(t *testing.T, w *world) {
		pinned := job("a", "x")
		pinned.ID = "0123456789abcdef0123456789abcdef"
		plan := w.plan(definitions(pinned), nil, nil)
		if len(plan.Refusals) != 1 || plan.Refusals[0].Rule != diff.RulePinnedIDMissing || plan.Hold() != diff.HeldRefused {
			t.Errorf("held %d:\n%s", plan.Hold(), describePlan(plan))
		}
	})
}

// TestRefusalsMeanTheSameWithEveryStatus checks that the codes for a missing job and for a taken name
// lead to the same result with every status that a service may give them.
func TestRefusalsMeanTheSameWithEveryStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 404, 409, 422} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			missing := emulator.Fault{Op: "QueryJob", Times: -1, Kind: emulator.FaultStatus, Status: status, Code: "CB.00060201", Message: "Invalid task ID"}
			w := newWorld(t, emulator.NoQuirks())
			base := definitions(job("keep", "x"), job("old", "x"))
			w.converge(base)
			plan := w.plan(definitions(job("keep", "x")), base, nil)
			missing.Nth = 2 // the first read is that before the delete
			w.strike(missing)
			if got := result(t, w.apply(plan, apply.Options{}), "shop/job/old", diff.ActionDelete); got.Outcome != apply.Applied || got.Waited > 0 {
				t.Errorf("the delete ended %s after %g s: %s", got.Outcome, got.Waited, got.Message)
			}

			w = newWorld(t, emulator.NoQuirks())
			missing.Nth = 1
			w.strike(missing)
			pinned := job("a", "x")
			pinned.ID = "0123456789abcdef0123456789abcdef"
			if plan := w.plan(definitions(pinned), nil, nil); len(plan.Refusals) != 1 || plan.Refusals[0].Rule != diff.RulePinnedIDMissing {
				t.Errorf("a pinned id:\n%s", describePlan(plan))
			}

			w = newWorld(t, emulator.NoQuirks())
			was, now := withTemplate(definitions(), "one"), withTemplate(definitions(), "two")
			w.converge(was)
			plan = w.plan(now, was, nil)
			w.strike(emulator.Fault{Op: "CreateTemplate", Kind: emulator.FaultStatus, Status: status, Code: "CB.00060200", Message: "The template name already exists."})
			if report := w.apply(plan, apply.Options{}); !report.Complete() || len(w.MustTruth(t).Templates) != 1 {
				t.Errorf("a taken name of a template:\n%s", describe(report))
			}
			w.mustBeInStep(now)
		})
	}
}
