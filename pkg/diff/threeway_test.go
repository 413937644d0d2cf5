package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// serverStep returns a step as the service shows it: with properties of its own.
func serverStep(module, name, command, image string) string {
	return fmt.Sprintf(`{"module_id":%q,"name":%q,"properties":{"command":%q,"image":%q,"preCondition":"SUCCESS","added":7,"more":"x"},"enable":true,"version":null}`, module, name, command, image)
}

func wantedStep(module, name, command, image string) string {
	return fmt.Sprintf(`{"module_id":%q,"name":%q,"properties":{"command":%q,"image":%q}}`, module, name, command, image)
}

// TestOrdinaryEditsOfSteps edits definitions of an unedited live job, on a server that adds
// properties to steps. No verdict may report an outside edit.
func TestOrdinaryEditsOfSteps(t *testing.T) {
	t.Parallel()
	const maven, shell = "devcloud2018.codeci_action_20043.action", "devcloud2018.codeci_action_20017.action"
	type step [4]string
	a, b, c := step{maven, "A", "mvn a", "i"}, step{shell, "B", "sh b", "i"}, step{maven, "C", "mvn c", "i"}
	for name, edit := range map[string]struct{ before, after []step }{
		"rename":                        {[]step{a}, []step{{maven, "A2", "mvn a", "i"}}},
		"rename and another command":    {[]step{{maven, "Compile", "mvn -B compile", "i"}}, []step{{maven, "Package", "mvn -B package", "i"}}},
		"all of it":                     {[]step{a}, []step{{maven, "Z", "mvn z", "j"}}},
		"another command":               {[]step{a}, []step{{maven, "A", "mvn other", "i"}}},
		"another module and name":       {[]step{a}, []step{{shell, "Z", "sh z", "j"}}},
		"another module, same name":     {[]step{a}, []step{{shell, "A", "mvn a", "i"}}},
		"the middle one replaced":       {[]step{a, b, c}, []step{a, {shell, "Z", "sh z", "j"}, c}},
		"replaced with its image":       {[]step{a, b, c}, []step{a, {maven, "B", "mvn z", "j"}, c}},
		"two swapped":                   {[]step{a, b, c}, []step{b, a, c}},
		"one inserted before":           {[]step{a}, []step{b, a}},
		"two replaced by one":           {[]step{a, b}, []step{{maven, "AB", "mvn ab", "i"}}},
		"one replaced by two":           {[]step{a}, []step{{maven, "A1", "mvn 1", "i"}, {maven, "A2", "mvn 2", "i"}}},
		"the second of one name":        {[]step{a, a}, []step{a, {maven, "A", "mvn other", "i"}}},
		"one removed":                   {[]step{a, b, c}, []step{a, c}},
		"all removed":                   {[]step{a, b}, nil},
		"the first of one name removed": {[]step{a, {maven, "A", "mvn 2", "i"}}, []step{{maven, "A", "mvn 2", "i"}}},
	} {
		list := func(steps []step, write func(module, name, command, image string) string) string {
			var texts []string
			for _, s := range steps {
				texts = append(texts, write(s[0], s[1], s[2], s[3]))
			}
			return `{"steps":[` + strings.Join(texts, ",") + `]}`
		}
		base := compiled(defined(t, "j", list(edit.before, wantedStep)))
		head := compiled(defined(t, "j", list(edit.after, wantedStep)))
		plan := diff.Compute(input(head, base, listed(existing(t, "j", list(edit.before, serverStep)))))
		for _, change := range plan.Changes {
			for _, f := range change.Fields {
				if f.Verdict != diff.VerdictChange {
					t.Errorf("%s: %s %s: base %s, live %s, definitions %s", name, f.Path, f.Verdict, text(f.Base), text(f.Before), text(f.After))
				}
			}
		}
		if len(plan.Refusals) > 0 || !plan.HasChanges() {
			t.Errorf("%s: %s %v", name, outline(plan), plan.Refusals)
		}
	}
}

// TestRemovedItemsAreChanges removes items of each list. The live state equals the base, except for
// the service's own form.
func TestRemovedItemsAreChanges(t *testing.T) {
	t.Parallel()
	const param = `{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"%s"},{"name":"type","value":"normalparam"},{"name":"defaultValue","value":"1"}]}`
	const shownParam = `{"name":"HUDSON.MODEL.STRINGPARAMETERDEFINITION","params":[{"name":"type","value":"normalparam"},{"name":"defaultValue","value":"1"},{"name":"description","value":""},{"name":"deletion","value":"false"},{"name":"staticVar","value":"false"},{"name":"name","value":"%s"}]}`
	const predefined = `{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"codeBranch"},{"name":"defaults","value":"true"},{"name":"defaultValue","value":"master"}]}`
	const scm = `{"url":"git@h:%s.git","scm_type":"codehub","branch":"main"}`
	const shownScm = `{"url":"git@h:%s.git","scm_type":"repo","branch":"main","build_type":"branch","depth":1,"repo_id":211,"web_url":"https://h/1","endpoint_id":""}`
	const trigger = `{"name":"hudson.triggers.TimerTrigger","parameters":[{"name":"spec","value":"%s"},{"name":"isDST","value":"false"}]}`
	const shownTrigger = `{"name":"hudson.triggers.TimerTrigger","parameters":[{"name":"isDST","value":false},{"name":"spec","value":"%s"}]}`
	for list, forms := range map[string][3]string{
		"parameters": {param, shownParam, predefined}, "scms": {scm, shownScm}, "triggers": {trigger, shownTrigger},
	} {
		write := func(form string, names ...string) string {
			var items []string
			for _, name := range names {
				items = append(items, fmt.Sprintf(form, name))
			}
			return strings.Join(items, ",")
		}
		live := write(forms[1], "b", "a")
		if forms[2] != "" {
			live += "," + forms[2]
		}
		base := compiled(defined(t, "j", `{"`+list+`":[`+write(forms[0], "a", "b")+`]}`))
		for what, want := range map[string]string{"one": `{"` + list + `":[` + write(forms[0], "a") + `]}`, "all": `{"` + list + `":[]}`, "the key": `{}`} {
			plan := diff.Compute(input(compiled(defined(t, "j", want)), base, listed(existing(t, "j", `{"`+list+`":[`+live+`]}`))))
			for _, change := range plan.Changes {
				for _, f := range change.Fields {
					if f.Verdict != diff.VerdictChange || strings.Contains(f.Path, "codeBranch") {
						t.Errorf("%s, %s: %s %s: base %s, live %s", list, what, f.Path, f.Verdict, text(f.Base), text(f.Before))
					}
				}
			}
			if len(plan.Refusals) > 0 || !plan.HasChanges() {
				t.Errorf("%s, %s: %s %v", list, what, outline(plan), plan.Refusals)
			}
		}
	}
}

// TestPredefinedParameterInFront checks that a parameter of the service in front of a declared one does
// not move the place of the change.
func TestPredefinedParameterInFront(t *testing.T) {
	t.Parallel()
	param := func(name, value, more string) string {
		return fmt.Sprintf(`{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":%q},{"name":"defaultValue","value":%q}%s]}`, name, value, more)
	}
	list := func(items ...string) string { return `{"parameters":[` + strings.Join(items, ",") + `]}` }
	predefined := param("codeBranch", "master", `,{"name":"defaults","value":"true"}`)
	base, head := list(param("a", "1", ""), param("b", "1", "")), strings.Replace(list(param("a", "2", ""), param("b", "1", "")), "StringP", "TextP", 1)
	live := list(predefined, param("a", "1", ""), param("b", "3", ""))
	plan := diff.Compute(input(compiled(defined(t, "j", head)), compiled(defined(t, "j", base)), listed(existing(t, "j", live))))
	if got, want := outline(plan), `change shop/job/j update | change parameters["a"].definition | change parameters["a"].defaultValue | drift parameters["b"].defaultValue`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if after := text(plan.Changes[0].Fields[0].After); after != `"hudson.model.TextParameterDefinition"` {
		t.Errorf("the new kind is shown as %s, not as it is declared", after)
	}
}

// TestMembersOfATrigger checks that a declared member of a trigger besides its parameters is written.
func TestMembersOfATrigger(t *testing.T) {
	t.Parallel()
	trigger := func(state string) string {
		return `{"triggers":[{"name":"hudson.triggers.TimerTrigger","state":"` + state + `","parameters":[{"name":"spec","value":"1"}]}]}`
	}
	plan := diff.Compute(input(compiled(defined(t, "j", trigger("on"))), nil, listed(existing(t, "j", trigger("off")))))
	if !plan.HasChanges() || !strings.Contains(text(plan.Changes[0].DesiredBody()), `"state":"on"`) {
		t.Errorf("%s", outline(plan))
	}
}

// TestTriggersWithMembersOfTheService checks that a trigger with members that the service added
// still matches its definition.
func TestTriggersWithMembersOfTheService(t *testing.T) {
	t.Parallel()
	trigger := func(name, spec, more string) string {
		return fmt.Sprintf(`{"name":%q,"parameters":[{"name":"spec","value":%q}]%s}`, name, spec, more)
	}
	list := func(items ...string) string { return `{"triggers":[` + strings.Join(items, ",") + `]}` }
	c1, c2, a1 := trigger("C", "1", ""), trigger("C", "2", ""), trigger("A", "1", "")
	for name, tc := range map[string][2]string{
		"one more":  {list(c2), list(a1, a1, c1, c2)},
		"in front":  {list(c2), list(c1, c2)},
		"exchanged": {list(c1, c2), list(c2, c1)},
		"one less":  {list(c1, c2), list(c2)},
	} {
		live := strings.ReplaceAll(tc[0], "]}]}", `],"id":7}]}`)
		live = strings.ReplaceAll(live, "]},{", `],"id":6},{`)
		plan := diff.Compute(input(compiled(defined(t, "j", tc[1])), compiled(defined(t, "j", tc[0])), listed(existing(t, "j", live))))
		for _, change := range plan.Changes {
			for _, f := range change.Fields {
				if f.Verdict != diff.VerdictChange {
					t.Errorf("%s: %s %s: base %s, live %s, definitions %s", name, f.Path, f.Verdict, text(f.Base), text(f.Before), text(f.After))
				}
			}
		}
		if len(plan.Refusals) > 0 {
			t.Errorf("%s: %v", name, plan.Refusals)
		}
	}
}

// TestTriggersWithParametersOfTheService checks that a parameter that the service adds to a trigger
// is not a difference and stays, and that one which the base declared is removed.
func TestTriggersWithParametersOfTheService(t *testing.T) {
	t.Parallel()
	trigger := func(fields ...string) string {
		var list []string
		for _, f := range fields {
			name, value, _ := strings.Cut(f, "=")
			list = append(list, fmt.Sprintf(`{"name":%q,"value":%q}`, name, value))
		}
		return `{"triggers":[{"name":"hudson.triggers.TimerTrigger","parameters":[` + strings.Join(list, ",") + `]}]}`
	}
	live := trigger("spec=0 2 * * *", "timeZoneId=UTC", "timeZone=UTC")
	for _, tc := range []struct{ name, base, want, paths string }{
		{"in step", trigger("spec=0 2 * * *", "timeZoneId=UTC"), trigger("spec=0 2 * * *", "timeZoneId=UTC"), ""},
		{"without a base", "", trigger("timeZoneId=UTC", "spec=0 2 * * *"), ""},
		{"another hour", trigger("spec=0 2 * * *", "timeZoneId=UTC"), trigger("spec=0 3 * * *", "timeZoneId=UTC"), `triggers[0].parameters["spec"]`},
		{"taken out", live, trigger("spec=0 2 * * *", "timeZoneId=UTC"), `triggers[0].parameters["timeZone"]`},
	} {
		var base *compile.Result
		if tc.base != "" {
			base = compiled(defined(t, "j", tc.base))
		}
		plan := diff.Compute(input(compiled(defined(t, "j", tc.want)), base, listed(existing(t, "j", live))))
		var paths []string
		for _, change := range plan.Changes {
			paths = append(paths, diff.Paths(change.Fields)...)
		}
		if got := strings.Join(paths, " "); got != tc.paths || len(plan.Refusals) > 0 {
			t.Errorf("%s: changes %q, want %q: %v", tc.name, got, tc.paths, plan.Refusals)
		}
	}
}

// TestOptionsWithMembersOfTheService: a member that the service adds to an option
// is not a difference, is nobody's edit, and stays when the options change.
func TestOptionsWithMembersOfTheService(t *testing.T) {
	t.Parallel()
	options := func(names string, more string) string {
		var list []string
		for _, name := range strings.Fields(names) {
			list = append(list, fmt.Sprintf(`{"name":%q,"display_name":%q,"disable":"0"%s}`, name, name, strings.ReplaceAll(more, "%s", name)))
		}
		return `{"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"p"},{"name":"defaultValue","value":"a","limits":[` + strings.Join(list, ",") + `]}]}]}`
	}
	for _, tc := range []struct {
		name, base, live, want string
		verdict                diff.Verdict
	}{
		{"nothing changes", options("a b", ""), options("a b", `,"sequence":"%s"`), options("a b", ""), ""},
		{"one more", options("a b", ""), options("a b", `,"sequence":"%s"`), options("a b c", ""), diff.VerdictChange},
		{"one less", options("a b", ""), options("a b", `,"sequence":"%s"`), options("a", ""), diff.VerdictChange},
		{"an edit", options("a b", ""), options("a c", `,"sequence":"%s"`), options("a b", ""), diff.VerdictDrift},
		{"a member taken out", options("a b", `,"mine":1`), options("a b", `,"mine":1`), options("a b", ""), diff.VerdictChange},
	} {
		plan := diff.Compute(input(compiled(defined(t, "j", tc.want)), compiled(defined(t, "j", tc.base)), listed(existing(t, "j", tc.live))))
		var verdict diff.Verdict
		for _, change := range plan.Changes {
			for _, f := range change.Fields {
				verdict = f.Verdict
				if tc.name == "one more" && !strings.Contains(text(f.After), `"name":"b","display_name":"b","disable":"0","sequence":"b"`) {
					t.Errorf("%s: what the service added is lost: %s", tc.name, text(f.After))
				}
			}
		}
		if verdict != tc.verdict {
			t.Errorf("%s: the verdict is %q, want %q: %s", tc.name, verdict, tc.verdict, outline(plan))
		}
	}
}

// TestUpdateAddsNoFieldsOfParameters checks that an update of a parameter that another tool wrote
// with two fields does not add the others, unless they say something.
func TestUpdateAddsNoFieldsOfParameters(t *testing.T) {
	t.Parallel()
	field := func(name, value string) string { return fmt.Sprintf(`{"name":%q,"value":%q}`, name, value) }
	param := func(fields ...string) string {
		return `{"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[` + strings.Join(fields, ",") + `]}]}`
	}
	live := param(field("name", "p"), field("defaultValue", "a"))
	for _, tc := range []struct{ static, want string }{
		{"false", "name defaultValue"},
		{"true", "name defaultValue staticVar"},
	} {
		want := param(field("name", "p"), field("defaultValue", "b"), field("description", ""), field("deletion", "false"), field("staticVar", tc.static))
		plan := diff.Compute(input(compiled(defined(t, "j", want)), nil, listed(existing(t, "j", live))))
		var names []string
		for _, f := range wire.ParametersOf(plan.Changes[0].DesiredBody())[0].Definition.Get("params").Items() {
			names = append(names, f.Str("name"))
		}
		if got := strings.Join(names, " "); got != tc.want {
			t.Errorf("static %s: an update sends the fields %q, want %q", tc.static, got, tc.want)
		}
	}
}

func text(v *jsontree.Value) string { return string(v.AppendJSON(nil)) }

// TestRenameWhoseNewNameIsLive checks that a rename to a live job's name is refused, because it
// would overwrite that job.
func TestRenameWhoseNewNameIsLive(t *testing.T) {
	t.Parallel()
	want := defined(t, "bb", `{"arch":"b"}`)
	want.RenamedFrom = []string{"aa"}
	both := listed(existing(t, "aa", `{"arch":"a"}`), existing(t, "bb", `{"arch":"c"}`))
	p := diff.Compute(input(compiled(want), nil, both))
	if len(p.Refusals) != 1 || p.Refusals[0].Rule != diff.RuleRename || !strings.Contains(p.Refusals[0].Message, "id-of-aa") || !strings.Contains(p.Refusals[0].Message, "id-of-bb") || p.HasChanges() {
		t.Errorf("%s %v", outline(p), p.Refusals)
	}
	if p := diff.Compute(input(compiled(want), nil, listed(existing(t, "bb", `{"arch":"b"}`)))); len(p.Refusals) > 0 || p.HasChanges() {
		t.Errorf("an entry that stays after the rename: %s %v", outline(p), p.Refusals)
	}
	if p := diff.Compute(input(compiled(want), nil, listed(existing(t, "aa", `{"arch":"a"}`)))); len(p.Refusals) > 0 || !p.HasChanges() {
		t.Errorf("a rename: %s %v", outline(p), p.Refusals)
	}
}

// TestPlanIDHoldsTheObjectsID checks that the same change of another live job has another plan id.
func TestPlanIDHoldsTheObjectsID(t *testing.T) {
	t.Parallel()
	id := func(id string) string {
		live := existing(t, "j", `{"arch":"a"}`)
		live.ID, live.Item.ID = id, id
		return diff.Compute(input(compiled(defined(t, "j", `{"arch":"b"}`)), nil, listed(live))).PlanID
	}
	if id("one") == id("two") {
		t.Error("two objects, one plan id")
	}
}

// TestDeleteOfADisabledJob checks that a disabled job is still deleted.
func TestDeleteOfADisabledJob(t *testing.T) {
	t.Parallel()
	job := defined(t, "j", `{"arch":"a"}`)
	live := existing(t, "j", `{"arch":"a"}`)
	live.Item.Disabled = true
	for action, want := range map[string]int{"delete": 1, "disable": 0} {
		in := input(compiled(defined(t, "other", `{"arch":"a"}`)), compiled(job, defined(t, "other", `{"arch":"a"}`)), listed(live, existing(t, "other", `{"arch":"a"}`)))
		in.Policy.OnRemove, in.Policy.MaxRemovalShare = action, 1
		if plan := diff.Compute(in); plan.Summary.Delete+plan.Summary.Disable != want {
			t.Errorf("%s: %s", action, outline(plan))
		}
	}
}

// TestRemovalOfAnUnseenState checks that a job whose state the service does not show is disabled once
// and not at each apply.
func TestRemovalOfAnUnseenState(t *testing.T) {
	t.Parallel()
	entry := func(job, action string) compile.Removal {
		return compile.Removal{Address: "shop/job/" + job, Project: "shop", ProjectID: project, Job: job, Action: action}
	}
	disabled := defined(t, "j", `{"arch":"a"}`)
	disabled.Enabled = new(false)
	const disable = "remove shop/job/j disable"
	for name, tc := range map[string]struct {
		base  *compile.Result
		head  []compile.Removal
		first bool
		want  string
	}{
		"listed, without a base":                  {head: []compile.Removal{entry("j", "disable")}},
		"listed, first apply":                     {head: []compile.Removal{entry("j", "disable")}, first: true, want: disable},
		"listed, defined at the base":             {base: compiled(defined(t, "j", `{"arch":"a"}`)), head: []compile.Removal{entry("j", "disable")}, want: disable},
		"listed, listed at the base":              {base: &compile.Result{Removals: []compile.Removal{entry("j", "disable")}}, head: []compile.Removal{entry("j", "disable")}},
		"listed, another listed at the base":      {base: &compile.Result{Removals: []compile.Removal{entry("k", "disable")}}, head: []compile.Removal{entry("j", "disable")}, want: disable},
		"listed, deleted at the base":             {base: &compile.Result{Removals: []compile.Removal{entry("j", "delete")}}, head: []compile.Removal{entry("j", "disable")}, want: disable},
		"no longer defined":                       {base: compiled(defined(t, "j", `{"arch":"a"}`)), want: disable},
		"no longer defined, disabled at the base": {base: compiled(disabled)},
	} {
		live := existing(t, "j", `{"arch":"a"}`)
		live.Item.StateUnseen = true
		in := input(&compile.Result{Removals: tc.head}, tc.base, listed(live))
		in.Options.AllowEmpty, in.Policy.MaxRemovalShare, in.FirstApply = true, 1, tc.first
		if got := outline(diff.Compute(in)); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}
