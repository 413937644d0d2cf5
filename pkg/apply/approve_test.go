package apply_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// stored returns a plan as a file holds it: without bodies.
func stored(t *testing.T, plan *diff.Plan) *diff.Plan {
	t.Helper()
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("canary")) {
		t.Error("the plan holds a secret")
	}
	back := &diff.Plan{}
	if err := json.Unmarshal(text, back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestApprove(t *testing.T) {
	t.Parallel()
	start := func() *compile.Result {
		return definitions(job("keep", "echo keep"), job("target", "echo before"))
	}
	want := func() *compile.Result {
		return definitions(job("keep", "echo keep"), job("new", "echo new", notice("MAIL", "deleteJob")), job("target", "echo after"))
	}
	tests := map[string]struct {
		meddle func(*world)
		head   func() *compile.Result
		stale  string // part of the message, "" if the approval is valid
	}{
		"nothing happened":    {func(*world) {}, want, ""},
		"all of it is done":   {func(w *world) { w.converge(want()) }, want, ""},
		"part of it is done":  {func(w *world) { w.converge(definitions(want().Jobs[:2]...)) }, want, "1 of 3 actions"},
		"the create is done":  {func(w *world) { w.converge(definitions(job("new", "echo new"))) }, want, "2 of 3 actions"},
		"the job was edited":  {func(w *world) { w.editOutside("target", setCommand("echo edited")) }, want, "the live object was changed"},
		"another job drifted": {func(w *world) { w.editOutside("keep", setCommand("echo edited")) }, want, "shop/job/keep: update was not in the plan"},
		"the definitions have changed": {func(*world) {}, func() *compile.Result {
			return definitions(job("keep", "echo keep"), job("new", "echo new", notice("MAIL", "deleteJob")), job("target", "echo other"))
		}, "steps"},
		"one job more": {func(*world) {}, func() *compile.Result {
			return definitions(append(want().Jobs, job("zz-more", "x"))...)
		}, "shop/job/zz-more: create was not in the plan"},
		"another channel": {func(*world) {}, func() *compile.Result {
			return definitions(job("keep", "echo keep"), job("new", "echo new", notice("DING_TALK", "deleteJob")), job("target", "echo after"))
		}, "DING_TALK"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			w.converge(start())
			planned := stored(t, w.plan(want(), nil, nil))
			test.meddle(w)
			fresh := w.plan(test.head(), nil, nil)
			err := apply.Approve(planned, fresh)
			var stale *apply.StaleError
			switch {
			case test.stale == "" && err != nil:
				t.Fatalf("stale: %v", err)
			case test.stale != "" && (!errors.As(err, &stale) || !strings.Contains(err.Error(), test.stale)):
				t.Fatalf("got %v, want that it is stale because of %q", err, test.stale)
			case test.stale == "":
				if report := w.apply(fresh, apply.Options{}); !report.Complete() {
					t.Errorf("not complete:\n%s", describe(report))
				}
				w.mustBeInStep(want())
			}
		})
	}
}

// TestApproveComparesWhereThePlanIsFrom checks that a plan with another commit, environment,
// endpoint or version was not approved.
func TestApproveComparesWhereThePlanIsFrom(t *testing.T) {
	t.Parallel()
	base := diff.Plan{PlanID: "sha256:a", ToolVersion: "1", Environment: "prod", Endpoint: "https://one", Head: diff.Revision{Commit: "abc"}}
	for name, change := range map[string]func(*diff.Plan){
		"version":     func(p *diff.Plan) { p.ToolVersion = "2" },
		"environment": func(p *diff.Plan) { p.Environment = "dev" },
		"endpoint":    func(p *diff.Plan) { p.Endpoint = "https://two" },
		"commit":      func(p *diff.Plan) { p.Head.Commit = "def" },
		"base":        func(p *diff.Plan) { p.Base = &diff.Revision{Commit: "x"} },
	} {
		other := base
		other.PlanID = "sha256:b"
		change(&other)
		if name == "base" { // the commit to apply is the base afterwards
			applied := other
			applied.Base = &diff.Revision{Commit: base.Head.Commit}
			if err := apply.Approve(&base, &applied); err != nil {
				t.Errorf("applied before: %v", err)
			}
			dirty := base
			dirty.Head.Dirty = true
			if apply.Approve(&dirty, &applied) == nil {
				t.Error("a base was taken for definitions that no commit holds")
			}
		}
		if err := apply.Approve(&base, &other); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names it", name, err)
		}
	}
}

// TestApproveComparesTheChanges checks what the fingerprints allow or do not cover.
func TestApproveComparesTheChanges(t *testing.T) {
	t.Parallel()
	text := func(s string) *jsontree.Value { return jsontree.String(s) }
	id, other := "one", "two"
	plan := func() *diff.Plan {
		return &diff.Plan{PlanID: "sha256:a", Changes: []diff.Change{{
			Address: "shop/job/a", Kind: diff.KindJob, Name: "a", ID: &id, Actions: []diff.Action{diff.ActionUpdate},
			HaveFingerprint: "h", WantFingerprint: "w",
			Fields: []diff.Field{{Path: "arch", Before: text("x86"), After: text("arm")}},
		}}}
	}
	many := func(p *diff.Plan) {
		p.Changes[0].WantFingerprint = "other"
		for i := range 7 {
			p.Changes[0].Fields = append(p.Changes[0].Fields, diff.Field{Path: fmt.Sprintf("f%d", i), After: text("v")})
		}
	}
	for name, test := range map[string]struct {
		change func(*diff.Plan)
		want   string // "" if the approval is valid
	}{
		"nothing":               {func(*diff.Plan) {}, "only part of it is left to do"},
		"nothing is left to do": {func(p *diff.Plan) { p.Changes[0].Actions = nil }, ""},
		"another object":        {func(p *diff.Plan) { p.Changes[0].ID = &other }, "another object"},
		"no object":             {func(p *diff.Plan) { p.Changes[0].ID = nil }, "another object"},
		"another action":        {func(p *diff.Plan) { p.Changes[0].Actions = []diff.Action{diff.ActionDelete} }, "the plan was to update it, and now is to delete it"},
		"one action more":       {func(p *diff.Plan) { p.Changes[0].Actions = append(p.Changes[0].Actions, diff.ActionDisable) }, "update and disable"},
		"another value after":   {func(p *diff.Plan) { p.Changes[0].Fields[0].After = text("mips") }, "different in arch"},
		"another value before":  {func(p *diff.Plan) { p.Changes[0].Fields[0].Before = text("mips") }, "different in arch"},
		"one field more":        {func(p *diff.Plan) { p.Changes[0].Fields = append(p.Changes[0].Fields, diff.Field{Path: "timeout"}) }, "different in timeout"},
		"many fields more":      {many, "and 2 more"},
		"another kind":          {func(p *diff.Plan) { p.Changes[0].Kind = diff.KindTemplate }, "was not in the plan"},
		"another project":       {func(p *diff.Plan) { p.Changes[0].ProjectID = "elsewhere" }, "was not in the plan"},
		"refused in the meantime": {func(p *diff.Plan) {
			p.Refusals = []diff.Refusal{{Rule: diff.RuleDuplicateLive, Address: "shop/job/b", Message: "two of one name"}}
		}, "it is refused now: two of one name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fresh := plan()
			fresh.PlanID = "sha256:b"
			test.change(fresh)
			err := apply.Approve(plan(), fresh)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	from := plan()
	from.Environment = "prod"
	if err := apply.Approve(from, func() *diff.Plan { p := plan(); p.PlanID = "sha256:b"; return p }()); err == nil || !strings.Contains(err.Error(), "pass the same flags") {
		t.Errorf("an environment that is missing: %v", err)
	}
}
