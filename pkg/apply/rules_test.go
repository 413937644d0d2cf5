package apply_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestCreateNeedsACompleteListing checks that an inconsistent listing proves no absence, even if
// the plan's listing was complete.
func TestCreateNeedsACompleteListing(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Legacy(), before())
	op := operations()[0]
	plan := w.plan(op.head(), nil, nil)
	w.ResetCalls()
	f := emulator.Fault{Op: "ListJobs", Kind: emulator.FaultStatus, Status: 200, Times: -1, Commit: emulator.CommitNever, Body: `{"total": 7, "jobs": []}`}
	w.MustFail(t, f)
	report := w.apply(plan, apply.Options{Secrets: secrets})
	got := result(t, report, op.address, op.action)
	if got.Outcome != apply.Failed || !strings.Contains(got.Message, "incomplete") || w.writes() > 0 {
		t.Errorf("%d writes:\n%s", w.writes(), describe(report))
	}
}

// TestAbsenceNeedsAWitness checks that two empty listings prove no absence. An empty list may lag.
func TestAbsenceNeedsAWitness(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		start *compile.Result
		want  apply.Outcome
		sent  int
	}{
		"none":         {&compile.Result{}, apply.Unknown, 1},
		"one":          {definitions(job("bystander", "x")), apply.AppliedAfterAbsence, 2},
		"one that has": {definitions(job("bystander", "x")), apply.Unknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, emulator.Legacy(), test.start)
			w.settle()
			plan := w.plan(definitions(append(test.start.Jobs, job("zz-new", "echo new"))...), nil, nil)
			w.ResetCalls()
			f := status(500, "CB.00060100", emulator.CommitNever)
			f.Op = "CreateJob"
			w.MustFail(t, f)
			if name == "one that has" { // gone: the listings are of another moment
				gone := status(404, "CB.00031006", emulator.CommitNever)
				gone.Op, gone.Times = "QueryJob", -1
				w.MustFail(t, gone)
			}
			report := w.apply(plan, apply.Options{})
			if got := result(t, report, "shop/job/zz-new", diff.ActionCreate); got.Outcome != test.want || w.ops("CreateJob") != test.sent {
				t.Errorf("%d creates, want %d:\n%s", w.ops("CreateJob"), test.sent, describe(report))
			}
		})
	}
}

// TestDuplicateThatWasBuilt checks two jobs of one name of which one has a build. It is in use, so
// nothing is deleted.
func TestDuplicateThatWasBuilt(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Legacy(), definitions(job("bystander", "x")))
	w.settle()
	plan := w.plan(definitions(job("bystander", "x"), job("zz-new", "echo new")), nil, nil)
	w.MustFail(t, emulator.Fault{
		Op: "CreateJob", Kind: emulator.FaultPass, Commit: emulator.CommitFirst,
		Before: func() { w.createOutside(job("zz-new", "echo new")) },
		After: func() {
			for _, j := range w.MustTruth(t).Named(emulator.DefaultProject, "zz-new") {
				if _, err := w.newClient(nil).RunJob(t.Context(), wire.RunRequest{JobID: j.ID}); err != nil {
					t.Errorf("running %s: %v", j.ID, err)
				}
			}
		},
	})
	report := w.apply(plan, apply.Options{})
	got := result(t, report, "shop/job/zz-new", diff.ActionCreate)
	if got.Outcome != apply.NotConverged || got.Next == "" || report.Ending() != apply.EndPartial {
		t.Errorf("ended:\n%s", describe(report))
	}
	if n := len(w.MustTruth(t).Named(emulator.DefaultProject, "zz-new")); n != 2 || w.ops("DeleteJob") > 0 {
		t.Errorf("%d jobs, %d deletes", n, w.ops("DeleteJob"))
	}
}

// TestUniqueTemplateNeedsARescue checks a service with unique template names, where the old
// template must go first. That needs a --rescue file or a base with the same body.
func TestUniqueTemplateNeedsARescue(t *testing.T) {
	t.Parallel()
	edited := template("replaced", "edited outside")
	for name, test := range map[string]struct {
		live    *compile.Template
		base    bool
		rescue  string
		want    apply.Outcome
		remains string
	}{
		"no base, no file":    {template("replaced", "before"), false, "", apply.Failed, "before"},
		"the base holds it":   {template("replaced", "before"), true, "", apply.Applied, "after"},
		"edited since":        {edited, true, "", apply.Failed, "edited outside"},
		"a file":              {template("replaced", "before"), false, "rescue", apply.Applied, "after"},
		"a file in no folder": {template("replaced", "before"), false, "nowhere/rescue", apply.Failed, "before"},
		"a file that exists":  {template("replaced", "before"), false, "taken", apply.Failed, "before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := killable("TR")
			start := before()
			start.Templates = []*compile.Template{test.live}
			w := newWorldWith(t, emulator.Strict(), start)
			var base *compile.Result
			if test.base {
				base = startOf(op)
			}
			plan := w.plan(op.head(), base, func(in *apply.PlanInput) { in.Options.ForceConflicts = true })
			opts := apply.Options{Secrets: secrets}
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "taken"), "something else")
			if test.rescue != "" {
				opts.RescueFile = filepath.Join(dir, test.rescue)
			}
			report := w.apply(plan, opts)
			got := result(t, report, op.address, op.action)
			if got.Outcome != test.want || test.rescue == "" && test.want == apply.Failed && !strings.Contains(string(got.Next), "--rescue") {
				t.Errorf("ended:\n%s", describe(report))
			}
			truth := w.MustTruth(t)
			if len(truth.Templates) != 1 || firstCommand(truth.Templates[0].Body.Get("template")) != test.remains {
				t.Errorf("the service holds %+v", truth.Templates)
			}
			if text := readFile(t, filepath.Join(dir, "taken")); text != "something else" {
				t.Errorf("another file was overwritten: %q", text)
			}
		})
	}
}

// TestGatewayTimeoutLingers checks a timeout of a gateway. The service may still carry out the
// request, so the run keeps reading before it sends it again.
func TestGatewayTimeoutLingers(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]emulator.Fault{
		"a page":                {Kind: emulator.FaultHTML, Status: 504},
		"a code of the gateway": {Kind: emulator.FaultStatus, Status: 504, Code: "APIGW.0202"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, op := range operations() {
				if op.id == "JC" || op.id == "TC" {
					continue // a create is always looked for
				}
				w := newWorldWith(t, emulator.Strict(), before())
				w.settle()
				plan := w.plan(op.head(), nil, nil)
				w.ResetCalls()
				f.Op, f.Commit, f.Delay = op.api, emulator.CommitLate, 5*time.Second
				w.MustFail(t, f)
				report := w.apply(plan, apply.Options{Secrets: secrets})
				if got := result(t, report, op.address, op.action); got.Outcome != apply.AppliedConfirmed || w.ops(op.api) != 1 {
					t.Errorf("%s was sent %d times:\n%s", op.id, w.ops(op.api), describe(report))
				}
			}
		})
	}
}

func writeFile(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
