package apply_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestShardsDivideThePlan checks that shards are disjoint and complete, and that a job keeps its
// shard when others come and go. A renamed job belongs to the shard of its new name, and no shard
// sees a removal.
func TestShardsDivideThePlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	base := definitions(job("old-name", "echo renamed"))
	w.converge(base)
	rapid.Check(t, func(rt *rapid.T) {
		count := rapid.IntRange(1, 6).Draw(rt, "shards")
		n := rapid.IntRange(0, 12).Draw(rt, "jobs")
		var jobs []*compile.Job
		for i := range n {
			jobs = append(jobs, job(fmt.Sprintf("job-%d", i), "x"))
		}
		jobs = append(jobs, job("new-name", "echo renamed", func(j *compile.Job) { j.RenamedFrom = []string{"old-name"} }))
		head := definitions(jobs...)
		seen := map[string]int{}
		for i := 1; i <= count; i++ {
			plan := w.plan(head, base, func(in *apply.PlanInput) { in.Scope.Shard = apply.Shard{Index: i, Count: count} })
			for _, c := range plan.Changes {
				for _, action := range c.Actions {
					seen[string(action)+" "+c.Address]++
				}
			}
			if len(plan.Refusals) > 0 {
				rt.Fatalf("shard %d/%d is refused: %s", i, count, describePlan(plan))
			}
		}
		if len(seen) != n+1 || seen["update shop/job/new-name"] != 1 {
			rt.Fatalf("the shards together do %v, want %d creates and the rename", seen, n)
		}
		for what, times := range seen {
			if times != 1 {
				rt.Fatalf("%s is in %d shards", what, times)
			}
		}
	})
}

// TestPlanNamesItsPart checks that a plan names its selection. The selection does not change the
// plan's id.
func TestPlanNamesItsPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	head := definitions(job("a", "x"))
	whole := w.plan(head, nil, nil)
	scope := apply.Scope{Selection: compile.Selection{Only: []string{"*"}, Projects: []string{"shop"}}, Changed: true, Shard: apply.Shard{Index: 1, Count: 1}}
	part := w.plan(head, nil, func(in *apply.PlanInput) { in.Scope = scope })
	want := []diff.Part{{Only: []string{"*"}, Projects: []string{"shop"}, Changed: true, Shard: "1/1"}}
	if whole.Parts != nil || !cmp.Equal(part.Parts, want) || part.PlanID != whole.PlanID || part.Partial {
		t.Errorf("%+v and %+v, ids %s and %s, partial %v", whole.Parts, part.Parts, whole.PlanID, part.PlanID, part.Partial)
	}
}

func TestScopeIsValidated(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scope apply.Scope
		ok    bool
	}{
		"everything":         {apply.Scope{}, true},
		"a glob":             {apply.Scope{Selection: compile.Selection{Only: []string{"order-*", "{a,b}"}}}, true},
		"a broken glob":      {apply.Scope{Selection: compile.Selection{Only: []string{"[a"}}}, false},
		"the last shard":     {apply.Scope{Shard: apply.Shard{Index: 8, Count: 8}}, true},
		"shard nought":       {apply.Scope{Shard: apply.Shard{Index: 0, Count: 8}}, false},
		"one shard too many": {apply.Scope{Shard: apply.Shard{Index: 9, Count: 8}}, false},
		"shard 0":            {apply.Scope{Shard: apply.Shard{Index: 1}}, false},
	} {
		if err := test.scope.Validate(); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNarrowingRemovesNothing checks that a selected name never makes another one look removed or
// unmanaged.
func TestNarrowingRemovesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	base := definitions(job("a", "x"), job("b", "x"), job("c", "x"))
	w.converge(base)
	head := definitions(job("a", "changed"), job("b", "x"))
	for name, test := range map[string]struct {
		scope apply.Scope
		want  string
	}{
		"the changed one": {apply.Scope{Selection: compile.Selection{Only: []string{"a"}}}, "update shop/job/a;"},
		"an unchanged":    {apply.Scope{Selection: compile.Selection{Only: []string{"b"}}}, ""},
		"the removed one": {apply.Scope{Selection: compile.Selection{Only: []string{"c"}}}, "delete shop/job/c;"},
		"what changed":    {apply.Scope{Changed: true}, "update shop/job/a;delete shop/job/c;"},
	} {
		plan := w.plan(head, base, func(in *apply.PlanInput) { in.Scope = test.scope })
		got := ""
		for _, c := range plan.Changes {
			for _, action := range c.Actions {
				got += fmt.Sprintf("%s %s;", action, c.Address)
			}
		}
		if got != test.want || len(plan.Refusals) > 0 || plan.Summary.Unmanaged > 1 {
			t.Errorf("%s: %q with %d refusals, %d unmanaged; want %q\n%s", name, got, len(plan.Refusals), plan.Summary.Unmanaged, test.want, describePlan(plan))
		}
	}
}

// TestLabelsNarrow checks that a selection by labels plans the jobs that have them. For a removed
// job the base's labels count. A job with changed labels counts with its new labels, and is never a
// removal.
func TestLabelsNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	of := func(team string) func(*compile.Job) {
		return func(j *compile.Job) { j.Owner, j.Labels = "owner-"+team, map[string]string{"team": team} }
	}
	base := definitions(job("a", "x", of("shop")), job("gone", "x", of("shop")), job("left", "x", of("pay")), job("moved", "x", of("shop")), job("listed", "x", of("shop")), job("bare", "x"))
	w.converge(base)
	head := definitions(job("a", "changed", of("shop")), job("moved", "changed", of("pay")), job("bare", "changed"))
	head.Removals = []compile.Removal{{Address: "shop/job/listed", Project: "shop", ProjectID: emulator.DefaultProject, Job: "listed", Action: "disable"}}
	for selection, want := range map[string]string{
		"team=shop":      "update shop/job/a;delete shop/job/gone;disable shop/job/listed;",
		"team=pay":       "update shop/job/moved;delete shop/job/left;",
		"owner=*-shop":   "update shop/job/a;delete shop/job/gone;disable shop/job/listed;",
		"team!=*":        "update shop/job/bare;",
		"team=nobody":    "",
		"owner!=owner-*": "update shop/job/bare;",
	} {
		terms, err := compile.ParseLabelTerms([]string{selection})
		if err != nil {
			t.Fatal(err)
		}
		plan := w.plan(head, base, func(in *apply.PlanInput) { in.Scope.Labels = terms })
		got := ""
		for _, c := range plan.Changes {
			for _, action := range c.Actions {
				got += fmt.Sprintf("%s %s;", action, c.Address)
			}
			if selection == "team=shop" && (c.Owner != "owner-shop" || c.Labels["team"] != "shop") {
				t.Errorf("%s belongs to %q, labels %v", c.Address, c.Owner, c.Labels)
			}
		}
		if got != want || len(plan.Refusals) > 0 || !plan.Partial {
			t.Errorf("%s: %q, want %q\n%s", selection, got, want, describePlan(plan))
		}
	}
	terms, _ := compile.ParseLabelTerms([]string{"team=shpo"})
	in := apply.PlanInput{Scope: apply.Scope{Selection: compile.Selection{Labels: terms}}}
	in.Head, in.Base = head, base
	if err := in.CheckNames(); err == nil || err.Error() != `"team=shpo" matches no label of a defined job; did you mean "team=shop"?` {
		t.Errorf("a label that no job has: %v", err)
	}
}

// TestChangedComparesWholeDefinitions checks that --changed keeps an object if anything that
// decides its plan differs from the base.
func TestChangedComparesWholeDefinitions(t *testing.T) {
	t.Parallel()
	config, other := "{}", "{\"a\":1}"
	chat := func(config *string) func(*compile.Job) {
		return func(j *compile.Job) {
			j.Notices = []compile.Notice{{Type: "DING_TALK", Events: []string{"buildJobFail"}, ParamConfig: config}}
		}
	}
	use := func(parameter, name string) func(*compile.Job) {
		return func(j *compile.Job) {
			j.Secrets = []compile.SecretUse{{Parameter: parameter, Secret: name}}
		}
	}
	for name, sides := range map[string][2]func(*compile.Job){
		"project":                 {func(*compile.Job) {}, func(j *compile.Job) { j.ProjectID = strings.Repeat("0", 32) }},
		"protect":                 {func(*compile.Job) {}, func(j *compile.Job) { j.Protect = true }},
		"enabled, not declared":   {func(*compile.Job) {}, enabled(false)},
		"enabled":                 {enabled(true), enabled(false)},
		"a notification's events": {notice("MAIL", "deleteJob"), notice("MAIL", "buildJobFail")},
		"a notification's type":   {notice("MAIL", "deleteJob"), notice("MESSAGE", "deleteJob")},
		"a robot's address":       {chat(&config), chat(&other)},
		"a robot's address, set":  {chat(nil), chat(&config)},
		"a secret's parameter":    {use("TOKEN", "token"), use("KEY", "token")},
		"a secret's name":         {use("TOKEN", "token"), use("TOKEN", "other")},
	} {
		head, base := definitions(job("a", "x", sides[0]), job("b", "x")), definitions(job("a", "x", sides[1]), job("b", "x"))
		got, _ := apply.Scope{Changed: true}.Narrow(head, base)
		if len(got.Jobs) != 1 || got.Jobs[0].Name != "a" {
			t.Errorf("%s: %d jobs are left, want a alone", name, len(got.Jobs))
		}
	}

	ignored := spec.Policy{Ignore: []spec.Ignore{{Job: "a", Fields: []string{"steps"}}}}
	for name, before := range map[string]spec.Policy{
		"drift":            {Drift: "fail", Ignore: ignored.Ignore},
		"ignored fields":   {Ignore: []spec.Ignore{{Job: "a", Fields: []string{"flavor"}}}},
		"the whole job":    {Ignore: []spec.Ignore{{Job: "a"}}},
		"nothing ignored":  {},
		"another's ignore": {Ignore: []spec.Ignore{{Job: "other"}}},
	} {
		scope := apply.Scope{Changed: true, Policies: func(string) (head, base spec.Policy) { return ignored, before }}
		if got, _ := scope.Narrow(definitions(job("a", "x")), definitions(job("a", "x"))); len(got.Jobs) != 1 {
			t.Errorf("policy: %s: the job is left out", name)
		}
	}

	removal := compile.Removal{Address: "shop/job/a", Project: "shop", ProjectID: "1", Job: "a", Action: "delete"}
	template := &compile.Template{Address: "template/t", Name: "t", Body: object("name", "t")}
	base := &compile.Result{Removals: []compile.Removal{removal}, Templates: []*compile.Template{template}}
	for name, change := range map[string]func(m *compile.Removal){
		"action":  func(m *compile.Removal) { m.Action = "disable" },
		"project": func(m *compile.Removal) { m.ProjectID = "2" },
	} {
		changed := removal
		change(&changed)
		head := &compile.Result{Removals: []compile.Removal{changed}, Templates: base.Templates}
		if got, _ := (apply.Scope{Changed: true}).Narrow(head, base); len(got.Removals) != 1 || len(got.Templates) != 0 {
			t.Errorf("a removal's %s: %d removals and %d templates are left", name, len(got.Removals), len(got.Templates))
		}
	}
	head := &compile.Result{Templates: []*compile.Template{{Address: "template/t", Name: "t", Body: object("name", "u")}}}
	if got, before := (apply.Scope{Changed: true}).Narrow(head, base); len(got.Templates) != 1 || len(before.Removals) != 1 {
		t.Errorf("a template's body: %d templates and %d removals are left", len(got.Templates), len(before.Removals))
	}
}
