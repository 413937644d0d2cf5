package apply_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// ofTemplate are members of a template that a person set. Names after "template." are beside its
// steps, names after "step." in the first step.
func ofTemplate() *jsontree.Value {
	return object(
		"description", "of a person", "tool_type", "maven",
		"parameters", jsontree.Array(object("name", "hudson.model.StringParameterDefinition", "params", jsontree.Array(object("name", "name", "value", "p"), object("name", "defaultValue", "value", "v")))),
		"template.image", "own", "template.x_later", object("deep", "value"), "step.x_later", "value", "step.list", jsontree.Array(object("a", "1")),
	)
}

func templateWith(command string, keys ...string) *compile.Template {
	out := template("t", command)
	inner := out.Body.Get("template")
	out.Body.Delete("description")
	out.Body.Delete("tool_type")
	for _, m := range ofTemplate().Members() {
		if !slices.Contains(keys, m.Key) {
			continue
		}
		switch m.Key {
		case "template.image", "template.x_later":
			inner.Set(m.Key[len("template."):], m.Value)
		case "step.x_later", "step.list":
			inner.Get("steps").Items()[0].Get("properties").Set(m.Key[len("step."):], m.Value)
		default:
			out.Body.Set(m.Key, m.Value)
		}
	}
	return out
}

// TestReplacementLosesNothing checks that a template's replacement for one field changes only that
// field, whatever the definition declares and whatever the service shows.
func TestReplacementLosesNothing(t *testing.T) {
	t.Parallel()
	var all []string
	for _, m := range ofTemplate().Members() {
		all = append(all, m.Key)
	}
	rapid.Check(t, func(rt *rapid.T) {
		set := rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID[string]).Draw(rt, "set by a person")
		declared := slices.DeleteFunc(rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID[string]).Draw(rt, "declared"), func(key string) bool { return !slices.Contains(set, key) })
		quirks := emulator.NoQuirks()
		quirks.CapitalTemplates, quirks.Nulls, quirks.TemplateMembers, quirks.MovingFields = rapid.Bool().Draw(rt, "capitals"), rapid.Bool().Draw(rt, "nulls"), rapid.Bool().Draw(rt, "members"), rapid.Bool().Draw(rt, "moving")
		w := newWorldFor(t, rt, quirks)
		w.converge(&compile.Result{Templates: []*compile.Template{templateWith("echo before", set...)}})
		before := w.MustTruth(t).Templates[0].Body
		plan := w.plan(&compile.Result{Templates: []*compile.Template{templateWith("echo after", declared...)}}, nil, nil)
		if len(plan.Changes) != 1 || len(plan.Changes[0].Fields) != 1 {
			rt.Fatalf("more than the command is a change:\n%s", describePlan(plan))
		}
		if report := w.apply(plan, apply.Options{}); !report.Complete() {
			rt.Fatalf("not complete:\n%s", describe(report))
		}
		after := w.MustTruth(t).Templates
		if len(after) != 1 {
			rt.Fatalf("%d templates are left", len(after))
		}
		got := after[0].Body
		properties := got.Get("template").Get("steps").Items()[0].Get("properties")
		properties.Set("command", jsontree.String("echo before"))
		properties.Delete("stepUpdateTime") // the service's own
		got.Get("template").Delete("update_time")
		filled := got.Get("template").Get("steps").Items()[0]
		filled.Delete("enable") // as the service shows an undeclared value
		before.Get("template").Get("steps").Items()[0].Delete("enable")
		before.SortKeys()
		got.SortKeys()
		if delta := cmp.Diff(string(before.AppendJSON(nil)), string(got.AppendJSON(nil))); delta != "" {
			rt.Errorf("more than the command changed (-before +after):\n%s", delta)
		}
	})
}

// TestReplacementOfATemplateThatMoves checks that members that the service changes make no approved
// replacement stale, but an edit of a declared value does.
func TestReplacementOfATemplateThatMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, moving())
	start := &compile.Result{Templates: []*compile.Template{template("t", "echo before")}}
	w.converge(start)
	head := &compile.Result{Templates: []*compile.Template{template("t", "echo after")}}
	planned, fresh := w.plan(head, start, nil), w.plan(head, start, nil)
	if planned.PlanID != fresh.PlanID {
		t.Errorf("the ids are %s and %s", planned.PlanID, fresh.PlanID)
	}
	if err := apply.Approve(planned, fresh); err != nil {
		t.Error(err)
	}
	if report := w.apply(planned, apply.Options{}); !report.Complete() {
		t.Errorf("not complete:\n%s", describe(report))
	}
}

// TestTemplateChangedSinceThePlan checks that a template that changed after the plan is neither
// deleted nor replaced, and that its paths are named.
func TestTemplateChangedSinceThePlan(t *testing.T) {
	t.Parallel()
	start := &compile.Result{Templates: []*compile.Template{template("t", "echo planned")}}
	for name, test := range map[string]struct {
		head   *compile.Result
		action diff.Action
		stale  bool
	}{
		"delete":            {&compile.Result{}, diff.ActionDelete, true},
		"replace":           {&compile.Result{Templates: []*compile.Template{template("t", "echo after")}}, diff.ActionReplace, true},
		"delete, as it was": {&compile.Result{}, diff.ActionDelete, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.NoQuirks())
			w.converge(start)
			allow := func(in *apply.PlanInput) { in.Options.AllowEmpty = true }
			plan := w.plan(test.head, start, allow)
			if test.stale { // the same uuid with another body, which another service may allow
				edited := newWorld(t, emulator.NoQuirks())
				edited.converge(&compile.Result{Templates: []*compile.Template{template("t", "echo edited")}})
				w = edited
			}
			w.ResetCalls()
			got := result(t, w.apply(plan, apply.Options{}), start.Templates[0].Address, test.action)
			left := len(w.MustTruth(t).Templates)
			if !test.stale {
				if !got.Outcome.Done() || left != 0 {
					t.Errorf("ended %s, %d templates are left", got.Outcome, left)
				}
				return
			}
			if want := `steps["Build"].properties.command`; got.Outcome != apply.Conflict || w.writes() > 0 || left != 1 || !slices.Contains(got.Paths, want) {
				t.Errorf("ended %s (%s), paths %q, %d writes, %d left", got.Outcome, got.Message, got.Paths, w.writes(), left)
			}
		})
	}
}

// TestReplacementRefusesHiddenValues checks a sensitive value of a live template, which reads as a
// mask. A replacement would store the mask, so the plan is refused unless the definition has the
// value.
func TestReplacementRefusesHiddenValues(t *testing.T) {
	t.Parallel()
	with := func(command string, parameters ...*jsontree.Value) *compile.Result {
		out := template("t", command)
		if len(parameters) > 0 {
			out.Body.Set("parameters", jsontree.Array(parameters...))
		}
		return &compile.Result{Templates: []*compile.Template{out}}
	}
	hidden, open := parameterOf("TOKEN", "6f3a90", true), parameterOf("level", "high", false)
	for name, test := range map[string]struct {
		live, head *compile.Result
		refused    bool
	}{
		"not declared":          {with("one", hidden, open), with("two"), true},
		"declared":              {with("one", hidden, open), with("two", hidden, open), false},
		"another one declared":  {with("one", hidden, open), with("two", open), false}, // a declared list is complete
		"nothing to replace":    {with("one", hidden, open), with("one"), false},
		"no sensitive value":    {with("one", open), with("two"), false},
		"an empty hidden value": {with("one", parameterOf("TOKEN", "", true)), with("two"), false},
	} {
		for how, quirk := range map[string]func(*emulator.Quirks){
			"asterisks": func(*emulator.Quirks) {}, "ciphertext": func(q *emulator.Quirks) { q.Secrets = emulator.SecretCiphertext }, "null": func(q *emulator.Quirks) { q.Secrets = emulator.SecretNull },
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				quirks := emulator.NoQuirks()
				quirk(&quirks)
				w := newWorldWith(t, quirks, test.live)
				plan := w.plan(test.head, nil, nil)
				var rules []string
				for _, r := range plan.Refusals {
					rules = append(rules, string(r.Rule))
				}
				if test.refused != slices.Equal(rules, []string{string(diff.RuleSecret)}) || !test.refused && len(rules) > 0 {
					t.Errorf("refused by %q:\n%s", rules, describePlan(plan))
				}
			})
		}
	}
}

// TestWarningShowsNoSecret checks that the warning before a template's delete names what looks like a
// secret, and does not show it: nobody declared it, and a log keeps the warning.
func TestWarningShowsNoSecret(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.UniqueTemplates = emulator.Unique409
	w := newWorld(t, quirks)
	old := templateWith("echo before", "description")
	properties := old.Body.Get("template").Get("steps").Items()[0].Get("properties")
	for name, value := range map[string]*jsontree.Value{
		"password": jsontree.String("canary-one-1"), "swrToken": jsontree.String("canary-two-2"), "plain": jsontree.String("shown"),
		"address": jsontree.String("https://user:canary-3@host.example/x"), "login": object("user", "me", "password", "canary-four-4"),
	} {
		properties.Set(name, value)
	}
	old.Body.Set("parameters", jsontree.Array(object("name", "hudson.model.StringParameterDefinition", "params",
		jsontree.Array(object("name", "name", "value", "NPM_TOKEN"), object("name", "defaultValue", "value", "canary-five-5")))))
	w.converge(&compile.Result{Templates: []*compile.Template{old}})
	warned := ""
	plan := w.plan(&compile.Result{Templates: []*compile.Template{templateWith("echo after")}}, &compile.Result{Templates: []*compile.Template{templateWith("echo before")}}, nil)
	report := w.apply(plan, apply.Options{Warn: func(text string) { warned += text }})
	if !report.Complete() {
		t.Fatalf("not complete:\n%s", describe(report))
	}
	if strings.Contains(warned, "canary") || strings.Count(warned, "looks like a secret") != 5 || !strings.Contains(warned, `properties.plain "shown"`) {
		t.Errorf("warned: %s", warned)
	}
}

// TestDeletedTemplateIsKept checks a service with unique names where a run ends between the delete of
// the old template and the create of the new one, and where the next run cannot create it either.
// The journal keeps what no definition declares, and no secret.
func TestDeletedTemplateIsKept(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.UniqueTemplates = emulator.Unique409
	w := newWorld(t, quirks)
	var all []string
	for _, m := range ofTemplate().Members() {
		all = append(all, m.Key)
	}
	w.converge(&compile.Result{Templates: []*compile.Template{templateWith("echo before", all...)}})
	before := w.MustTruth(t).Templates[0].Body
	base := &compile.Result{Templates: []*compile.Template{templateWith("echo before")}}
	head := &compile.Result{Templates: []*compile.Template{templateWith("echo after")}}
	var entries []apply.JournalEntry
	warned := ""
	run := func(fault emulator.Fault) *apply.Report {
		t.Helper()
		plan := w.plan(head, base, func(in *apply.PlanInput) { in.Journal = entries })
		path := t.TempDir() + "/journal"
		journal, err := apply.CreateJournal(path, w.URL, plan.PlanID)
		if err != nil {
			t.Fatal(err)
		}
		defer journal.Close()
		if fault.Op != "" {
			w.strike(fault)
		}
		report := w.apply(plan, apply.Options{Journal: journal, Warn: func(text string) {
			warned += text
			if len(w.MustTruth(t).Templates) == 0 || !strings.Contains(text, path) {
				t.Errorf("said after the delete, or without the journal's path: %s", text)
			}
		}})
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if entries, _, err = apply.ReadJournal(bytes.NewReader(data), w.URL); err != nil {
			t.Fatal(err)
		}
		return report
	}
	refused := func(nth int) emulator.Fault {
		return emulator.Fault{Op: "CreateTemplate", Nth: nth, Kind: emulator.FaultStatus, Status: 422, Code: "DEVCB.00030000", Times: 1}
	}
	report := run(refused(2))
	if report.Complete() || len(w.MustTruth(t).Templates) != 0 {
		t.Fatalf("the first run is to end between delete and create:\n%s", describe(report))
	}
	for _, value := range []string{`"own"`, `"of a person"`, `"maven"`, `x_later.deep "value"`} {
		if !strings.Contains(warned, value) {
			t.Errorf("the warning before the delete does not name %s:\n%s", value, warned)
		}
		if !strings.Contains(report.Results[0].Message, value) {
			t.Errorf("the message does not name %s, which a machine without a journal would lose:\n%s", value, describe(report))
		}
	}
	if report := run(refused(1)); report.Complete() {
		t.Fatalf("the second run is to create nothing:\n%s", describe(report))
	}
	if report := run(emulator.Fault{}); !report.Complete() {
		t.Fatalf("not complete:\n%s", describe(report))
	}
	got := w.MustTruth(t).Templates[0].Body
	got.Get("template").Get("steps").Items()[0].Get("properties").Set("command", jsontree.String("echo before"))
	got.Get("template").Get("steps").Items()[0].Delete("enable")
	before.Get("template").Get("steps").Items()[0].Delete("enable")
	before.SortKeys()
	got.SortKeys()
	if delta := cmp.Diff(string(before.AppendJSON(nil)), string(got.AppendJSON(nil))); delta != "" {
		t.Errorf("more than the command changed (-before +after):\n%s", delta)
	}
}
