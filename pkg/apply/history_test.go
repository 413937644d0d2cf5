package apply_test

import (
	"os"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestOverwrittenEditIsDetected checks an edit between the read and the write. It cannot be
// prevented, but the service's history shows it.
func TestOverwrittenEditIsDetected(t *testing.T) {
	t.Parallel()
	for name, meddle := range map[string]bool{"an edit in between": true, "none": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			w.converge(definitions(job("target", "before")))
			plan := w.plan(definitions(job("target", "after")), nil, nil)
			f := emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, Commit: emulator.CommitFirst}
			if meddle {
				f.Before = func() { w.editOutside("target", setCommand("echo theirs")) }
			}
			w.MustFail(t, f)
			report := w.apply(plan, apply.Options{History: w.client})
			got := result(t, report, "shop/job/target", diff.ActionUpdate)
			if meddle && (got.Outcome != apply.NotConverged || !strings.Contains(got.Message, "an edit by "+emulator.DefaultUser) || report.Ending() != apply.EndPartial) ||
				!meddle && got.Outcome != apply.Applied {
				t.Errorf("ended:\n%s", describe(report))
			}
		})
	}
}

// TestDisabledJobIsUpdated checks a service that refuses to update a disabled job. The run enables
// the job for the update and disables it again.
func TestDisabledJobIsUpdated(t *testing.T) {
	t.Parallel()
	f := status(400, "DEVCB.00030000", emulator.CommitNever)
	f.Op = "UpdateJob"
	tests := map[string]struct {
		times    int
		change   func(*compile.Job)
		outcome  apply.Outcome
		disabled bool
	}{
		"stays disabled":                   {1, enabled(false), apply.Applied, true},
		"state is not managed":             {1, func(*compile.Job) {}, apply.Applied, true},
		"the update enables it too":        {1, enabled(true), apply.Applied, false},
		"refused for another reason":       {-1, enabled(false), apply.Failed, true},
		"nothing refused, nothing enabled": {0, enabled(false), apply.Applied, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			w.converge(definitions(job("target", "before", enabled(false))))
			plan := w.plan(definitions(job("target", "after", test.change)), nil, nil)
			w.ResetCalls()
			if test.times != 0 {
				one := f
				one.Times = test.times
				w.MustFail(t, one)
			}
			report := w.apply(plan, apply.Options{})
			if got := result(t, report, "shop/job/target", diff.ActionUpdate); got.Outcome != test.outcome {
				t.Errorf("ended:\n%s", describe(report))
			}
			if stored := w.MustTruth(t).Jobs[0]; stored.Disabled != test.disabled || (command(t, stored) == "after") != (test.outcome == apply.Applied) {
				t.Errorf("disabled is %t, command %q", stored.Disabled, command(t, stored))
			}
			if n := w.ops("RecoverJob"); (n > 0) != (test.times != 0) {
				t.Errorf("enabled %d times", n)
			}
		})
	}
}

// TestNextRunDisablesWhatAnUpdateEnabled checks that the next run disables a job that was enabled for
// its update and not disabled again, although no definition has its state.
func TestNextRunDisablesWhatAnUpdateEnabled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(definitions(job("target", "before", enabled(false))))
	head := definitions(job("target", "after"))
	plan := w.plan(head, nil, nil)
	path := t.TempDir() + "/journal"
	journal, err := apply.CreateJournal(path, w.URL, plan.PlanID)
	if err != nil {
		t.Fatal(err)
	}
	update, disable := status(400, "DEVCB.00030000", emulator.CommitNever), status(400, "DEVCB.00030001", emulator.CommitNever)
	update.Op, disable.Op = "UpdateJob", "DisableJob"
	w.MustFail(t, update, disable)
	w.apply(plan, apply.Options{Journal: journal})
	w.AllPlayed(t)
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	if w.MustTruth(t).Jobs[0].Disabled {
		t.Fatal("the job was disabled, so nothing is tested")
	}
	next := func() *diff.Plan {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		entries, _, err := apply.ReadJournal(file, w.URL)
		if err != nil {
			t.Fatal(err)
		}
		return w.plan(head, nil, func(in *apply.PlanInput) { in.Journal = entries })
	}
	plan = next()
	if plan.Summary.Disable != 1 || len(plan.Changes) != 1 || !strings.Contains(plan.Changes[0].Note, "an earlier run enabled it") {
		t.Fatalf("the plan:\n%s", describePlan(plan))
	}
	if report := w.apply(plan, apply.Options{}); !report.Complete() || !w.MustTruth(t).Jobs[0].Disabled {
		t.Errorf("not disabled again:\n%s", describe(report))
	}
	if plan := next(); plan.HasChanges() {
		t.Errorf("a second time:\n%s", describePlan(plan))
	}
}

// TestNameCheckForbidsASecondCreate checks that a name that the service calls taken is not created
// again, although no listing shows it.
func TestNameCheckForbidsASecondCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Legacy())
	w.converge(before())
	op := operations()[0]
	plan := w.plan(op.head(), nil, nil)
	f := status(500, "CB.00060100", emulator.CommitNever)
	f.Op = op.api
	w.MustFail(t, f, emulator.Fault{Op: "CheckName", Kind: emulator.FaultStatus, Status: 200, Body: `{"result": true, "status": "success"}`})
	report := w.apply(plan, apply.Options{Secrets: secrets})
	if got := result(t, report, op.address, op.action); got.Outcome != apply.Unknown || got.Attempts != 1 {
		t.Errorf("ended:\n%s", describe(report))
	}
	w.AllPlayed(t)
}
