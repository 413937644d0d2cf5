package diff_test

import (
	"slices"
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
// to create it anew, is not an edit by somebody else: policy.drift: fail must not hold up its return.
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

// TestFurtherMembersOfATemplate checks members of a template that the reference does not list: those
// that a definition has are compared as all others, and the service's own are left out.
func TestFurtherMembersOfATemplate(t *testing.T) {
	t.Parallel()
	const own = `"uuid":"u","weight":1,"scope":"custom",`
	made := func(members string) *compile.Result {
		return &compile.Result{Templates: []*compile.Template{{
			Address: "template/t", Name: "t", Body: body(t, `{`+members+`"name":"t","template":{"steps":[`+step("A", "one")+`]}}`)}}}
	}
	for name, tc := range map[string]struct{ base, head, live, want, sent string }{
		"in step":          {`"other":"v",`, `"other":"v",`, `"other":"v",`, "", ""},
		"changed here":     {`"other":"v",`, `"other":"w",`, `"other":"v",`, "change template/t replace | change other", `"w"`},
		"changed outside":  {`"other":"v",`, `"other":"v",`, `"other":"x",`, "drift template/t replace | drift other", `"v"`},
		"changed on both":  {`"other":"v",`, `"other":"w",`, `"other":"x",`, "conflict template/t replace | conflict other\nrefused: conflict", `"w"`},
		"removed here":     {`"other":"v",`, ``, `"other":"v",`, "change template/t replace | change other", ""},
		"new here":         {``, `"other":"v",`, ``, "change template/t replace | change other", `"v"`},
		"of the service":   {``, ``, `"other":"v",`, "", ""},
		"another member":   {`"other":{"a":1},`, `"other":{"a":2},`, `"other":{"a":1,"b":3},`, "change template/t replace | change other.a", `{"a":2,"b":3}`},
		"other letters":    {`"otherKey":"v",`, `"otherKey":"v",`, `"OtherKey":"v",`, "", ""},
		"not shown":        {`"other":"v",`, `"other":"v",`, ``, "", ""},
		"null":             {`"other":"v",`, `"other":"v",`, `"other":null,`, "", ""},
		"changed, unshown": {`"other":"v",`, `"other":"w",`, ``, "change template/t replace | change other", `"w"`},
		"removed, unshown": {`"other":"v",`, ``, ``, "change template/t replace | change other", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := listed()
			live.Templates = []*diff.LiveTemplate{{UUID: "u", Name: "t", Body: made(own + tc.live).Templates[0].Body}}
			p := diff.Compute(input(made(tc.head), made(tc.base), live))
			if got := outline(p); got != tc.want {
				t.Fatalf("got %s, want %s", got, tc.want)
			}
			for i := range p.Changes {
				sent := p.Changes[i].DesiredBody()
				if got := string(sent.Get("other").AppendJSON(nil)); got != tc.sent && tc.sent != "" || sent.Get("weight") != nil || sent.Get("other") != nil && tc.sent == "" {
					t.Errorf("sent is %s", sent.AppendJSON(nil))
				}
			}
		})
	}
}

// TestReplacementKeepsUndeclaredMembers checks that a template's replacement keeps the members of the
// live one that no definition names, and leaves out those that only the service writes.
func TestReplacementKeepsUndeclaredMembers(t *testing.T) {
	t.Parallel()
	made := func(members, command string) *compile.Result {
		return &compile.Result{Templates: []*compile.Template{{
			Address: "template/t", Name: "t", Body: body(t, `{`+members+`"name":"t","template":{"steps":[`+step("A", command)+`]}}`)}}}
	}
	const own = `"uuid":"u","id":"1","weight":1,"scope":"custom","userId":"1","update_time":"2026-01-02","i18n":{"a":"b"},`
	live := listed()
	live.Templates = []*diff.LiveTemplate{{UUID: "u", Name: "t", Body: made(own+`"resource_limit":{"cpu":2},"Label":"x","empty":null,`, "one").Templates[0].Body}}
	for name, base := range map[string]*compile.Result{"with a base": made("", "one"), "without one": nil} {
		p := diff.Compute(input(made("", "two"), base, live))
		if len(p.Changes) != 1 {
			t.Fatalf("%s: %s", name, outline(p))
		}
		sent := p.Changes[0].DesiredBody()
		var names []string
		for _, m := range sent.Members() {
			names = append(names, m.Key)
		}
		if slices.Sort(names); !slices.Equal(names, []string{"Label", "name", "resource_limit", "template"}) {
			t.Errorf("%s: sent is %s", name, sent.AppendJSON(nil))
		}
	}
}
