package diff_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/diff"
)

// TestRenameAcrossProjectsIsRefused checks a job that is renamed from one of another project: it would
// be created, and the old one removed with its history.
func TestRenameAcrossProjectsIsRefused(t *testing.T) {
	t.Parallel()
	const other = "8391ec48637849f384dd3db5c8d61aaa"
	body := steps(step("A", "a"))
	for name, tc := range map[string]struct {
		from    []string
		live    []*diff.LiveJob // of the other project
		refused bool
	}{
		"renamed":                  {[]string{"older", "old"}, nil, true},
		"a new job":                {nil, nil, false},
		"renamed from another one": {[]string{"older"}, nil, false},
		"it moved earlier":         {[]string{"old"}, []*diff.LiveJob{existing(t, "new", body)}, false},
	} {
		moved := defined(t, "new", body)
		moved.ProjectID, moved.Project, moved.Address, moved.RenamedFrom = other, "other", "other/job/new", tc.from
		live := listed(existing(t, "old", body))
		for _, job := range tc.live {
			job.ProjectID = other
		}
		live.Projects[other] = &diff.LiveProject{ID: other, Complete: true, Jobs: tc.live}
		refused := false
		plan := diff.Compute(input(compiled(moved), compiled(defined(t, "old", body)), live))
		for _, r := range plan.Refusals {
			refused = refused || r.Rule == diff.RuleRename && r.Address == "other/job/new"
		}
		if refused != tc.refused {
			t.Errorf("%s: refused: %t", name, refused)
		}
		for _, c := range plan.Changes {
			const note = "no live job of this project has a name of its renamed_from"
			if noted := strings.Contains(c.Note, note); c.Address == "other/job/new" && noted != (c.Verdict == diff.VerdictCreate && len(tc.from) > 0) {
				t.Errorf("%s: %s with the note %q", name, c.Verdict, c.Note)
			}
		}
	}
}

// TestRenameHint checks the note about a new job that equals a removed one: it is probably renamed.
func TestRenameHint(t *testing.T) {
	t.Parallel()
	a, b := steps(step("A", "a")), steps(step("B", "b"))
	for name, tc := range map[string]struct {
		base, head map[string]string
		want       map[string]string // of a created job, its note
	}{
		"renamed":                  {map[string]string{"old": a}, map[string]string{"new": a}, map[string]string{"new": "renamed from old? then write renamed_from: [old]"}},
		"another body":             {map[string]string{"old": a}, map[string]string{"new": b}, map[string]string{"new": ""}},
		"each its own":             {map[string]string{"o1": a, "o2": b}, map[string]string{"n1": a, "n2": b}, map[string]string{"n1": "renamed from o1? then write renamed_from: [o1]", "n2": "renamed from o2? then write renamed_from: [o2]"}},
		"one of two":               {map[string]string{"o1": a, "o2": a}, map[string]string{"new": a}, map[string]string{"new": "renamed from o1 or o2? then write renamed_from"}},
		"one of many":              {map[string]string{"o1": a, "o2": a, "o3": a, "o4": a, "o5": a}, map[string]string{"new": a}, map[string]string{"new": "renamed from o1, o2, o3 or one of 2 more? then write renamed_from"}},
		"nothing goes":             {map[string]string{"old": a}, map[string]string{"old": a, "new": a}, map[string]string{"new": ""}},
		"without a step":           {map[string]string{"old": `{"arch":"a"}`}, map[string]string{"new": `{"arch":"a"}`}, map[string]string{"new": ""}},
		"the order of the members": {map[string]string{"old": `{"flavor":"f","arch":"a","steps":[` + step("A", "a") + `]}`}, map[string]string{"new": `{"arch":"a","flavor":"f","steps":[` + step("A", "a") + `]}`}, map[string]string{"new": "renamed from old? then write renamed_from: [old]"}},
	} {
		base, head, live := compiled(), compiled(), []*diff.LiveJob{}
		for job, text := range tc.base {
			base.Jobs = append(base.Jobs, defined(t, job, text))
			live = append(live, existing(t, job, text))
		}
		for job, text := range tc.head {
			head.Jobs = append(head.Jobs, defined(t, job, text))
		}
		for _, onRemove := range []string{"disable", "delete", "keep"} {
			in := input(head, base, listed(live...))
			in.Policy.OnRemove = onRemove
			got := map[string]string{}
			for _, c := range diff.Compute(in).Changes {
				if c.Verdict == diff.VerdictCreate {
					got[c.Name] = c.Note
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("%s, %s: -want +got\n%s", name, onRemove, d)
			}
		}
	}
}
