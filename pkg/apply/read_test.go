package apply_test

import (
	"context"
	"errors"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestUnreadableIsUnknown checks that nothing is created, written or removed because of a failed
// read, and that readable objects are handled.
func TestUnreadableIsUnknown(t *testing.T) {
	t.Parallel()
	base := func() *compile.Result {
		r := definitions(job("a", "before"), job("b", "before", notice("MAIL", "deleteJob")), job("c", "before"))
		r.Templates = []*compile.Template{template("service", "before")}
		return r
	}
	head := func() *compile.Result {
		r := definitions(job("a", "after"), job("b", "after", notice("MAIL", "buildJobFail")), job("new", "x"))
		r.Templates = []*compile.Template{template("service", "before"), template("zz-new", "x")}
		return r
	}
	tests := map[string]struct {
		fault emulator.Fault
		rule  string
		no    []string // operations that must not be sent
	}{
		"one job":           {emulator.Fault{Op: "QueryJob", Path: "target", Times: -1}, diff.RuleUnreadable, nil},
		"all jobs":          {emulator.Fault{Op: "QueryJob", Times: -1}, diff.RuleUnreadable, []string{"UpdateJob", "DeleteJob", "DisableJob"}},
		"the listing":       {emulator.Fault{Op: "ListJobs", Times: -1}, diff.RuleListingUnread, []string{"CreateJob", "UpdateJob", "DeleteJob"}},
		"the notifications": {emulator.Fault{Op: "QueryNotice", Times: -1}, diff.RuleUnreadable, []string{"UpdateNotice"}},
		"the templates":     {emulator.Fault{Op: "QueryTemplates", Times: -1}, diff.RuleUnreadable, []string{"CreateTemplate", "DeleteTemplate"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			w.converge(base())
			test.fault.Kind, test.fault.Status, test.fault.Code = emulator.FaultStatus, 500, "CB.00060101"
			if test.fault.Path != "" {
				test.fault.Path = "/v3/jobs/" + w.MustTruth(t).Named(emulator.DefaultProject, "a")[0].ID + "/query"
			}
			w.MustFail(t, test.fault)
			plan := w.plan(head(), base(), nil)
			rules := map[string]bool{}
			for _, r := range plan.Refusals {
				rules[r.Rule] = true
			}
			if !rules[test.rule] {
				t.Errorf("no refusal %s:\n%s", test.rule, describePlan(plan))
			}
			if plan.Hold() == diff.NotHeld {
				t.Error("the plan ends with 0")
			}
			w.ResetCalls()
			if _, err := apply.Run(t.Context(), w.newClient(nil), plan, apply.Options{Clock: w}); err != nil && !errors.As(err, new(*apply.RefusedError)) {
				t.Error(err)
			}
			for _, op := range test.no {
				if n := w.ops(op); n > 0 {
					t.Errorf("%d times %s because of a failed read", n, op)
				}
			}
		})
	}
}

// TestReadingHalts checks that reading ends at once after an error that would fail every further
// call.
func TestReadingHalts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(estate())
	wrong := w.newClient(func(cfg *client.Config) { cfg.Credentials.Key.Secret = "wrong" })
	w.ResetCalls()
	_, err := apply.MakePlan(t.Context(), wrong, apply.PlanInput{Input: diff.Input{Head: estate(), Endpoint: w.URL}})
	if !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("got %v, want that the key is refused", err)
	}
	if n := len(w.Calls()); n > 2 {
		t.Errorf("%d requests with a refused key", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := apply.MakePlan(ctx, w.client, apply.PlanInput{Input: diff.Input{Head: estate()}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}
