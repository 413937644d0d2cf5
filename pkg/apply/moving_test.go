package apply_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// moving returns a service that adds its own members to every read.
func moving() emulator.Quirks {
	quirks := emulator.Strict()
	quirks.MovingFields = true
	return quirks
}

// TestMembersThatMove checks that undeclared members with a new value at each read make no approved
// plan stale and no write not-converged, whatever the action.
func TestMembersThatMove(t *testing.T) {
	t.Parallel()
	removal := compile.Removal{Address: "shop/job/target", Project: projectAlias, ProjectID: emulator.DefaultProject, Job: "target", Action: "delete"}
	for name, head := range map[string]func() *compile.Result{
		"update":  func() *compile.Result { return definitions(job("target", "echo after")) },
		"disable": func() *compile.Result { return definitions(job("target", "echo before", enabled(false))) },
		"both":    func() *compile.Result { return definitions(job("target", "echo after", enabled(false))) },
		"removal": func() *compile.Result {
			head := definitions()
			head.Removals = []compile.Removal{removal}
			return head
		},
	} {
		for _, based := range []bool{false, true} {
			t.Run(name+map[bool]string{true: " with a base"}[based], func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, moving())
				start := definitions(job("target", "echo before"))
				w.converge(start)
				var base *compile.Result
				if based {
					base = start
				}
				modules := diff.ModulesOf(catalog.Default())
				known := func(in *apply.PlanInput) { in.Modules = modules }
				planned, fresh := w.plan(head(), base, known), w.plan(head(), base, known)
				if !planned.HasChanges() || planned.PlanID != fresh.PlanID {
					t.Errorf("the ids are %s and %s", planned.PlanID, fresh.PlanID)
				}
				if err := apply.Approve(planned, fresh); err != nil {
					t.Error(err)
				}
				if report := w.apply(fresh, apply.Options{Modules: modules}); !report.Complete() {
					t.Errorf("not complete:\n%s", describe(report))
				}
			})
		}
	}
}

// TestStepsThatMove checks the same for a plan that removes or replaces steps, with members that
// the service adds to these steps.
func TestStepsThatMove(t *testing.T) {
	t.Parallel()
	modules := diff.ModulesOf(catalog.Default())
	const shell, npm = "devcloud2018.codeci_action_20017.action", "devcloud2018.codeci_action_20014.action"
	steps := func(items ...[2]string) *jsontree.Value {
		list := jsontree.Array()
		for _, item := range items {
			step := job("x", "echo "+item[0]).Body().Get("steps").Items()[0].Clone()
			step.Set("name", jsontree.String(item[0]))
			step.Set("module_id", jsontree.String(item[1]))
			list.Append(step)
		}
		return list
	}
	for name, test := range map[string]struct{ before, after *jsontree.Value }{
		"one step less":  {steps([2]string{"a", shell}, [2]string{"b", shell}), steps([2]string{"b", shell})},
		"another module": {steps([2]string{"a", shell}, [2]string{"b", shell}), steps([2]string{"a", npm}, [2]string{"b", shell})},
		"another step":   {steps([2]string{"a", shell}), steps([2]string{"other", npm})},
		"all steps":      {steps([2]string{"a", shell}, [2]string{"b", shell}), steps([2]string{"c", npm}, [2]string{"d", npm}, [2]string{"e", npm})},
	} {
		ofJob := func(list *jsontree.Value) *compile.Result {
			return definitions(job("target", "", func(j *compile.Job) { j.Body().Set("steps", list.Clone()) }))
		}
		ofTemplate := func(list *jsontree.Value) *compile.Result {
			made := template("target", "")
			made.Body.Get("template").Set("steps", list.Clone())
			return &compile.Result{Templates: []*compile.Template{made}}
		}
		for kind, of := range map[string]func(*jsontree.Value) *compile.Result{"job": ofJob, "template": ofTemplate} {
			for _, based := range []bool{false, true} {
				t.Run(name+" of a "+kind+map[bool]string{true: " with a base"}[based], func(t *testing.T) {
					t.Parallel()
					quirks := moving()
					quirks.UniqueTemplates = emulator.UniqueOff // without a base a replacement needs --rescue
					w := newWorld(t, quirks)
					start, head := of(test.before), of(test.after)
					w.converge(start)
					var base *compile.Result
					if based {
						base = start
					}
					known := func(in *apply.PlanInput) { in.Modules = modules }
					planned, fresh := w.plan(head, base, known), w.plan(head, base, known)
					if err := apply.Approve(planned, fresh); err != nil || planned.PlanID != fresh.PlanID {
						t.Errorf("the ids are %s and %s; %v", planned.PlanID, fresh.PlanID, err)
					}
					if report := w.apply(planned, apply.Options{Modules: modules}); !report.Complete() {
						t.Errorf("not complete:\n%s", describe(report))
					}
				})
			}
		}
	}
}

// TestEditSinceThePlan checks that a plan is refused if a declared or shown value changed. Any
// other edit is carried over by the write.
func TestEditSinceThePlan(t *testing.T) {
	t.Parallel()
	twoSteps := func(second string) *compile.Job {
		return job("target", "echo after", func(j *compile.Job) {
			steps := j.Body().Get("steps")
			more := steps.Items()[0].Clone()
			more.Set("name", jsontree.String("More"))
			more.Get("properties").Set("command", jsontree.String(second))
			steps.Append(more)
		})
	}
	start := definitions(job("target", "echo before", func(j *compile.Job) {
		j.Body().Set("description", jsontree.String("of a person"))
		j.Body().Set("steps", twoSteps("echo more").Body().Get("steps"))
		setCommand("echo before")(j.Body())
	}))
	setMore := func(body *jsontree.Value) {
		body.Get("steps").Items()[1].Get("properties").Set("command", jsontree.String("echo edited"))
	}
	tests := map[string]struct {
		edit    func(*jsontree.Value)
		ignore  string
		refused string // what the refusal says, "" for none
	}{
		"undeclared":         {edit: func(b *jsontree.Value) { b.Set("description", jsontree.String("edited")) }},
		"undeclared and new": {edit: func(b *jsontree.Value) { b.Set("x_new", jsontree.String("edited")) }},
		"declared, unchanged by the plan": {edit: setMore,
			refused: `steps["More"].properties.command was "echo more" and is "echo edited"`},
		"declared and ignored": {edit: setMore, ignore: `steps["More"].properties.command`},
		"order": {edit: func(b *jsontree.Value) {
			items := b.Get("steps").Items()
			items[0], items[1] = items[1], items[0]
		}, refused: `steps was ["Build","More"] and is ["More","Build"]`},
		"one step more": {edit: func(b *jsontree.Value) {
			step := b.Get("steps").Items()[0].Clone()
			step.Set("name", jsontree.String("Third"))
			b.Get("steps").Append(step)
		}, refused: `steps["Third"] was absent and is {`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, moving())
			w.converge(start)
			head := definitions(twoSteps("echo more"))
			policy := spec.Policy{}
			if test.ignore != "" {
				policy.Ignore = []spec.Ignore{{Job: "*", Fields: []string{test.ignore}, Reason: "of others"}}
			}
			plan := func() *diff.Plan { return w.plan(head, nil, func(in *apply.PlanInput) { in.Policy = policy }) }
			planned := plan()
			w.editOutside("target", test.edit)
			err := apply.Approve(planned, plan())
			report := w.apply(planned, apply.Options{})
			got := result(t, report, "shop/job/target", diff.ActionUpdate)
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) {
					t.Errorf("the approval says %v, want %s", err, test.refused)
				}
				if got.Outcome != apply.Conflict || !strings.Contains(got.Message, test.refused) {
					t.Errorf("want %s:\n%s", test.refused, describe(report))
				}
				return
			}
			if err != nil || got.Outcome != apply.Applied {
				t.Fatalf("the approval says %v:\n%s", err, describe(report))
			}
			body := w.MustTruth(t).Named(emulator.DefaultProject, "target")[0].Body.Clone()
			before := string(body.AppendJSON(nil))
			test.edit(body)
			if after := string(body.AppendJSON(nil)); after != before {
				t.Errorf("the edit was overwritten:\n%s", before)
			}
		})
	}
}
