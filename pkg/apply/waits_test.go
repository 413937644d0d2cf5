package apply_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
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

// TestStrangeReadsEndTheWait checks that a wait for a write to show ends with the second answer in a
// row that is not the API's, whether the service accepted the write or its answer was lost. One such
// answer is waited out.
func TestStrangeReadsEndTheWait(t *testing.T) {
	t.Parallel()
	for i, op := range killables() {
		for name, write := range map[string]emulator.Fault{
			"accepted": {Kind: emulator.FaultPass}, "lost": {Kind: emulator.FaultHTML, Status: http.StatusGatewayTimeout, Commit: emulator.CommitFirst},
		} {
			for _, times := range []int{1, -1} {
				if pair := (name == "lost") == (times == 1); !long && pair == (i%2 == 0) {
					continue // each operation still meets both kinds of write and of wait
				}
				t.Run(fmt.Sprintf("%s, %s, %d", op.id, name, times), func(t *testing.T) {
					t.Parallel()
					write := write // each case has a fault of its own
					w := newWorldWith(t, emulator.NoQuirks(), startOf(op))
					w.settle()
					var base *compile.Result
					if op.base != nil {
						base = op.base()
					}
					plan := w.plan(op.head(), base, nil)
					write.Op = op.api
					write.After = func() {
						w.MustFail(t, emulator.Fault{Method: "GET", Kind: emulator.FaultHTML, Times: times})
					}
					w.strike(write)
					began := w.Now()
					report := w.apply(plan, apply.Options{Secrets: secrets})
					got, took := result(t, report, op.address, op.action), w.Now().Sub(began)
					if times == 1 && !report.Complete() {
						t.Errorf("one strange answer: ending %s:\n%s", report.Ending(), describe(report))
					}
					if times < 0 && (got.Outcome != apply.Unknown || name == "accepted" && !strings.Contains(got.Message, "not the API's") || took > 8*time.Second) {
						t.Errorf("took %s, ending %s:\n%s", took, report.Ending(), describe(report))
					}
				})
			}
		}
	}
}
