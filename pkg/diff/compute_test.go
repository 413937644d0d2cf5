package diff_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

const project = "6ecbc5bac7c8442fb3d2563d53c13582"

// body parses JSON that a test holds as text.
func body(t testing.TB, text string) *jsontree.Value {
	t.Helper()
	v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// defined makes a compiled job of a body.
func defined(t testing.TB, name, text string) *compile.Job {
	t.Helper()
	return (&compile.Job{
		Address: "shop/job/" + name, Project: "shop", ProjectID: project, Name: name,
		Pos: spec.Pos{File: "jobs/" + name + ".yaml", Line: 4, Column: 5},
	}).WithBody(body(t, text))
}

// existing makes a live job of a body.
func existing(t testing.TB, name, text string) *diff.LiveJob {
	t.Helper()
	b := body(t, text)
	b.Set("job_name", jsontree.String(name))
	b.Set("project_id", jsontree.String(project))
	return &diff.LiveJob{ProjectID: project, ID: "id-of-" + name, Name: name, Item: wire.JobItem{ID: "id-of-" + name, JobName: name}, Body: b}
}

func compiled(jobs ...*compile.Job) *compile.Result { return &compile.Result{Jobs: jobs} }

func listed(jobs ...*diff.LiveJob) *diff.Snapshot {
	return &diff.Snapshot{Projects: map[string]*diff.LiveProject{project: {ID: project, Complete: true, Jobs: jobs}}}
}

var policy = spec.Policy{OnRemove: "disable", MaxRemovals: 3, MaxRemovalShare: 0.25, Drift: "revert"}

func input(head, base *compile.Result, live *diff.Snapshot) diff.Input {
	in := diff.Input{Head: head, Base: base, Live: live, Policy: policy, Modules: diff.ModulesOf(catalog.Default())}
	in.HeadRevision = diff.Revision{Commit: "a81e0030000000000000000000000000000000000"}
	if base != nil {
		in.BaseRevision = &diff.Revision{Ref: "main", Commit: "4f1c2d90000000000000000000000000000000000"}
	}
	return in
}

// outline describes a plan in a few words.
func outline(p *diff.Plan) string {
	var out []string
	for _, c := range p.Changes {
		line := string(c.Verdict) + " " + c.Address
		for _, a := range c.Actions {
			line += " " + string(a)
		}
		for _, f := range c.Fields {
			line += " | " + string(f.Verdict) + " " + f.Path
			if f.Path == "steps" { // an order
				line += " " + string(f.Before.AppendJSON(nil)) + " to " + string(f.After.AppendJSON(nil))
			}
		}
		out = append(out, line)
	}
	for _, r := range p.Refusals {
		out = append(out, "refused: "+r.Rule)
	}
	return strings.Join(out, "\n")
}

// TestAdoptedAndDisabled checks the note that an adopted job stays disabled, for example after a
// reverted removal.
func TestAdoptedAndDisabled(t *testing.T) {
	t.Parallel()
	const text = `{"arch":"a","steps":[]}`
	for name, tc := range map[string]struct {
		disabled bool
		enabled  *bool
		says     bool
	}{
		"disabled, nothing declared":  {disabled: true, says: true},
		"enabled, nothing declared":   {},
		"disabled, declared disabled": {disabled: true, enabled: new(false)},
	} {
		want, live := defined(t, "j", text), existing(t, "j", text)
		want.Enabled, live.Item.Disabled = tc.enabled, tc.disabled
		p := diff.Compute(input(compiled(want), compiled(), listed(live)))
		if len(p.Changes) != 1 || p.Changes[0].Verdict != diff.VerdictAdopt || len(p.Changes[0].Actions) != 0 ||
			strings.Contains(p.Changes[0].Note, "it is disabled, and stays so without enabled: true") != tc.says {
			t.Errorf("%s: %s, %+v", name, outline(p), p.Changes)
		}
	}
}

// TestPartial checks that a plan reports whether it covers all definitions.
func TestPartial(t *testing.T) {
	t.Parallel()
	a, b := defined(t, "a", `{"steps":[]}`), defined(t, "b", `{"steps":[]}`)
	for want, in := range map[bool]diff.Input{
		true:  {Head: compiled(a), Whole: compiled(a, b)},
		false: {Head: compiled(a, b), Whole: compiled(a, b)},
	} {
		if p := diff.Compute(in); p.Partial != want || diff.Compute(diff.Input{Head: in.Head}).Partial {
			t.Errorf("partial %v, want %v", p.Partial, want)
		}
	}
	for name, whole := range map[string]*compile.Result{
		"templates": {Jobs: []*compile.Job{a}, Templates: []*compile.Template{{Name: "t"}}},
		"removals":  {Jobs: []*compile.Job{a}, Removals: []compile.Removal{{Job: "b"}}},
	} {
		if !diff.Compute(diff.Input{Head: compiled(a), Whole: whole}).Partial {
			t.Errorf("a plan without the %s is not partial", name)
		}
	}
}

// TestUnmanaged checks that every live job counts as managed or unmanaged, whatever shard or change
// is planned. The twin of a pinned job is unmanaged. A pinned job is managed under any name. A part
// by names counts those of its names, and a part by labels none.
func TestUnmanaged(t *testing.T) {
	t.Parallel()
	pin := func(name, id string) *compile.Job {
		job := defined(t, name, `{"steps":[]}`)
		job.ID = id
		return job
	}
	live := func(name, id string) *diff.LiveJob {
		job := existing(t, name, `{"steps":[]}`)
		job.ID, job.Item.ID = id, id
		return job
	}
	other := defined(t, "other", `{"steps":[]}`)
	for name, test := range map[string]struct {
		head, whole *compile.Result
		live        []*diff.LiveJob
		part        diff.Part
		want        int
	}{
		"declared":                       {head: compiled(other), live: []*diff.LiveJob{live("other", "1")}},
		"nobody's":                       {head: compiled(other), live: []*diff.LiveJob{live("other", "1"), live("x", "2")}, want: 1},
		"a pinned job's twin":            {head: compiled(pin("a", "1")), live: []*diff.LiveJob{live("a", "1"), live("a", "2")}, want: 1},
		"a job pinned to what is gone":   {head: compiled(pin("a", "9")), live: []*diff.LiveJob{live("a", "2")}, want: 1},
		"declared, outside the part":     {head: compiled(), whole: compiled(other), live: []*diff.LiveJob{live("other", "1")}},
		"pinned, outside the part":       {head: compiled(other), whole: compiled(other, pin("new", "1")), live: []*diff.LiveJob{live("old", "1")}},
		"a pinned job's twin, outside":   {head: compiled(other), whole: compiled(other, pin("a", "1")), live: []*diff.LiveJob{live("a", "1"), live("a", "2")}, want: 1},
		"twins, and neither is pinned":   {head: compiled(other), live: []*diff.LiveJob{live("other", "1"), live("other", "2")}},
		"renamed by the pin, name taken": {head: compiled(pin("a", "1")), live: []*diff.LiveJob{live("b", "1"), live("a", "2")}, want: 1},
		"of other names":                 {head: compiled(other), live: []*diff.LiveJob{live("other", "1"), live("x", "2"), live("y", "3")}, part: diff.Part{Only: []string{"other"}}},
		"of the names":                   {head: compiled(other), live: []*diff.LiveJob{live("other", "1"), live("x1", "2"), live("y", "3")}, part: diff.Part{Only: []string{"other", "x*"}}, want: 1},
		"a part by labels":               {head: compiled(other), live: []*diff.LiveJob{live("other", "1"), live("x", "2")}, part: diff.Part{Labels: []string{"team=a"}}},
		"a shard":                        {head: compiled(other), live: []*diff.LiveJob{live("other", "1"), live("x", "2")}, part: diff.Part{Shard: "1/2"}, want: 1},
		"what changed":                   {head: compiled(other), live: []*diff.LiveJob{live("other", "1"), live("x", "2")}, part: diff.Part{Changed: true}, want: 1},
	} {
		in := input(test.head, nil, listed(test.live...))
		in.Whole, in.Part = test.whole, test.part
		if have := diff.Compute(in).Summary.Unmanaged; have != test.want {
			t.Errorf("%s: %d unmanaged, want %d", name, have, test.want)
		}
	}
}

// TestDeletedOutsideCountsOnce checks that a deleted job counts as one drift, together with its
// notifications.
func TestDeletedOutsideCountsOnce(t *testing.T) {
	t.Parallel()
	want := defined(t, "j", `{"arch":"a","steps":[]}`)
	want.Notices = []compile.Notice{{Type: "MAIL", Events: []string{"buildFailed"}}}
	p := diff.Compute(input(compiled(want), compiled(want), listed(existing(t, "other", `{"arch":"a","steps":[]}`))))
	if p.Summary.Drift != 1 || p.Summary.Create != 1 || p.Summary.Update != 1 {
		t.Errorf("%+v, want one drift, one create and its notifications\n%s", p.Summary, outline(p))
	}
	if drift := diff.DriftOnly(p); drift.Summary.Drift != 1 || !drift.Drifted() {
		t.Errorf("drift counts %d", drift.Summary.Drift)
	}
}

// TestVerdicts checks the verdict table, one row for each case: base, head and live state of one
// field, and of one object.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	const a, b, c = `{"arch":"a","steps":[]}`, `{"arch":"b","steps":[]}`, `{"arch":"c","steps":[]}`
	const none = ""
	for name, tc := range map[string]struct {
		base, head, live string
		twoWay           bool
		adjust           func(*diff.Input)
		want             string
	}{
		"all the same":                       {base: a, head: a, live: a, want: ``},
		"changed here":                       {base: a, head: b, live: a, want: `change shop/job/j update | change arch`},
		"edited outside":                     {base: a, head: a, live: b, want: `drift shop/job/j update | drift arch`},
		"changed on both sides":              {base: a, head: b, live: c, want: "conflict shop/job/j update | conflict arch\nrefused: conflict"},
		"changed alike on both sides":        {base: a, head: b, live: b, want: ``},
		"new":                                {base: none, head: a, live: none, want: `create shop/job/j create`},
		"new here, there already, the same":  {base: none, head: a, live: a, want: `adopt shop/job/j`},
		"new here, there already, different": {base: none, head: a, live: b, want: "collision shop/job/j\nrefused: collision"},
		"removed":                            {base: a, head: none, live: a, want: `remove shop/job/j disable`},
		"removed, edited outside":            {base: a, head: none, live: b, want: "remove-edited shop/job/j disable | remove-edited arch\nrefused: conflict"},
		"removed, gone":                      {base: a, head: none, live: none, want: ``},
		"unmanaged":                          {base: none, head: none, live: a, want: ``},
		"deleted outside":                    {base: a, head: a, live: none, want: `drift shop/job/j create`},
		"two-way, the same":                  {twoWay: true, head: a, live: a, want: ``},
		"two-way, different":                 {twoWay: true, head: a, live: b, want: `change shop/job/j update | change arch`},
		"two-way, new":                       {twoWay: true, head: a, live: none, want: `create shop/job/j create`},
		"two-way, not declared":              {twoWay: true, head: none, live: a, want: ``},
		"drift refused": {base: a, head: a, live: b, adjust: func(in *diff.Input) { in.Options.RefuseDrift = true },
			want: "drift shop/job/j update | drift arch\nrefused: drift"},
		"conflict forced": {base: a, head: b, live: c, adjust: func(in *diff.Input) { in.Options.ForceConflicts = true },
			want: "conflict shop/job/j update | conflict arch"},
		"removal of an edited job forced": {base: a, head: none, live: b, adjust: func(in *diff.Input) { in.Options.ForceConflicts = true },
			want: "remove-edited shop/job/j disable | remove-edited arch"},
		"collision adopted by flag": {base: none, head: a, live: b, adjust: func(in *diff.Input) { in.Options.Adopt = true },
			want: "adopt shop/job/j update | change arch"},
		"collision adopted by definition": {base: none, head: a, live: b, adjust: func(in *diff.Input) { in.Head.Jobs[1].Adopt = true },
			want: "adopt shop/job/j update | change arch"},
		"removal deletes": {base: a, head: none, live: a, adjust: func(in *diff.Input) { in.Policy.OnRemove = "delete" },
			want: "remove shop/job/j delete"},
		"removal keeps": {base: a, head: none, live: a, adjust: func(in *diff.Input) { in.Policy.OnRemove = "keep" },
			want: "remove shop/job/j"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A second job, always in step, keeps the listing and the workspace from
			// being empty.
			anchor := defined(t, "anchor", a)
			head, base := compiled(anchor), compiled(anchor)
			live := []*diff.LiveJob{existing(t, "anchor", a)}
			if tc.head != none {
				head.Jobs = append(head.Jobs, defined(t, "j", tc.head))
			}
			if tc.base != none {
				base.Jobs = append(base.Jobs, defined(t, "j", tc.base))
			}
			if tc.live != none {
				live = append(live, existing(t, "j", tc.live))
			}
			if tc.twoWay {
				base = nil
			}
			in := input(head, base, listed(live...))
			if tc.adjust != nil {
				tc.adjust(&in)
			}
			if d := cmp.Diff(tc.want, outline(diff.Compute(in))); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}
