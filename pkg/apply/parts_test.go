package apply_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestChannelsInPart checks an action of several requests that stops half-way. It names what was
// written, and the exit code is 6 whatever stopped it.
func TestChannelsInPart(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"refused":     {Kind: emulator.FaultStatus, Status: 403, Code: "CB.00060203"},
		"failed":      {Kind: emulator.FaultStatus, Status: 500, Commit: emulator.CommitNever},
		"lost":        {Kind: emulator.FaultSilence, Commit: emulator.CommitNever},
		"bad request": {Kind: emulator.FaultStatus, Status: 400, Code: "CB.00060200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Lenient())
			w.converge(definitions(job("a", "x", notice("MAIL", "buildJobFail"), notice("MESSAGE", "buildJobFail"), notice("DING_TALK", "buildJobFail"))))
			plan := w.plan(definitions(job("a", "x", notice("MAIL", "deleteJob"), notice("MESSAGE", "deleteJob"), notice("DING_TALK", "deleteJob"))), nil, nil)
			fault.Op, fault.Nth, fault.Times = "UpdateNotice", 2, -1
			w.strike(fault)
			report := w.apply(plan, apply.Options{})
			got := result(t, report, "shop/notification/a", diff.ActionUpdate)
			if report.Ending() != apply.EndPartial || got.Outcome == apply.Failed || len(got.Written) != 1 || got.Next == "" {
				t.Fatalf("ending %s:\n%s", report.Ending(), describe(report))
			}
			for _, channel := range plan.Changes[0].Notices {
				if !strings.Contains(got.Message, channel.Want.Type) {
					t.Errorf("%s is not named in %q", channel.Want.Type, got.Message)
				}
			}
		})
	}
	t.Run("the first is refused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, emulator.Lenient())
		w.converge(definitions(job("a", "x", notice("MAIL", "buildJobFail"))))
		plan := w.plan(definitions(job("a", "x", notice("MAIL", "deleteJob"))), nil, nil)
		w.strike(emulator.Fault{Op: "UpdateNotice", Times: -1, Kind: emulator.FaultStatus, Status: 403, Code: "CB.00060203"})
		if report := w.apply(plan, apply.Options{}); report.Ending() != apply.EndFailed {
			t.Errorf("nothing was written, and it ends as %s:\n%s", report.Ending(), describe(report))
		}
	})
}

// TestRefusedUpdateDisablesAgain checks a disabled job that was enabled for an update that the service then
// refuses. It is disabled again and nothing is written. If the definition enables the job, it stays
// enabled, and the report says so.
func TestRefusedUpdateDisablesAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		enable bool
		end    apply.Ending
	}{"disabled again": {false, apply.EndFailed}, "left enabled": {true, apply.EndPartial}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.NoQuirks()
			quirks.DisabledLocked = true
			w := newWorld(t, quirks)
			w.converge(definitions(job("a", "before", enabled(false))))
			head := job("a", "after")
			if test.enable {
				head = job("a", "after", enabled(true))
			}
			plan := w.plan(definitions(head), nil, nil)
			w.strike(emulator.Fault{Op: "UpdateJob", Times: -1, Kind: emulator.FaultStatus, Status: 400, Code: "CB.00060200"})
			report := w.apply(plan, apply.Options{})
			if report.Ending() != test.end || w.MustTruth(t).Jobs[0].Disabled == test.enable {
				t.Errorf("ending %s:\n%s", report.Ending(), describe(report))
			}
		})
	}
}

// TestNotEnabledWithoutItsUpdate checks that a job is not enabled if its update failed. It must not
// run in a form that nobody reviewed.
func TestNotEnabledWithoutItsUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	w.converge(definitions(job("a", "before", enabled(false))))
	plan := w.plan(definitions(job("a", "after", enabled(true))), nil, nil)
	w.strike(emulator.Fault{Op: "UpdateJob", Times: -1, Kind: emulator.FaultStatus, Status: 403, Code: "CB.00060203"})
	report := w.apply(plan, apply.Options{})
	if got := result(t, report, "shop/job/a", diff.ActionEnable); got.Outcome != apply.Skipped || !w.MustTruth(t).Jobs[0].Disabled || w.ops("EnableJob") > 0 {
		t.Errorf("ended:\n%s", describe(report))
	}
}

// TestStaleBesideAWrite checks that a run with one stale and one written object counts as written
// in part.
func TestStaleBesideAWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	w.converge(definitions(job("a", "before"), job("b", "before")))
	plan := w.plan(definitions(job("a", "after"), job("b", "after")), nil, nil)
	w.editOutside("a", setCommand("edited"))
	if report := w.apply(plan, apply.Options{}); report.Ending() != apply.EndPartial {
		t.Errorf("ending %s:\n%s", report.Ending(), describe(report))
	}
}
