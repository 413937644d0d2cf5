package apply_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// emptyListPage returns a page of a job list without rows. Its total fits the rows that earlier pages
// had.
func emptyListPage(total int) emulator.Fault {
	return emulator.Fault{
		Op: "ListJobs", Kind: emulator.FaultStatus, Status: http.StatusOK, Times: -1,
		Body: fmt.Sprintf(`{"status":"success","result":{"total":%d,"jobs":[]},"error":null}`, total),
	}
}

// TestEmptyPageAndWrongTotal checks a listing that lacks a job, with an empty page and a wrong
// total that agree. The plan must not create the job.
func TestEmptyPageAndWrongTotal(t *testing.T) {
	t.Parallel()
	jobs := func(n int) *compile.Result {
		out := definitions()
		for i := range n {
			out.Jobs = append(out.Jobs, job(fmt.Sprintf("job-%03d", i), "echo same"))
		}
		return out
	}
	for name, test := range map[string]struct {
		live, total, nth int
		based            bool
	}{
		"the second page":         {live: 120, total: 100, nth: 2},
		"everything":              {live: 3, total: 0, nth: 1},
		"everything, with a base": {live: 3, total: 0, nth: 1, based: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, emulator.NoQuirks(), jobs(test.live))
			fault := emptyListPage(test.total)
			fault.Nth = test.nth
			w.MustFail(t, fault)
			head, base := jobs(test.live), (*compile.Result)(nil)
			if test.based {
				base = jobs(test.live)
			}
			plan := w.plan(head, base, nil)
			if plan.HasChanges() || len(plan.Refusals) == 0 {
				t.Fatalf("want no change and a refusal:\n%s", describePlan(plan))
			}
			if got := plan.Refusals[0]; got.Rule != diff.RuleListingIncomplete || !strings.Contains(got.Message, "job-") {
				t.Errorf("refused with %s: %s", got.Rule, got.Message)
			}
		})
	}
	t.Run("since the plan", func(t *testing.T) {
		t.Parallel()
		w := newWorldWith(t, emulator.NoQuirks(), jobs(100))
		plan := w.plan(jobs(101), nil, nil)
		w.createOutside(job("job-100", "echo other"))
		fault := emptyListPage(100)
		fault.Nth = 2
		w.MustFail(t, fault)
		report := w.apply(plan, apply.Options{})
		if got := result(t, report, "shop/job/job-100", diff.ActionCreate); got.Outcome != apply.Failed || w.ops("CreateJob") > 1 {
			t.Errorf("%d creates:\n%s", w.ops("CreateJob"), describe(report))
		}
	})
	t.Run("a correct listing", func(t *testing.T) {
		t.Parallel()
		w := newWorldWith(t, emulator.NoQuirks(), jobs(100))
		if plan := w.plan(jobs(102), nil, nil); plan.Summary.Create != 2 || len(plan.Refusals) > 0 {
			t.Errorf("want two creates:\n%s", describePlan(plan))
		}
	})
}
