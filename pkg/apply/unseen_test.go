package apply_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestListsThatSayLess checks that a run over lists without a count, and with templates as null or as
// the bare list, creates, changes and removes, and that the plan after is empty.
func TestListsThatSayLess(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"no-total", "bare-templates", "null-templates", "no-state", "no-total,no-state,bare-templates,null-templates"} {
		t.Run(list, func(t *testing.T) {
			t.Parallel()
			quirks, err := emulator.ParseQuirks("default," + list)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, quirks)
			first := withTemplate(definitions(job("a", "one"), job("b", "one", enabled(false))), "one")
			w.converge(first)
			w.mustBeInStep(first)
			second := withTemplate(definitions(job("a", "two")), "two")
			w.settle()
			if report := w.apply(w.plan(second, first, nil), apply.Options{}); !report.Complete() {
				t.Fatalf("not complete:\n%s", describe(report))
			}
			w.mustBeInStep(second)
			truth := w.MustTruth(t)
			names := []string{}
			for _, j := range truth.Jobs {
				names = append(names, j.Name)
			}
			if got := fmt.Sprint(names, len(truth.Templates)); got != "[a] 1" {
				t.Errorf("the service has %s", got)
			}
		})
	}
}

// TestStateThatIsNotShown checks the enabled state on a service that never shows it: only a change of
// the definition writes it, a lost answer is followed by another attempt, and nothing is waited for.
func TestStateThatIsNotShown(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.NoState = true
	w := newWorld(t, quirks)
	on, off := definitions(job("a", "x", enabled(true))), definitions(job("a", "x", enabled(false)))
	w.converge(on)
	w.settle()
	var notes []string
	note := func(in *apply.PlanInput) { in.Note = func(n string) { notes = append(notes, n) } }
	if plan := w.plan(off, nil, note); plan.HasChanges() || len(notes) != 1 || !strings.Contains(notes[0], "not compared") {
		t.Errorf("without a base: %q\n%s", notes, describePlan(plan))
	}
	for _, step := range []struct{ head, base, fault string }{
		{"off", "on", ""}, {"on", "off", ""}, {"off", "on", "reset"},
	} {
		sides := map[string]*compile.Result{"on": on, "off": off}
		if step.fault != "" {
			w.strike(emulator.Fault{Op: "DisableJob", Kind: emulator.FaultReset, Commit: emulator.CommitNever})
		}
		report := w.apply(w.plan(sides[step.head], sides[step.base], nil), apply.Options{})
		action := map[string]diff.Action{"on": diff.ActionEnable, "off": diff.ActionDisable}[step.head]
		got := result(t, report, "shop/job/a", action)
		if got.Outcome != apply.Applied || got.Waited > 5 || w.MustTruth(t).Jobs[0].Disabled != (step.head == "off") {
			t.Errorf("%+v:\n%s", step, describe(report))
		}
		if plan := w.plan(sides[step.head], sides[step.head], nil); plan.HasChanges() {
			t.Errorf("%+v: the plan after is not empty:\n%s", step, describePlan(plan))
		}
	}
}

// withTemplate adds a template with the command.
func withTemplate(r *compile.Result, command string) *compile.Result {
	r.Templates = append(r.Templates, template("x", command))
	return r
}
