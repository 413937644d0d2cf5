package apply_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
)

// newWorldOfIDs creates a world whose objects get these ids in turn.
func newWorldOfIDs(t *testing.T, quirks emulator.Quirks, ids []string) *world {
	t.Helper()
	w := newWorld(t, quirks)
	var next atomic.Int64
	w.Server = emulatortest.Start(t, emulator.Options{Quirks: &quirks, ID: func() string {
		return fmt.Sprintf("%032s", ids[int(next.Add(1)-1)%len(ids)])
	}})
	w.client = w.newClient(nil)
	return w
}

// TestCreateDoesNotWait checks that a create does not wait if it was answered and the list shows
// the job.
func TestCreateDoesNotWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	head := definitions(job("a", "x"), job("b", "x"))
	head.Templates = append(head.Templates, template("tmpl", "x"))
	plan := w.plan(head, nil, nil)
	waits := &waitless{world: w}
	if report := w.apply(plan, apply.Options{Clock: waits}); !report.Complete() || waits.total > 0 {
		t.Errorf("waited %s:\n%s", waits.total, describe(report))
	}
}

// waitless is a clock that counts the waits.
type waitless struct {
	*world
	total time.Duration
}

func (c *waitless) Wait(ctx context.Context, d time.Duration) error {
	c.total += d
	return c.world.Wait(ctx, d)
}

// TestTwinOfSomebodyElse checks a run when somebody creates an object of the same name right after
// ours. The run names both and does not end with 0, whoever has the smaller id.
func TestTwinOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"job", "template"} {
		for _, ours := range []string{"smaller", "larger"} {
			t.Run(kind+", ours is "+ours, func(t *testing.T) {
				t.Parallel()
				ids := []string{"1", "2", "3", "4", "5", "6"}
				if ours == "larger" {
					ids = []string{"6", "5", "4", "3", "2", "1"}
				}
				w := newWorldOfIDs(t, emulator.NoQuirks(), ids)
				head, rival := definitions(), w.newClient(nil)
				op := "CreateJob"
				var create func()
				if kind == "job" {
					head = definitions(job("a", "ours"))
					create = func() {
						if _, err := rival.CreateJob(t.Context(), bodyOf(job("a", "theirs"))); err != nil {
							t.Error(err)
						}
					}
				} else {
					op = "CreateTemplate"
					head.Templates = append(head.Templates, template("a", "ours"))
					create = func() {
						if _, err := rival.CreateTemplate(t.Context(), template("a", "theirs").Body); err != nil {
							t.Error(err)
						}
					}
				}
				plan := w.plan(head, nil, nil)
				w.MustFail(t, emulator.Fault{Op: op, Times: 1, Kind: emulator.FaultPass, After: create})
				report := w.apply(plan, apply.Options{})
				got := result(t, report, "shop/"+kind+"/a", diff.ActionCreate)
				if report.Ending() == apply.EndDone || got.Outcome == apply.Applied || got.Next == "" {
					t.Errorf("ending %s:\n%s", report.Ending(), describe(report))
				}
				if strings.Contains(got.Message, "another run") {
					t.Errorf("the twin is called one of ours: %q", got.Message)
				}
				truth := w.MustTruth(t)
				if left, want := len(truth.Jobs)+len(truth.Templates), map[string]int{"smaller": 2, "larger": 1}[ours]; left != want {
					t.Errorf("%d left, want %d", left, want)
				}
			})
		}
	}
}

// TestTwinsCannotBeChecked checks that a create is unknown if the check for a second object failed.
func TestTwinsCannotBeChecked(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 400, 500} {
		w := newWorld(t, emulator.NoQuirks())
		w.converge(definitions(job("other", "x")))
		plan := w.plan(definitions(job("a", "x"), job("other", "x")), nil, nil)
		w.strike(emulator.Fault{Op: "ListJobs", Nth: 2, Times: -1, Kind: emulator.FaultStatus, Status: status})
		report := w.apply(plan, apply.Options{})
		got := result(t, report, "shop/job/a", diff.ActionCreate)
		if got.Outcome != apply.Unknown || report.Ending() != apply.EndPartial || !strings.Contains(got.Message, got.ID) {
			t.Errorf("%d: ending %s:\n%s", status, report.Ending(), describe(report))
		}
	}
}

// TestAbsenceIsProvenRightBefore checks that the proof of a free name comes right before the
// create. The run sees an object that somebody created while it worked on another one.
func TestAbsenceIsProvenRightBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	plan := w.plan(definitions(job("a", "x"), job("b", "x")), nil, nil)
	rival := w.newClient(nil)
	w.MustFail(t, emulator.Fault{Op: "QueryJob", Times: 1, Kind: emulator.FaultPass, Before: func() {
		w.Advance(3 * time.Second)
		if _, err := rival.CreateJob(t.Context(), bodyOf(job("b", "theirs"))); err != nil {
			t.Error(err)
		}
	}})
	report := w.apply(plan, apply.Options{Parallelism: 1})
	if n := len(w.MustTruth(t).Named(emulator.DefaultProject, "b")); n != 1 {
		t.Errorf("%d jobs are called b", n)
	}
	if got := result(t, report, "shop/job/b", diff.ActionCreate); got.Outcome != apply.Conflict {
		t.Errorf("ended:\n%s", describe(report))
	}
	if n := w.ops("CreateJob"); n != 2 { // those of a and of the person: a second b would be found and deleted later
		t.Errorf("%d creates were sent", n)
	}
}
