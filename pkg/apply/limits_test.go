package apply_test

import (
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestAbsenceNeedsTime checks that two listings prove absence only if they are ten seconds or more
// apart. The listings come 1, 3, 7, 15, 30 and 60 seconds after the create.
func TestAbsenceNeedsTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ looks, creates int }{
		"six seconds":      {3, 1}, // 1 to 7
		"fourteen seconds": {4, 2}, // 1 to 15
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, emulator.Legacy(), definitions(job("bystander", "x")))
			w.settle()
			plan := w.plan(definitions(job("bystander", "x"), job("zz-new", "echo new")), nil, nil)
			failing, unread := status(500, "CB.00060100", emulator.CommitNever), status(400, "CB.00060200", emulator.CommitNever)
			failing.Op = "CreateJob"
			unread.Op, unread.Nth, unread.Times = "ListJobs", 1+test.looks+1, -1 // after the read before the create
			w.MustFail(t, failing, unread)
			w.ResetCalls()
			report := w.apply(plan, apply.Options{})
			if n := w.ops("CreateJob"); n != test.creates {
				t.Errorf("%d creates, want %d:\n%s", n, test.creates, describe(report))
			}
		})
	}
}

// TestAttemptsAfterAnError checks that an internal error of the service gets one more attempt, and
// a busy service three.
func TestAttemptsAfterAnError(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault    emulator.Fault
		attempts int
	}{
		"internal": {status(500, "CB.00060101", emulator.CommitNever), 2},
		"busy":     {status(503, "CB.00060100", emulator.CommitNever), 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, emulator.Strict(), definitions(job("a", "old")))
			plan := w.plan(definitions(job("a", "new")), nil, nil)
			test.fault.Op, test.fault.Times = "UpdateJob", -1
			w.MustFail(t, test.fault)
			report := w.apply(plan, apply.Options{})
			if got := result(t, report, "shop/job/a", diff.ActionUpdate); w.ops("UpdateJob") != test.attempts || got.Outcome != apply.Failed {
				t.Errorf("%d attempts, want %d:\n%s", w.ops("UpdateJob"), test.attempts, describe(report))
			}
		})
	}
}

// TestLastReadOfAStateDecides checks that the last read decides whether a state was set. An
// error of an earlier read does not count.
func TestLastReadOfAStateDecides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, times int // of the reads after the write
		want         apply.Outcome
	}{
		"the first fails":  {1, 1, apply.NotConverged},
		"the last fails":   {7, 1, apply.Unknown},
		"all of them fail": {1, -1, apply.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.Strict()
			w := newWorldWith(t, quirks, definitions(job("a", "x")))
			w.settle()
			plan := w.plan(definitions(job("a", "x", enabled(false))), nil, nil)
			ignored := emulator.Fault{Op: "DisableJob", Kind: emulator.FaultPass, Commit: emulator.CommitFirst, After: func() {
				for _, j := range w.MustTruth(t).Jobs {
					if err := w.newClient(nil).EnableJob(t.Context(), j.ID); err != nil {
						t.Error(err)
					}
				}
				w.MustFail(t, emulator.Fault{Op: "ListJobs", Nth: test.first, Times: test.times, Kind: emulator.FaultHTML})
			}}
			w.MustFail(t, ignored)
			report := w.apply(plan, apply.Options{})
			w.AllPlayed(t)
			if got := result(t, report, "shop/job/a", diff.ActionDisable); got.Outcome != test.want {
				t.Errorf("ended %s, want %s:\n%s", got.Outcome, test.want, describe(report))
			}
		})
	}
}

// TestLaggingReadsAreWaitedFor checks that the run waits for the new body if the service shows the
// old one for some seconds.
func TestLaggingReadsAreWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Strict(), definitions(job("a", "old")))
	plan := w.plan(definitions(job("a", "new")), nil, nil)
	id := *plan.Changes[0].ID
	before, err := w.client.QueryJob(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	w.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, Commit: emulator.CommitFirst, After: func() {
		w.MustFail(t, emulator.Fault{Op: "QueryJob", Times: 3, Kind: emulator.FaultStatus, Status: 200, Body: string(before.AppendJSON(nil))})
	}})
	report := w.apply(plan, apply.Options{})
	w.AllPlayed(t)
	if got := result(t, report, "shop/job/a", diff.ActionUpdate); got.Outcome != apply.Applied || w.ops("UpdateJob") != 1 || got.Waited != (7*time.Second).Seconds() {
		t.Errorf("waited %g s:\n%s", got.Waited, describe(report))
	}
}

// TestChangedSeesAllThatDecides checks that --changed reads a job if anything that decides about it
// differs from the base.
func TestChangedSeesAllThatDecides(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Strict(), definitions(job("a", "x")))
	for name, change := range map[string]func(j *compile.Job){
		"protect":      func(j *compile.Job) { j.Protect = true },
		"adopt":        func(j *compile.Job) { j.Adopt = true },
		"enabled":      enabled(true),
		"id":           func(j *compile.Job) { j.ID = w.MustTruth(t).Jobs[0].ID },
		"renamed_from": func(j *compile.Job) { j.RenamedFrom = []string{"before"} },
		"notification": notice("MAIL", "deleteJob"),
		"body":         func(j *compile.Job) { j.Body().Set("timeout", object("limit", "2", "unit", "hour")) },
	} {
		base, head := definitions(job("a", "x")), definitions(job("a", "x", change))
		for _, reverse := range []bool{false, true} {
			if reverse {
				head, base = base, head
			}
			w.ResetCalls()
			w.plan(head, base, func(in *apply.PlanInput) { in.Scope.Changed = true })
			if n := w.ops("QueryJob"); n == 0 {
				t.Errorf("%s (reverse: %t): the job was not read", name, reverse)
			}
		}
	}
	w.ResetCalls()
	same := func(in *apply.PlanInput) { in.Scope.Changed = true }
	w.plan(definitions(job("a", "x")), definitions(job("a", "x")), same)
	if n := w.ops("QueryJob"); n != 0 {
		t.Errorf("nothing changed, but %d jobs were read", n)
	}
	w.plan(definitions(job("a", "x")), definitions(job("a", "x")), func(in *apply.PlanInput) {
		in.Scope.Changed = true
		in.Scope.Policies = func(string) (head, base spec.Policy) {
			return spec.Policy{OnRemove: "delete"}, spec.Policy{OnRemove: "keep"}
		}
	})
	if n := w.ops("QueryJob"); n != 1 {
		t.Errorf("a policy: %d jobs were read, want 1", n)
	}
}
