package diff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

func member(key string, v *jsontree.Value) jsontree.Member {
	return jsontree.Member{Key: key, Value: v}
}

func str(s string) *jsontree.Value { return jsontree.String(s) }

// bodies draws the bodies that definitions compile to: each member may be
// absent, each list empty or with names in common.
type bodies struct{ t *rapid.T }

func (d bodies) maybe(label string) bool { return rapid.Bool().Draw(d.t, label) }

func (d bodies) of(label string, values ...string) *jsontree.Value {
	return str(rapid.SampledFrom(values).Draw(d.t, label))
}

func (d bodies) body() *jsontree.Value {
	b := jsontree.Object(member("arch", d.of("arch", "x86-64", "arm")))
	for _, m := range []jsontree.Member{
		member("flavor", d.of("flavor", "2u8g", "4U8G", "DEFAULT")),
		member("auto_update_sub_module", d.of("sub", "true", "false")),
		member("host_type", d.of("host", "devcloud", "custom_host")),
		member("build_if_code_updated", jsontree.Bool(d.maybe("if updated"))),
		member("timeout", jsontree.Object(member("limit", d.of("limit", "1", "4")), member("unit", str("hour")))),
		member("parameters", d.list("parameters", 3, d.parameter)),
		member("scms", d.list("scms", 2, d.scm)),
		member("triggers", d.list("triggers", 2, d.trigger)),
		member("x_unknown", d.unknown()),
	} {
		if d.maybe("declares " + m.Key) {
			b.Set(m.Key, m.Value)
		}
	}
	b.Set("steps", d.list("steps", 5, d.step))
	return b
}

func (d bodies) list(label string, most int, item func(i int) *jsontree.Value) *jsontree.Value {
	out := jsontree.Array()
	for i := range rapid.IntRange(0, most).Draw(d.t, label) {
		out.Append(item(i))
	}
	return out
}

func (d bodies) step(int) *jsontree.Value {
	properties := jsontree.Object(member("command", d.of("command", "make\n", "make\r\ntest\n", "make\ntest\n", "")))
	if d.maybe("image") {
		properties.Set("image", d.of("image", "a", "b"))
	}
	if d.maybe("flag") {
		properties.Set("ignoreTest", jsontree.Bool(d.maybe("ignoreTest")))
	}
	step := jsontree.Object(
		member("module_id", d.of("module", "devcloud2018.codeci_action_20043.action", "devcloud2018.codeci_action_20017.action", "own")),
		member("name", d.of("step", "Build", "Test", "Build")),
		member("properties", properties),
	)
	if d.maybe("enable") {
		step.Set("enable", jsontree.Bool(d.maybe("enabled")))
	}
	if d.maybe("version") {
		step.Set("version", jsontree.Null())
	}
	return step
}

func (d bodies) parameter(i int) *jsontree.Value {
	field := func(name string, v *jsontree.Value) *jsontree.Value {
		return jsontree.Object(member("name", str(name)), member("value", v))
	}
	value := field("defaultValue", d.of("value", "a", "b", ""))
	if d.maybe("options") {
		value.Set("limits", jsontree.Array(
			jsontree.Object(member("name", str("a")), member("disable", d.of("disable", "0", "1"))), jsontree.Object(member("name", str("b")))))
	}
	return jsontree.Object(
		member("name", str("hudson.model.StringParameterDefinition")),
		member("params", jsontree.Array(
			field("name", str(fmt.Sprint("p", i))), field("type", str("normalparam")), value,
			field("description", d.of("description", "", "text")), field("deletion", str("false")),
			field("defaults", str("false")), field("staticVar", d.of("static", "true", "false")), field("sensitiveVar", str("false")))),
	)
}

func (d bodies) scm(i int) *jsontree.Value {
	scm := jsontree.Object(member("url", str(fmt.Sprintf("git@host:r%d.git", i+rapid.IntRange(0, 1).Draw(d.t, "url")))),
		member("scm_type", d.of("scm", "codehub", "repo", "GitHub")), member("branch", d.of("branch", "main", "dev")))
	if d.maybe("depth") {
		scm.Set("depth", d.of("depth", "1", "10"))
	}
	return scm
}

func (d bodies) trigger(int) *jsontree.Value {
	return jsontree.Object(member("name", str("hudson.triggers.TimerTrigger")), member("parameters", jsontree.Array(
		jsontree.Object(member("name", str("spec")), member("value", d.of("cron", "1 2 * * *", "3 4 * * *"))),
		jsontree.Object(member("name", str("isDST")), member("value", str("false"))))))
}

// server returns the body as the service shows it, with randomly drawn quirks.
func (d bodies) server(sent *jsontree.Value) *jsontree.Value {
	b := sent.Clone()
	fill(b, "host_type", str("devcloud"))
	if limit := b.Get("timeout"); limit != nil && d.maybe("limit_time") {
		b.Set("limit_time", d.eitherType(limit.Str("limit")))
		b.Delete("timeout")
	}
	b.Set("domain_id", str("d"))
	b.Set("actions", jsontree.Array())
	for _, scm := range b.Get("scms").Items() {
		fill(scm, "build_type", str("branch"))
		fill(scm, "depth", str("1"))
		fill(scm, "repo_id", str("211"))
		fill(scm, "web_url", str("https://host/211"))
		if scm.Get("depth") != nil && d.maybe("depth as number") {
			scm.Set("depth", jsontree.Number(scm.Str("depth")))
		}
		if d.maybe("nulls") {
			scm.Set("source", jsontree.Null())
			scm.Set("end_point_id", str(""))
		}
	}
	for _, step := range b.Get("steps").Items() {
		fill(step, "enable", jsontree.Bool(true))
		fill(step, "version", jsontree.Null())
		properties := step.Get("properties")
		fill(properties, "preCondition", str("SUCCESS"))
		fill(properties, "added", jsontree.Int(7))
		if flag := properties.Get("ignoreTest"); flag != nil && d.maybe("text for boolean") {
			properties.Set("ignoreTest", str(flag.Text()))
		}
	}
	d.serverParameters(b)
	return b
}

func (d bodies) serverParameters(b *jsontree.Value) {
	parameters := b.Get("parameters")
	for _, param := range parameters.Items() {
		if d.maybe("capitals") {
			param.Set("name", str(strings.ToUpper(param.Str("name"))))
		}
		for _, field := range param.Get("params").Items() {
			fill(field, "limits", jsontree.Null())
		}
		if d.maybe("fields reversed") {
			slices.Reverse(param.Get("params").Items())
		}
	}
	if d.maybe("parameters reversed") {
		slices.Reverse(parameters.Items())
	}
	if parameters != nil && d.maybe("codeBranch") && !strings.Contains(string(parameters.AppendJSON(nil)), "codeBranch") {
		parameters.Append(jsontree.Object(member("name", str("HUDSON.MODEL.STRINGPARAMETERDEFINITION")), member("params", jsontree.Array(
			jsontree.Object(member("name", str("name")), member("value", str("codeBranch"))),
			jsontree.Object(member("name", str("defaults")), member("value", str("true"))),
			jsontree.Object(member("name", str("defaultValue")), member("value", str("master")))))))
	}
}

func (d bodies) eitherType(number string) *jsontree.Value {
	if d.maybe("as number") {
		return jsontree.Number(number)
	}
	return str(number)
}

func fill(object *jsontree.Value, key string, v *jsontree.Value) {
	if object.Get(key) == nil {
		object.Set(key, v)
	}
}

func jobOf(name string, b *jsontree.Value) *compile.Job {
	return (&compile.Job{Address: "shop/job/" + name, Project: "shop", ProjectID: project, Name: name}).WithBody(b)
}

func liveOf(name string, b *jsontree.Value) *diff.LiveJob {
	b = b.Clone()
	b.Set("job_name", str(name))
	b.Set("job_id", str("id-of-"+name))
	b.Set("project_id", str(project))
	return &diff.LiveJob{ProjectID: project, ID: "id-of-" + name, Name: name, Body: b}
}

// TestLawApplyThenPlanIsEmpty checks that a second plan is empty after the first was applied, for
// any live state and any rewriting by the service. With a base, the base stays the one of the first
// plan.
func TestLawApplyThenPlanIsEmpty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := bodies{t}
		want := jobOf("j", d.body())
		live := liveOf("j", d.server(d.body()))
		var base *compile.Result
		if d.maybe("three-way") {
			base = compiled(jobOf("j", d.body()))
		}
		in := input(compiled(want), base, listed(live))
		in.Options.ForceConflicts = true
		first := diff.Compute(in)
		sent := live.Body
		for _, c := range first.Changes {
			if len(c.Actions) > 0 {
				sent = c.DesiredBody()
			}
		}
		checkContains(t, "body", sent, want.Body())
		after := d.server(sent)
		in.Live = listed(liveOf("j", after))
		if second := diff.Compute(in); second.HasChanges() {
			t.Fatalf("after apply:\n%s\nwant %s\nlive %s\nsent %s\nread %s", outline(second),
				want.Body().AppendJSON(nil), live.Body.AppendJSON(nil), sent.AppendJSON(nil), after.AppendJSON(nil))
		}
		if paths := diff.Differences(after, sent, nil, in.Modules); len(first.Changes) > 0 && len(paths) > 0 {
			t.Fatalf("verification finds %q", paths)
		}
	})
}

// checkContains fails where have lacks something of want, lists by place.
func checkContains(t *rapid.T, path string, have, want *jsontree.Value) {
	facts := diff.ModulesOf(catalog.Default())
	if paths := diff.Differences(have, want, nil, facts); len(paths) > 0 {
		t.Fatalf("%s: the desired body lacks %q of what is declared", path, paths)
	}
}

// TestLawCreateThenPlanIsEmpty is the same for a job that did not exist.
func TestLawCreateThenPlanIsEmpty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := bodies{t}
		in := input(compiled(jobOf("j", d.body())), nil, listed())
		first := diff.Compute(in)
		if len(first.Changes) != 1 || first.Summary.Create != 1 {
			t.Fatal(outline(first))
		}
		in.Live = listed(liveOf("j", d.server(first.Changes[0].DesiredBody())))
		if second := diff.Compute(in); second.HasChanges() {
			t.Fatal(outline(second))
		}
	})
}

// TestLawCompareWithItself checks that a body never differs from itself, nor from the form that the
// service stores.
func TestLawCompareWithItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := bodies{t}
		b := d.body()
		facts := diff.ModulesOf(catalog.Default())
		if paths := diff.Differences(b, b, b, facts); len(paths) > 0 {
			t.Fatal(paths)
		}
		if diff.Fingerprint(b, facts) != diff.Fingerprint(b.Clone(), facts) {
			t.Fatal("the fingerprint is not stable")
		}
		if x, y := diff.Fingerprint(diff.Normalize(b, facts), facts), diff.Fingerprint(b, facts); x != y {
			t.Fatal("what the rules leave has another fingerprint: they are not idempotent")
		}
	})
}

// TestLawUnknownMembersSurvive checks that undeclared and undocumented members are sent back byte
// for byte, in the body, in steps and in code sources.
func TestLawUnknownMembersSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := bodies{t}
		want := d.body()
		live := d.server(want)
		odd := jsontree.Object(member("n", jsontree.Number("1.0e5")), member("s", str("a\r\nb")), member("e", jsontree.Array()), member("z", jsontree.Null()))
		live.Set("y_unknown", odd)
		for _, list := range []string{"steps", "scms"} {
			for _, item := range live.Get(list).Items() {
				item.Set("y_unknown", odd)
			}
		}
		want.Set("arch", str("changed"))
		p := diff.Compute(input(compiled(jobOf("j", want)), nil, listed(liveOf("j", live))))
		if len(p.Changes) != 1 {
			t.Fatal(outline(p))
		}
		sent := p.Changes[0].DesiredBody()
		same := func(where string, v *jsontree.Value) {
			if got := string(v.Get("y_unknown").AppendJSON(nil)); got != string(odd.AppendJSON(nil)) {
				t.Fatalf("%s: %s", where, got)
			}
		}
		same("body", sent)
		for _, list := range []string{"steps", "scms"} {
			for i, item := range sent.Get(list).Items() {
				same(fmt.Sprint(list, i), item)
			}
		}
	})
}

// TestLawPure checks that the same input gives the same plan and is not changed.
func TestLawPure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := bodies{t}
		want, base, live := jobOf("j", d.body()), jobOf("j", d.body()), liveOf("j", d.server(d.body()))
		text := func() string {
			return string(want.Body().AppendJSON(nil)) + string(base.Body().AppendJSON(nil)) + string(live.Body.AppendJSON(nil))
		}
		before := text()
		in := input(compiled(want), compiled(base), listed(live))
		in.Options.Explain, in.Options.ShowUndeclared = true, true
		first, second := diff.Compute(in), diff.Compute(in)
		if text() != before {
			t.Fatal("the input was changed")
		}
		if first.PlanID != second.PlanID || outline(first) != outline(second) {
			t.Fatal("two plans of one input differ")
		}
		in.Options.Explain, in.Options.ShowUndeclared = false, false
		if diff.Compute(in).PlanID != first.PlanID {
			t.Fatal("the plan id depends on what is only shown")
		}
	})
}

// TestLawQuickCheckEqualsFullComparison checks that a job that the quick check finds in step is
// also in step by the full comparison, which --explain uses.
func TestLawQuickCheckEqualsFullComparison(t *testing.T) {
	t.Parallel()
	inStep := 0
	rapid.Check(t, func(t *rapid.T) {
		d := bodies{t}
		wanted := d.body()
		live := d.server(wanted)
		if d.maybe("another member") {
			other := d.body()
			for _, m := range other.Members() {
				if d.maybe("its " + m.Key) {
					live.Set(m.Key, m.Value)
				}
			}
		}
		want := jobOf("j", wanted)
		var base *compile.Result
		switch rapid.SampledFrom([]string{"none", "same", "other"}).Draw(t, "base") {
		case "same":
			base = compiled(jobOf("j", wanted))
		case "other":
			base = compiled(jobOf("j", d.body()))
		}
		in := input(compiled(want), base, listed(liveOf("j", live)))
		short := diff.Compute(in)
		in.Options.Explain = true
		whole := diff.Compute(in)
		for i, c := range whole.Changes {
			if c.Verdict == diff.VerdictUnchanged {
				whole.Changes = slices.Delete(whole.Changes, i, i+1)
			}
		}
		if outline(short) != outline(whole) {
			t.Fatalf("the short way:\n%s\nthe whole way:\n%s\nwant %s\nlive %s", outline(short), outline(whole), wanted.AppendJSON(nil), live.AppendJSON(nil))
		}
		if len(short.Changes) == 0 {
			inStep++
		}
	})
	if inStep == 0 {
		t.Error("no job was in step: the law says nothing")
	}
}

// TestLawNoChangeWithEqualSides checks that no entry of a plan shows a change from a value to the
// same value, also where one side's value does not count because of another member.
func TestLawNoChangeWithEqualSides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := bodies{t}
		flipped := func(b *jsontree.Value) *jsontree.Value {
			for _, param := range b.Get("parameters").Items() {
				for _, field := range param.Get("params").Items() {
					if field.Str("name") == "defaults" && d.maybe("predefined") {
						field.Set("value", str("true"))
					}
				}
			}
			if steps := b.Get("steps").Items(); len(steps) > 0 && d.maybe("steps reversed") {
				slices.Reverse(steps)
			}
			return b
		}
		wanted, live := flipped(d.body()), liveOf("j", flipped(d.server(d.body())))
		var base *compile.Result
		if d.maybe("three-way") {
			base = compiled(jobOf("j", d.body()))
		}
		in := input(compiled(jobOf("j", wanted)), base, listed(live))
		if d.maybe("ignored") {
			in.Policy.Ignore = []spec.Ignore{{Job: "j", Fields: []string{rapid.SampledFrom([]string{"parameters.*.description", "parameters.*.predefined", "parameters.*.defaults", "steps.*.properties", "flavor"}).Draw(t, "field")}}}
		}
		in.Options.ForceConflicts = true
		for _, c := range diff.Compute(in).Changes {
			for _, f := range c.Fields {
				if !f.Sensitive && jsontree.Equal(f.Before, f.After) {
					t.Fatalf("%s %s: %s on both sides\nwant %s\nlive %s", f.Verdict, f.Path, f.Before.AppendJSON(nil), wanted.AppendJSON(nil), live.Body.AppendJSON(nil))
				}
			}
		}
	})
}

// unknown returns a member that no document lists; it may be declared empty.
func (d bodies) unknown() *jsontree.Value {
	if d.maybe("empty") {
		return jsontree.Object()
	}
	return jsontree.Object(member("a", d.of("x", "1", "2")), member("b", jsontree.Array(jsontree.Int(1))))
}
