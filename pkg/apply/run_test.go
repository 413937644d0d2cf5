package apply_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// estate returns one of each object that a plan can create.
func estate() *compile.Result {
	head := definitions(
		job("plain", "echo plain"),
		job("notified", "echo notified", notice("MAIL", "buildJobFail", "deleteJob"), notice("DING_TALK")),
		job("off", "echo off", enabled(false)),
		job("secretive", "echo secretive", secret("token", "TOKEN")),
	)
	head.Templates = []*compile.Template{template("service", "mvn package")}
	return head
}

func TestApplyThenPlanIsEmpty(t *testing.T) {
	t.Parallel()
	services := profiles()
	forms, err := emulator.ParseQuirks("lenient,other-case,bare-objects,null-errors,capital-templates")
	if err != nil {
		t.Fatal(err)
	}
	services["other forms"] = forms
	for name, quirks := range services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, quirks)
			head := estate()
			report := w.apply(w.plan(head, nil, nil), apply.Options{Secrets: secrets})
			if !report.Complete() {
				t.Fatalf("not complete:\n%s", describe(report))
			}
			for _, r := range report.Results {
				if r.Outcome != apply.Applied {
					t.Errorf("%s %s ended %s (%s), want applied", r.Action, r.Address, r.Outcome, r.Message)
				}
			}
			w.mustBeInStep(head)
			truth := w.MustTruth(t)
			if len(truth.Jobs) != 4 || len(truth.Templates) != 1 {
				t.Errorf("the service holds %d jobs and %d templates, want 4 and 1", len(truth.Jobs), len(truth.Templates))
			}
		})
	}
}

func TestUpdatesOfEveryKind(t *testing.T) {
	t.Parallel()
	for name, quirks := range profiles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, quirks)
			w.converge(estate())
			w.settle()
			ids := map[string]string{}
			for _, j := range w.MustTruth(t).Jobs {
				ids[j.Name] = j.ID
			}
			head := definitions(
				job("plain", "echo changed"),
				job("notified", "echo notified", notice("MAIL"), notice("DING_TALK", "buildJobSuccess")),
				job("off", "echo off, changed", enabled(true)),
				job("secretive", "echo secretive, changed", secret("token", "TOKEN"), enabled(false)),
			)
			head.Templates = []*compile.Template{template("service", "mvn verify")}
			rescue := filepath.Join(t.TempDir(), "rescue.json")
			report := w.apply(w.plan(head, nil, nil), apply.Options{Secrets: secrets, RescueFile: rescue})
			if !report.Complete() {
				t.Fatalf("not complete:\n%s", describe(report))
			}
			w.mustBeInStep(head)
			truth := w.MustTruth(t)
			for _, j := range truth.Jobs {
				if j.ID != ids[j.Name] {
					t.Errorf("job %s has another id now", j.Name)
				}
				if want := j.Name == "secretive"; j.Disabled != want {
					t.Errorf("job %s: disabled is %t, want %t", j.Name, j.Disabled, want)
				}
			}
			if len(truth.Templates) != 1 {
				t.Errorf("%d templates after the replacement, want 1", len(truth.Templates))
			}
		})
	}
}

func TestRemovals(t *testing.T) {
	t.Parallel()
	for name, quirks := range profiles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, quirks)
			base := estate()
			w.converge(base)
			w.settle()
			head := definitions(job("plain", "echo plain"))
			head.Removals = []compile.Removal{{
				Address: "shop/job/off", Project: projectAlias, ProjectID: emulator.DefaultProject, Job: "off", Action: "delete", Reason: "unused",
			}}
			plan := w.plan(head, base, nil)
			report := w.apply(plan, apply.Options{})
			if !report.Complete() {
				t.Fatalf("not complete:\n%s%s", describePlan(plan), describe(report))
			}
			var names []string
			truth := w.MustTruth(t)
			for _, j := range truth.Jobs {
				names = append(names, j.Name)
			}
			if diff := cmp.Diff([]string{"plain"}, names); diff != "" {
				t.Errorf("jobs left (-want +got):\n%s", diff)
			}
			if len(truth.Templates) != 0 {
				t.Errorf("%d templates left, want none", len(truth.Templates))
			}
			// The same plan again: the objects are as planned already.
			w.ResetCalls()
			again := w.apply(plan, apply.Options{})
			for _, r := range again.Results {
				if r.Outcome != apply.AlreadyAbsent {
					t.Errorf("%s %s ended %s (%s), want already absent", r.Action, r.Address, r.Outcome, r.Message)
				}
			}
			if again.Ending() != apply.EndDone {
				t.Errorf("ending %s, want done", again.Ending())
			}
		})
	}
}

// TestOnePlanTwice checks that a second apply of the same plan does nothing.
func TestOnePlanTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(estate())
	head := estate()
	head.Jobs[2] = job("plain", "echo other")
	head.Jobs = append(head.Jobs, job("zz-new", "echo new"))
	plan := w.plan(head, nil, nil)
	first := w.apply(plan, apply.Options{Secrets: secrets})
	if !first.Complete() {
		t.Fatalf("not complete:\n%s", describe(first))
	}
	w.ResetCalls()
	second := w.apply(plan, apply.Options{Secrets: secrets})
	for _, r := range second.Results {
		if r.Outcome != apply.Unchanged {
			t.Errorf("%s %s ended %s (%s), want unchanged", r.Action, r.Address, r.Outcome, r.Message)
		}
	}
	if n := w.writes(); n != 0 || second.Ending() != apply.EndDone {
		t.Errorf("the second run sent %d writes and ends as %s, want 0 and done", n, second.Ending())
	}
}

// TestUnknownMembersSurviveAnUpdate checks that an update keeps undeclared members byte for byte.
func TestUnknownMembersSurviveAnUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(definitions(job("plain", "echo one", func(j *compile.Job) {
		j.Body().Set("x_unknown", object("deep", object("list", "[1, 1.10, null]", "empty", "")))
		j.Body().Set("group_id", object("a", "b").Get("a"))
	})))
	before := w.MustTruth(t).Jobs[0]
	report := w.apply(w.plan(definitions(job("plain", "echo two")), nil, nil), apply.Options{})
	if !report.Complete() {
		t.Fatalf("not complete:\n%s", describe(report))
	}
	after := w.MustTruth(t).Jobs[0]
	if got := command(t, after); got != "echo two" {
		t.Errorf("command is %q", got)
	}
	for _, key := range []string{"x_unknown", "group_id"} {
		if diff := cmp.Diff(string(before.Body.Get(key).AppendJSON(nil)), string(after.Body.Get(key).AppendJSON(nil))); diff != "" {
			t.Errorf("%s (-before +after):\n%s", key, diff)
		}
	}
}

func TestRefusedPlanIsNotApplied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	base := estate()
	w.converge(base)
	head := definitions(job("plain", "echo plain"))
	plan := w.plan(head, base, func(in *apply.PlanInput) { in.Policy.MaxRemovals = 1 })
	if !plan.Refused() {
		t.Fatalf("the plan is not refused:\n%s", describePlan(plan))
	}
	w.ResetCalls()
	_, err := apply.Run(t.Context(), w.client, plan, apply.Options{Clock: w})
	var refused *apply.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), diff.RuleMaxRemovals) {
		t.Errorf("the refused plan was applied, or the error does not say why not: %v", err)
	}
	if n := len(w.Calls()); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func TestPlanCosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(estate())
	elsewhere := job("x", "x", func(j *compile.Job) { j.ProjectID = strings.Repeat("9", 32) })
	tests := map[string]struct {
		head           *compile.Result
		base           *compile.Result
		scope          apply.Scope
		queries        int
		notices, lists int
	}{
		"everything":            {head: estate(), queries: 4, notices: 1, lists: 1},
		"one name":              {head: estate(), scope: apply.Scope{Selection: compile.Selection{Only: []string{"pl*"}}}, queries: 1, lists: 1},
		"nothing of that name":  {head: estate(), scope: apply.Scope{Selection: compile.Selection{Only: []string{"none"}}}},
		"nothing changed":       {head: estate(), base: estate(), scope: apply.Scope{Changed: true}, lists: 1},
		"nothing changed there": {head: estate(), base: estate(), scope: apply.Scope{Changed: true, Selection: compile.Selection{Projects: []string{"other"}}}},
		"changed in one of two": {head: definitions(job("plain", "new"), elsewhere), base: definitions(job("plain", "old"), elsewhere), scope: apply.Scope{Changed: true}, queries: 1, lists: 2},
		"one changed":           {head: definitions(append(estate().Jobs[1:], job("notified", "new", notice("MAIL")))...), base: definitions(estate().Jobs...), scope: apply.Scope{Changed: true}, queries: 1, notices: 1, lists: 1},
		"another project":       {head: estate(), scope: apply.Scope{Selection: compile.Selection{Projects: []string{"other"}}}},
		"a job that is missing": {head: definitions(job("missing", "x")), lists: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w.ResetCalls()
			w.plan(test.head, test.base, func(in *apply.PlanInput) { in.Scope = test.scope })
			got := [3]int{w.ops("QueryJob"), w.ops("QueryNotice"), w.ops("ListJobs")}
			if want := [3]int{test.queries, test.notices, test.lists}; got != want {
				t.Errorf("queries, notification queries, listings: %v, want %v; %+v", got, want, w.Calls())
			}
		})
	}
}

// TestOrderOfWrites checks that templates come before jobs and removals come last, with any number
// of workers.
func TestOrderOfWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	base := definitions(job("a-gone", "x"), job("b-gone", "x"), job("c-changes", "old"))
	w.converge(base)
	head := definitions(job("c-changes", "new"), job("d-new", "x", notice("MAIL", "deleteJob")), job("e-new", "x", enabled(false)))
	head.Templates = []*compile.Template{template("z-template", "x")}
	plan := w.plan(head, base, nil)
	w.ResetCalls()
	if report := w.apply(plan, apply.Options{Parallelism: 4}); !report.Complete() {
		t.Fatalf("not complete:\n%s", describe(report))
	}
	stages := map[string]int{"CreateTemplate": 1, "CreateJob": 2, "UpdateJob": 2, "UpdateNotice": 2, "DisableJob": 2, "DeleteJob": 3}
	stage, writes := 1, map[string]int{}
	for _, call := range w.Calls() {
		next, writing := stages[call.Op]
		if !writing {
			continue
		}
		writes[call.Op]++
		if next < stage {
			t.Errorf("%s comes after stage %d", call.Op, stage)
		}
		stage = next
	}
	if d := cmp.Diff(map[string]int{"CreateTemplate": 1, "CreateJob": 2, "UpdateJob": 1, "UpdateNotice": 1, "DisableJob": 1, "DeleteJob": 2}, writes); d != "" {
		t.Errorf("writes: -want +got\n%s", d)
	}
}

// TestUpdateKeepsTheID checks that a large update keeps the job's id, which pipelines
// use.
func TestUpdateKeepsTheID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	base := definitions(job("was", "old", notice("MAIL", "deleteJob")))
	w.converge(base)
	id := w.MustTruth(t).Named(emulator.DefaultProject, "was")[0].ID
	head := definitions(job("is", "new", enabled(false), func(j *compile.Job) {
		j.RenamedFrom = []string{"was"}
		j.Body().Set("arch", jsontree.String("arm"))
		j.Body().Set("flavor", jsontree.String("8u16g"))
		j.Body().Set("host_type", jsontree.String("custom_host"))
		j.Body().Set("steps", jsontree.Array(step("Other", "devcloud2018.codeci_action_20043.action", object("command", "mvn package"))))
	}))
	plan := w.plan(head, base, nil)
	w.ResetCalls()
	if report := w.apply(plan, apply.Options{}); !report.Complete() {
		t.Fatalf("not complete:\n%s", describe(report))
	}
	jobs := w.MustTruth(t).Named(emulator.DefaultProject, "is")
	if len(jobs) != 1 || jobs[0].ID != id || w.ops("CreateJob")+w.ops("DeleteJob") != 0 {
		t.Errorf("%d jobs, %d creates, %d deletes", len(jobs), w.ops("CreateJob"), w.ops("DeleteJob"))
	}
}

func TestDoneIsCalledForEveryAction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(estate(), nil, nil)
	want := 0
	for _, c := range plan.Changes {
		want += len(c.Actions)
	}
	began, done := 0, 0
	report := w.apply(plan, apply.Options{
		Secrets: secrets,
		Begin:   func(*diff.Change, diff.Action) { began++ },
		Done:    func(apply.Result) { done++ },
	})
	if began != want || done != want || len(report.Results) != want {
		t.Errorf("%d begun, %d done, %d reported; the plan has %d actions", began, done, len(report.Results), want)
	}
}
