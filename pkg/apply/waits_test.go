package apply_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestGatewayTimesOutForEver checks that a write that sets a fixed state waits for at most two
// settle windows: the first and that of the last attempt.
func TestGatewayTimesOutForEver(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"JU", "JD", "DR", "ER", "NU"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			op := killable(id)
			fault := emulator.Fault{Op: op.api, Kind: emulator.FaultHTML, Status: http.StatusGatewayTimeout, Commit: emulator.CommitNever, Times: -1}
			w, report, got := playAftermath(t, op, fault)
			if got.Outcome != apply.Failed || w.writes() != 4 {
				t.Errorf("%d writes:\n%s", w.writes(), describe(report))
			}
			if got.Waited < 120 || got.Waited > 150 {
				t.Errorf("waited %g s, want two settle windows of 60 s and little more", got.Waited)
			}
		})
	}
}

// TestListingLagsBehindADelete checks that no create is sent while the listing shows a row of the
// name that a read by id does not find. The result gives this reason.
func TestListingLagsBehindADelete(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.ListLag = 30 * time.Second
	w := newWorldWith(t, quirks, definitions(job("other", "echo other")))
	w.settle()
	plan := w.plan(definitions(job("target", "echo new"), job("other", "echo other")), nil, nil)
	w.createOutside(job("target", "echo old"))
	id := w.MustTruth(t).Named(emulator.DefaultProject, "target")[0].ID
	w.settle()
	if err := w.newClient(nil).DeleteJob(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	w.ResetCalls()
	report := w.apply(plan, apply.Options{})
	got := result(t, report, "shop/job/target", diff.ActionCreate)
	if got.Outcome != apply.Failed || got.Next == "" || w.writes() > 0 || report.Ending() != apply.EndFailed {
		t.Errorf("%d writes, ending %s:\n%s", w.writes(), report.Ending(), describe(report))
	}
}
