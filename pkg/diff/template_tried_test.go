package diff_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
)

// TestTemplateOfAnInterruptedRun checks that a template that an interrupted run created is
// recognised as that run's. A template that differs belongs to somebody else.
func TestTemplateOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	made := func(command string) *compile.Template {
		return &compile.Template{Address: "template/t", Name: "t", Body: body(t, `{"name":"t","template":{"steps":[`+step("A", command)+`]}}`)}
	}
	for name, tc := range map[string]struct {
		base       *compile.Result
		live, want string
	}{
		"created":  {compiled(), "two", `change template/t replace | change steps["A"].properties.command`},
		"replaced": {&compile.Result{Templates: []*compile.Template{made("one")}}, "two", `change template/t replace | change steps["A"].properties.command`},
		"another":  {compiled(), "theirs", "collision template/t\nrefused: collision"},
		"edited":   {&compile.Result{Templates: []*compile.Template{made("one")}}, "console", "conflict template/t replace | conflict steps[\"A\"].properties.command\nrefused: conflict"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := listed()
			live.Templates = []*diff.LiveTemplate{{UUID: "u", Name: "t", Body: made(tc.live).Body}}
			in := input(&compile.Result{Templates: []*compile.Template{made("three")}}, tc.base, live)
			in.TriedTemplates = map[string][]*compile.Template{"template/t": {made("two")}}
			if got := outline(diff.Compute(in)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestTemplateThatAReplacementLost checks that a template that an unfinished run may have deleted,
// to create it anew, is no edit by somebody else: policy.drift: fail must not hold up its return.
func TestTemplateThatAReplacementLost(t *testing.T) {
	t.Parallel()
	one := &compile.Template{Address: "template/t", Name: "t", Body: body(t, `{"name":"t","template":{"steps":[`+step("A", "one")+`]}}`)}
	both := &compile.Result{Templates: []*compile.Template{one}}
	for tried, drift := range map[bool]int{true: 0, false: 1} {
		in := input(both, both, listed())
		if tried {
			in.TriedTemplates = map[string][]*compile.Template{"template/t": {one}}
		}
		if p := diff.Compute(in); p.Summary.Create != 1 || p.Summary.Drift != drift {
			t.Errorf("tried %t: %d drift\n%s", tried, p.Summary.Drift, outline(p))
		}
	}
}
