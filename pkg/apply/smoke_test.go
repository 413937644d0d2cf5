package apply_test

import (
	"context"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

func TestSmokeRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(definitions(job("unchanged", "x"), job("updated", "echo before")))
	head := definitions(
		job("breaks", "echo no\nexit 1"), job("disabled", "x", enabled(false)), job("unchanged", "x"), job("updated", "echo after"),
	)
	var progress strings.Builder
	logs := map[string]string{}
	ended := map[string]int{}
	done := func(r apply.Result) { ended[string(r.Action)+" "+r.Name]++ }
	report := w.apply(w.plan(head, nil, nil), apply.Options{Parallelism: 1, Done: done, Smoke: &apply.Smoke{
		Runner: w.client, Progress: &progress,
		Log: func(_ context.Context, address string, record wire.Record) error {
			logs[address] = record.Status
			return nil
		},
	}})
	want := map[string]string{"breaks": "FAILURE", "disabled": "", "updated": "SUCCESS"}
	for name, status := range want {
		action := diff.ActionCreate
		if name == "updated" {
			action = diff.ActionUpdate
		}
		got := result(t, report, "shop/job/"+name, action)
		switch {
		case status == "" && got.Build != nil:
			t.Errorf("%s was built", name)
		case status != "" && (got.Build == nil || got.Build.Result != status || got.Build.Number == ""):
			t.Errorf("%s: build %+v, want %s", name, got.Build, status)
		}
	}
	if ended["update updated"] != 1 || ended["create breaks"] != 1 {
		t.Errorf("reported ends %v, want each once", ended)
	}
	if code := report.Ending(); code != apply.EndPartial {
		t.Errorf("ending %s, want partial", code)
	}
	if len(logs) != 2 || !strings.Contains(progress.String(), "shop/job/updated: build 1: ") {
		t.Errorf("logs %v, progress %q", logs, progress.String())
	}
	for _, j := range w.MustTruth(t).Jobs {
		if ran := j.Name == "breaks" || j.Name == "updated"; ran != (j.Builds == 1) {
			t.Errorf("%s has %d builds", j.Name, j.Builds)
		}
	}
}

// TestNothingIsDeletedDuringABuild checks that a job is deleted only after its build has ended.
func TestNothingIsDeletedDuringABuild(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	base := definitions(job("a", "x"), job("b", "x"))
	w.converge(base)
	head := definitions(job("b", "x"))
	if _, err := w.client.RunJob(t.Context(), wire.RunRequest{JobID: w.MustTruth(t).Named(emulator.DefaultProject, "a")[0].ID}); err != nil {
		t.Fatal(err)
	}
	report := w.apply(w.plan(head, base, nil), apply.Options{})
	if got := result(t, report, "shop/job/a", diff.ActionDelete); got.Outcome != apply.Failed || w.ops("DeleteJob") != 0 || report.Ending() == apply.EndDone {
		t.Errorf("ended with %d deletes:\n%s", w.ops("DeleteJob"), describe(report))
	}
	w.settle()
	if report := w.apply(w.plan(head, base, nil), apply.Options{}); !report.Complete() || w.ops("DeleteJob") != 1 {
		t.Errorf("after the build:\n%s", describe(report))
	}
}

// TestSmokeStartIsNotRepeated checks that a start without an answer is not repeated.
func TestSmokeStartIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.MustFail(t, emulator.Fault{Op: "RunJob", Kind: emulator.FaultReset, Commit: emulator.CommitFirst})
	report := w.apply(w.plan(definitions(job("a", "x")), nil, nil), apply.Options{Smoke: &apply.Smoke{Runner: w.client}})
	got := result(t, report, "shop/job/a", diff.ActionCreate)
	if got.Build == nil || got.Build.Result != "unknown" || got.Build.Message == "" || w.ops("RunJob") != 1 {
		t.Errorf("build %+v after %d starts", got.Build, w.ops("RunJob"))
	}
}
