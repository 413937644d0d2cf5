package apply_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
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

// TestTemplateMembersThatAreNotShown checks a member of a template, beside the steps, that the service
// stores and never shows: it is compared with what was applied last, and without that not at all.
func TestTemplateMembersThatAreNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	with := func(member string) *compile.Result {
		r := &compile.Result{Templates: []*compile.Template{template("x", "one")}}
		if member != "" {
			r.Templates[0].Body.Set("other", jsontree.String(member))
		}
		return r
	}
	var base *compile.Result
	for _, member := range []string{"v", "w", "", "z"} {
		head := with(member)
		plan := w.plan(head, base, nil)
		report := w.apply(plan, apply.Options{})
		stored := w.MustTruth(t).Templates
		if !report.Complete() || !plan.HasChanges() || len(stored) != 1 || stored[0].Body.Str("other") != member {
			t.Fatalf("%q: %d templates\n%s%s", member, len(stored), describePlan(plan), describe(report))
		}
		if got := report.Results[0].Message; (member != "") != strings.Contains(got, "not confirmed") {
			t.Errorf("%q: the message is %q", member, got)
		}
		if again := w.plan(head, head, nil); again.HasChanges() {
			t.Errorf("%q: the plan after is not empty:\n%s", member, describePlan(again))
		}
		base = head
		w.settle()
	}
	var notes []string
	note := func(in *apply.PlanInput) { in.Note = func(n string) { notes = append(notes, n) } }
	if plan := w.plan(with("y"), nil, note); plan.HasChanges() || len(notes) != 1 || !strings.Contains(notes[0], "other: of 1 template cannot be read") {
		t.Errorf("without a base: %q\n%s", notes, describePlan(plan))
	}
}

// TestRemovalWhereNoStateIsShown checks that an entry of removed: disables its job once on a service
// that never shows the state.
func TestRemovalWhereNoStateIsShown(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.NoState = true
	w := newWorld(t, quirks)
	both := definitions(job("a", "x"), job("b", "x"))
	w.converge(both)
	w.settle()
	removed := definitions(job("a", "x"))
	removed.Removals = []compile.Removal{{Address: "shop/job/b", Project: "shop", ProjectID: emulator.DefaultProject, Job: "b", Action: "disable"}}
	many := func(in *apply.PlanInput) { in.Options.AllowRemovals = 2 }
	report := w.apply(w.plan(removed, both, many), apply.Options{})
	if got := result(t, report, "shop/job/b", diff.ActionDisable); got.Outcome != apply.Applied || got.Waited > 5 {
		t.Fatalf("not disabled:\n%s", describe(report))
	}
	for _, base := range []*compile.Result{removed, nil} {
		if plan := w.plan(removed, base, many); plan.HasChanges() {
			t.Errorf("with a base %t, it is disabled again:\n%s", base != nil, describePlan(plan))
		}
	}
	if plan := w.plan(removed, nil, func(in *apply.PlanInput) { many(in); in.FirstApply = true }); !plan.HasChanges() {
		t.Error("the first apply does not disable it")
	}
}

// TestNotificationsThatAreNotShown checks a service that answers null in place of the channels: they
// are compared with what was applied last, a write is not confirmed, and nothing is waited for.
func TestNotificationsThatAreNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	w.MustFail(t, emulator.Fault{Op: "QueryNotice", Kind: emulator.FaultStatus, Status: 200, Body: `{"status":"success","result":null}`, Times: -1})
	with := func(events ...string) *compile.Result {
		return definitions(job("a", "x", func(j *compile.Job) { j.Notices = []compile.Notice{{Type: "MAIL", Events: events}} }))
	}
	base := with("deleteJob")
	if report := w.apply(w.plan(base, nil, nil), apply.Options{}); !report.Complete() {
		t.Fatalf("not complete:\n%s", describe(report))
	}
	w.settle()
	for _, step := range []struct {
		events []string
		fault  bool
	}{{[]string{"buildJobFail"}, false}, {nil, false}, {[]string{"buildJobFail", "deleteJob"}, true}} {
		head := with(step.events...)
		if step.fault {
			w.strike(emulator.Fault{Op: "UpdateNotice", Kind: emulator.FaultReset, Commit: emulator.CommitNever})
		}
		report := w.apply(w.plan(head, base, nil), apply.Options{})
		got := result(t, report, "shop/notification/a", diff.ActionUpdate)
		if got.Outcome != apply.Applied || !strings.Contains(got.Message, "not confirmed") || got.Waited > 5 {
			t.Errorf("%v:\n%s", step, describe(report))
		}
		if now := strings.Fields(noticesOf(w.MustTruth(t).Jobs[0])["MAIL"].events); len(now) != len(step.events) {
			t.Errorf("%v: the service has %q", step, now)
		}
		var notes []string
		note := func(in *apply.PlanInput) { in.Note = func(n string) { notes = append(notes, n) } }
		for _, base := range []*compile.Result{head, nil} {
			if plan := w.plan(head, base, note); plan.HasChanges() {
				t.Errorf("%v, with a base %t: the plan after is not empty:\n%s", step, base != nil, describePlan(plan))
			}
		}
		if len(notes) != 2 || !strings.Contains(notes[0], "notifications: of 1 job cannot be read") || !strings.Contains(notes[1], "not compared") {
			t.Errorf("%v: the notes are %q", step, notes)
		}
		base = head
	}
}

// TestRewrittenEvents checks events that the service stores differently from what was sent: the run
// says so without waiting, and the next plan does not call them an edit by somebody.
func TestRewrittenEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	with := func(events ...string) *compile.Result {
		return definitions(job("a", "x", func(j *compile.Job) { j.Notices = []compile.Notice{{Type: "MAIL", Events: events}} }))
	}
	base, head := with("deleteJob"), with("buildJobFail", "updateConfigJob")
	w.converge(base)
	w.settle()
	id := w.MustTruth(t).Jobs[0].ID
	w.MustFail(t, emulator.Fault{Op: "UpdateNotice", Kind: emulator.FaultPass, After: func() {
		if err := w.client.UpdateNotice(t.Context(), id, wire.NoticeUpdate{NoticeType: "MAIL", EnabledEventTypeNames: []string{"buildJobFail"}}); err != nil {
			t.Error(err)
		}
	}})
	plan := w.plan(head, base, nil)
	report := w.apply(plan, apply.Options{})
	got := result(t, report, "shop/notification/a", diff.ActionUpdate)
	const told = "channel MAIL was sent as [buildJobFail, updateConfigJob] and is stored as [buildJobFail]"
	if got.Outcome != apply.NotConverged || got.Waited > 2 || len(got.Rewritten) != 1 ||
		!strings.HasSuffix(got.Message, told) || strings.Contains(got.Message, "in part") {
		t.Fatalf("rewritten %q:\n%s", got.Rewritten, describe(report))
	}
	settled := apply.Settlements(plan, report)["shop/job/a"]
	if !settled.Done {
		t.Error("the record keeps the earlier base")
	}
	for _, rewritten := range [][]string{settled.Rewritten, nil} {
		next := w.plan(head, head, func(in *apply.PlanInput) { in.Rewritten = map[string][]string{"shop/job/a": rewritten} })
		verdict := diff.VerdictDrift // by somebody else
		if rewritten != nil {
			verdict = diff.VerdictChange
		}
		if len(next.Changes) != 1 || next.Changes[0].Verdict != verdict {
			t.Errorf("rewritten %q:\n%s", rewritten, describePlan(next))
		}
	}
}
