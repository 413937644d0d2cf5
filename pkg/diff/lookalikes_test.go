package diff_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
)

// TestLookAlikes checks that a new job whose name differs from a live one only in letter case is
// created with a note.
func TestLookAlikes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		defined []string
		live    string
		noted   bool
	}{
		"another letter case": {[]string{"build-api"}, "Build-Api", true},
		"beyond ASCII":        {[]string{"\u00fcber"}, "\u00dcber", true},
		"another name":        {[]string{"build-api"}, "Build-App", false},
		"both defined":        {[]string{"build-api", "Build-Api"}, "Build-Api", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var jobs []*compile.Job
			for _, name := range tc.defined {
				jobs = append(jobs, defined(t, name, plainJob))
			}
			p := diff.Compute(input(compiled(jobs...), nil, listed(existing(t, tc.live, plainJob))))
			if p.Summary.Create != 1 || len(p.Refusals) > 0 {
				t.Fatal(outline(p))
			}
			for _, c := range p.Changes {
				if got := strings.Contains(c.Note, `renamed_from: ["`+tc.live); c.Verdict == diff.VerdictCreate && got != tc.noted {
					t.Errorf("note %q", c.Note)
				}
			}
		})
	}
}

// TestLookAlikeTemplates checks that a published template, which has no former names, gets the note
// too.
func TestLookAlikeTemplates(t *testing.T) {
	t.Parallel()
	for live, noted := range map[string]bool{"TMPL": true, "tmpl2": false} {
		want := &compile.Template{Address: "template/tmpl", Name: "tmpl", Body: body(t, `{"name":"tmpl","template":{"steps":[`+step("A", "one")+`]}}`)}
		in := input(&compile.Result{Templates: []*compile.Template{want}}, nil, listed())
		in.Live.Templates = []*diff.LiveTemplate{{UUID: "u", Name: live, Body: want.Body}}
		p := diff.Compute(in)
		if len(p.Changes) != 1 || p.Changes[0].Verdict != diff.VerdictCreate || strings.Contains(p.Changes[0].Note, `the live template "TMPL" differs in letter case only`) != noted {
			t.Errorf("beside %s:\n%s note %q", live, outline(p), p.Changes[0].Note)
		}
	}
}

// TestPinnedJobAndItsFormerNames checks that a pin decides which job is meant. If a former name is
// live as another job, the plan is refused.
func TestPinnedJobAndItsFormerNames(t *testing.T) {
	t.Parallel()
	want := defined(t, "new", `{"arch":"b"}`)
	want.ID, want.RenamedFrom = "id-of-new", []string{"old"}
	p := diff.Compute(input(compiled(want), nil, listed(existing(t, "new", `{"arch":"a"}`), existing(t, "old", `{"arch":"a"}`))))
	if len(p.Refusals) != 1 || p.Refusals[0].Rule != diff.RuleRename || !strings.Contains(p.Refusals[0].Message, "id-of-old") || p.HasChanges() {
		t.Errorf("both live: %s %v", outline(p), p.Refusals)
	}
	if p := diff.Compute(input(compiled(want), nil, listed(existing(t, "new", `{"arch":"a"}`)))); len(p.Refusals) > 0 || p.Summary.Update != 1 {
		t.Errorf("one live: %s", outline(p))
	}
	twin := existing(t, "old", `{"arch":"a"}`)
	twin.ID = "id-of-twin"
	want.ID = "id-of-old"
	if p := diff.Compute(input(compiled(want), nil, listed(existing(t, "old", `{"arch":"a"}`), twin))); len(p.Refusals) > 0 || p.Summary.Update != 1 {
		t.Errorf("a pinned twin: %s", outline(p))
	}
}

// TestRemovalOfADefinedJob checks that an entry of removed: is never dropped silently.
func TestRemovalOfADefinedJob(t *testing.T) {
	t.Parallel()
	pinned := defined(t, "x", plainJob)
	pinned.ID = "id-of-aa"
	renamed := defined(t, "x", plainJob)
	renamed.RenamedFrom = []string{"aa"}
	for name, job := range map[string]*compile.Job{"pinned": pinned, "renamed": renamed} {
		head := compiled(job)
		head.Removals = []compile.Removal{{Address: "shop/job/aa", Project: "shop", ProjectID: project, Job: "aa", Action: "delete"}}
		p := diff.Compute(input(head, nil, listed(existing(t, "aa", plainJob))))
		if len(p.Refusals) != 1 || p.Refusals[0].Rule != diff.RuleRename || !strings.Contains(p.Refusals[0].Message, "removed:") || p.Summary.Delete > 0 {
			t.Errorf("%s: %s %v", name, outline(p), p.Refusals)
		}
	}
}
