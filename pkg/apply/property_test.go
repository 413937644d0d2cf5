package apply_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

var jobNames = []string{"order-service", "pay-api", "构建服务", "a"}

// drawJob declares a job with any values that the language allows.
func drawJob(rt *rapid.T, name string) *compile.Job {
	text := rapid.StringMatching(`[a-zA-Z0-9 $&"'\\<>#\n\t名]{0,24}`)
	j := job(name, text.Draw(rt, "command"))
	steps := jsontree.Array()
	modules := []string{"devcloud2018.codeci_action_20017.action", "devcloud2018.codeci_action_20043.action", "devcloud2018.codeci_action_29999.action"}
	for i := range rapid.IntRange(0, 4).Draw(rt, "steps") {
		properties := jsontree.Object()
		for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"command", "image", "cacheOption", "flag", "list"}), 0, 4, rapid.ID).Draw(rt, "properties") {
			properties.Set(key, drawValue(rt, text))
		}
		steps.Append(step(fmt.Sprintf("Step %d", rapid.IntRange(0, i+1).Draw(rt, "name")), rapid.SampledFrom(modules).Draw(rt, "module"), properties))
	}
	j.Body().Set("steps", steps)
	maybe := func(what string, do func()) {
		if rapid.Bool().Draw(rt, what) {
			do()
		}
	}
	maybe("scms", func() {
		j.Body().Set("scms", jsontree.Array(object("url", "git@host:group/"+rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "repo")+".git",
			"scm_type", "codehub", "branch", rapid.SampledFrom([]string{"master", "main"}).Draw(rt, "branch"))))
	})
	maybe("parameters", func() {
		list := jsontree.Array()
		for _, p := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"one", "two", "three"}), 0, 3, rapid.ID).Draw(rt, "parameter") {
			list.Append(parameterOf(p, text.Draw(rt, "default"), false))
		}
		j.Body().Set("parameters", list)
		maybe("secret", func() { secret("token", "TOKEN")(j) })
	})
	maybe("update", func() {
		j.Body().Set("build_if_code_updated", jsontree.Bool(rapid.Bool().Draw(rt, "build_if_code_updated")))
	})
	maybe("state", func() { enabled(rapid.Bool().Draw(rt, "enabled"))(j) })
	for _, channel := range []string{"MAIL", "MESSAGE"} {
		maybe(channel, func() {
			notice(channel, rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"buildJobFail", "buildJobSuccess", "deleteJob"}), 0, 3, rapid.ID).Draw(rt, "events")...)(j)
		})
	}
	return j
}

func drawValue(rt *rapid.T, text *rapid.Generator[string]) *jsontree.Value {
	switch rapid.IntRange(0, 4).Draw(rt, "kind") {
	case 0:
		return jsontree.Bool(rapid.Bool().Draw(rt, "bool"))
	case 1:
		return jsontree.Array(object("name", text.Draw(rt, "item")))
	case 2:
		return object("displayName", text.Draw(rt, "a"), "value", "")
	default:
		return jsontree.String(text.Draw(rt, "text"))
	}
}

func drawDefinitions(rt *rapid.T, label string) *compile.Result {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(jobNames), 1, len(jobNames), rapid.ID).Draw(rt, label)
	var jobs []*compile.Job
	for _, name := range names {
		jobs = append(jobs, drawJob(rt, name))
	}
	return definitions(jobs...)
}

// drawProfile draws one of the profiles of the service.
func drawProfile(rt *rapid.T) emulator.Quirks {
	all := profiles()
	return all[rapid.SampledFrom(slices.Sorted(maps.Keys(all))).Draw(rt, "profile")]
}

// drawDialect makes w use one of the two generations of routes.
func (w *world) drawDialect(rt *rapid.T) {
	w.dialect = rapid.SampledFrom([]client.Dialect{client.DialectV3, client.DialectV1}).Draw(rt, "dialect")
	w.client = w.newClient(nil)
}

// TestApplyThenPlanIsEmptyForAnything checks that after an apply the plan is empty, nothing is
// doubled, and undeclared values are unchanged, for any live state and any definitions.
func TestApplyThenPlanIsEmptyForAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorldFor(t, rt, drawProfile(rt))
		w.drawDialect(rt)
		w.converge(drawDefinitions(rt, "live"))
		w.settle()
		prior := w.MustTruth(w.t)
		head := drawDefinitions(rt, "head")
		for _, j := range head.Jobs {
			keepSecretParameters(j, prior)
		}
		w.converge(head)
		w.mustBeInStep(head)
		w.nothingElseChanged(prior, head)
	})
}

// keepSecretParameters declares a live secret again if the definitions carry its parameters over.
// Without its value an update is refused.
func keepSecretParameters(j *compile.Job, prior emulator.Truth) {
	if j.Body().Get("parameters") != nil {
		return
	}
	for _, old := range prior.Named(j.ProjectID, j.Name) {
		if old.Body.Get("parameters").Len() > 0 {
			secret("token", "TOKEN")(j)
		}
	}
}

// nothingElseChanged fails the test if the run wrote a job that head does not declare, or if two
// jobs have one name.
func (w *world) nothingElseChanged(prior emulator.Truth, head *compile.Result) {
	w.t.Helper()
	declared := map[string]bool{}
	for _, j := range head.Jobs {
		declared[j.Name] = true
	}
	truth := w.MustTruth(w.t)
	names := map[string]int{}
	for _, j := range truth.Jobs {
		names[j.Name]++
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] > 1 {
			w.t.Errorf("%d jobs are called %s", names[name], name)
		}
	}
	for _, old := range prior.Jobs {
		now := truth.Job(old.ID)
		switch {
		case now == nil:
			w.t.Errorf("%s is gone", old.Name)
		case !declared[old.Name] && now.Commits != old.Commits:
			w.t.Errorf("%s is not declared but was written", old.Name)
		}
	}
}

// TestRandomFaults plays random faults on random writes. The report is true, and the next run
// without faults does the rest.
func TestRandomFaults(t *testing.T) {
	t.Parallel()
	rows := matrix()
	ops := []string{"CreateJob", "UpdateJob", "DisableJob", "UpdateNotice", "QueryJob", "ListJobs", "QueryNotice"}
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorldFor(t, rt, drawProfile(rt))
		w.drawDialect(rt)
		w.converge(estateWithoutTemplates("before"))
		w.settle()
		head := estateWithoutTemplates("after")
		head.Jobs = append(head.Jobs, job("zz-new", "x", enabled(false), notice("MAIL")))
		plan := w.plan(head, nil, nil)
		for range rapid.IntRange(1, 4).Draw(rt, "faults") {
			row := rows[rapid.IntRange(0, len(rows)-1).Draw(rt, "fault")]
			f := row.fault
			f.Op, f.Nth = rapid.SampledFrom(ops).Draw(rt, "op"), rapid.IntRange(1, 4).Draw(rt, "nth")
			if f.Kind == emulator.FaultSilence {
				f.Kind = emulator.FaultReset // an unused silence would block the world
				f.Commit = emulator.CommitFirst
			}
			w.MustFail(w.t, f)
		}
		report := w.apply(plan, apply.Options{Secrets: secrets, Parallelism: 2})
		w.checkReport(head, report)
		w.ClearFaults()
		w.settle()
		w.client = w.newClient(nil)
		w.converge(head)
		w.mustBeInStep(head)
		w.nothingElseChanged(emulator.Truth{}, head)
	})
}

func estateWithoutTemplates(command string) *compile.Result {
	head := estate()
	head.Templates = nil
	for _, j := range head.Jobs {
		setCommand(command)(j.Body())
	}
	return head
}

// checkReport compares every result about a body with the service's state.
func (w *world) checkReport(head *compile.Result, report *apply.Report) {
	w.t.Helper()
	truth := w.MustTruth(w.t)
	want := map[string]string{}
	for _, j := range head.Jobs {
		want[j.Address] = j.Body().Get("steps").Items()[0].Get("properties").Str("command")
	}
	for _, r := range report.Results {
		if r.Kind != "job" || r.Action != "create" && r.Action != "update" {
			continue
		}
		named := truth.Named(r.ProjectID, r.Name)
		is := len(named) == 1 && command(w.t, named[0]) == want[r.Address]
		switch r.Outcome {
		case apply.Applied, apply.AppliedConfirmed, apply.AppliedAfterAbsence, apply.Unchanged:
			if !is {
				w.t.Errorf("a false %q for %s:\n%s", r.Outcome, r.Address, describe(report))
			}
		case apply.Failed, apply.Skipped:
			if is {
				w.t.Errorf("a false %q for %s:\n%s", r.Outcome, r.Address, describe(report))
			}
		}
		if len(named) > 1 {
			w.t.Errorf("%s is the name of %d objects", r.Address, len(named))
		}
	}
}
