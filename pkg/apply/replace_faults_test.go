package apply_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestReplacementUnderFaults plays faults on both requests of a template's replacement, the create
// and the delete, once and always. The old template stays until the new one exists, no other
// template is touched, and the report is true. The next run does the rest, or leaves two templates
// of one name to a person.
func TestReplacementUnderFaults(t *testing.T) {
	t.Parallel()
	for _, api := range []string{"CreateTemplate", "DeleteTemplate"} {
		for _, times := range []int{1, -1} {
			t.Run(fmt.Sprintf("%s/%d", api, times), func(t *testing.T) {
				t.Parallel()
				for _, row := range matrix() {
					if row.name == "key refused" && times == 1 {
						continue // a second check of the key may succeed: the client's tests cover that
					}
					t.Run(row.name, func(t *testing.T) {
						f := row.fault
						f.Op, f.Times = api, times
						playReplacement(t, f)
					})
				}
			})
		}
	}
}

func playReplacement(t *testing.T, f emulator.Fault) {
	op := killable("TR")
	w := newWorldWith(t, emulator.Legacy(), withBystander(startOf(op)))
	w.settle()
	head := withBystander(op.head())
	plan := w.plan(head, nil, nil)
	w.strike(f)
	report := w.apply(plan, apply.Options{Secrets: secrets})
	w.AllPlayed(t)
	w.ClearFaults()
	w.settle()

	got := result(t, report, op.address, op.action)
	truth := w.MustTruth(t)
	olds, news := countTemplates(t, truth, "before"), countTemplates(t, truth, "after")
	done := olds == 0 && news == 1
	switch {
	case olds+news == 0:
		t.Errorf("both templates are gone:\n%s", describe(report))
	case olds > 1 || news > 1:
		t.Errorf("%d old and %d new templates:\n%s", olds, news, describe(report))
	case slices.Contains([]apply.Outcome{apply.Applied, apply.AppliedConfirmed, apply.AppliedAfterAbsence, apply.Unchanged}, got.Outcome) != done && got.Outcome != apply.Unknown && f.Commit != emulator.CommitLate:
		t.Errorf("a false %q with %d old and %d new templates:\n%s", got.Outcome, olds, news, describe(report))
	}
	if !done && report.Ending() == apply.EndDone {
		t.Errorf("exit code 0, and it is not done:\n%s", describe(report))
	}
	if countTemplates(t, truth, "mvn package") != 1 {
		t.Error("another template was touched")
	}
	w.client = w.newClient(nil)
	next := w.plan(head, nil, nil)
	if olds+news == 2 {
		if len(next.Refusals) != 1 || next.Refusals[0].Rule != diff.RuleDuplicateTemplate {
			t.Errorf("two templates of one name, and the plan:\n%s", describePlan(next))
		}
		return
	}
	w.converge(head)
	if !op.done(t, withoutBystander(w.MustTruth(t))) {
		t.Error("the next run did not finish the work")
	}
	w.mustBeInStep(head)
}

// TestHalfReplacementIsFinished checks that the next apply finishes a replacement whose delete
// failed. The base or the journal shows which template was the old one.
func TestHalfReplacementIsFinished(t *testing.T) {
	t.Parallel()
	faults := map[string]emulator.Fault{
		"refused":         {Kind: emulator.FaultStatus, Status: 403, Code: "CB.00060203"},
		"failed":          {Kind: emulator.FaultStatus, Status: 500},
		"inside 200":      {Kind: emulator.FaultStatus, Status: 200, Code: "CB.00060200"},
		"refused login":   {Kind: emulator.FaultStatus, Status: 401},
		"nothing came in": {Kind: emulator.FaultReset},
	}
	for name, fault := range faults {
		for _, by := range []string{"base", "journal", "neither"} {
			t.Run(name+" by "+by, func(t *testing.T) {
				t.Parallel()
				before, after := definitions(job("a", "x")), definitions(job("a", "x"))
				before.Templates = append(before.Templates, template("tmpl", "before"))
				after.Templates = append(after.Templates, template("tmpl", "after"))
				w := newWorld(t, emulator.Legacy())
				w.converge(before)
				path := filepath.Join(t.TempDir(), "journal")
				journal, err := apply.CreateJournal(path, w.URL, "sha256:x")
				if err != nil {
					t.Fatal(err)
				}
				fault := fault // fields of this case: the cases of one fault run at the same time
				fault.Op, fault.Times, fault.Commit = "DeleteTemplate", -1, emulator.CommitNever
				w.strike(fault)
				report := w.apply(w.plan(after, before, nil), apply.Options{Journal: journal})
				journal.Close()
				w.ClearFaults()
				w.settle()
				w.client = w.newClient(nil)
				if truth := w.MustTruth(t); len(truth.Templates) != 2 || report.Ending() != apply.EndPartial {
					t.Fatalf("%d templates:\n%s", len(truth.Templates), describe(report))
				}
				base := map[string]*compile.Result{"base": before}[by]
				next := w.plan(after, base, func(in *apply.PlanInput) {
					if by == "journal" {
						in.Journal = entriesOf(t, path, w.URL)
					}
				})
				if by == "neither" {
					if len(next.Refusals) != 1 || next.Refusals[0].Rule != diff.RuleDuplicateTemplate {
						t.Errorf("nobody knows which one is meant, and the plan:\n%s", describePlan(next))
					}
					return
				}
				if report := w.apply(next, apply.Options{}); !report.Complete() {
					t.Fatalf("not finished:\n%s", describe(report))
				}
				if truth := w.MustTruth(t); len(truth.Templates) != 1 || countTemplates(t, truth, "after") != 1 {
					t.Errorf("%d templates left", len(truth.Templates))
				}
				w.mustBeInStep(after)
			})
		}
	}
}

func entriesOf(t *testing.T, path, endpoint string) []apply.JournalEntry {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	entries, warning, err := apply.ReadJournal(file, endpoint)
	if err != nil || warning != "" {
		t.Fatal(err, warning)
	}
	return entries
}

// TestTakenTemplateName checks that a taken template name leads to the other order of replacement,
// or to the flag that allows it, with each status of the refusal.
func TestTakenTemplateName(t *testing.T) {
	t.Parallel()
	for _, unique := range []emulator.Uniqueness{emulator.Unique409, emulator.Unique400, emulator.UniqueInside200} {
		for _, message := range []string{"The template name already exists.", "模板名称已存在", "invalid"} {
			t.Run(fmt.Sprint(unique, " ", message), func(t *testing.T) {
				t.Parallel()
				quirks := emulator.Legacy()
				quirks.UniqueTemplates = unique
				before, after := definitions(), definitions()
				before.Templates = append(before.Templates, template("tmpl", "before"))
				after.Templates = append(after.Templates, template("tmpl", "after"))
				w := newWorld(t, quirks)
				w.converge(before)
				status := map[emulator.Uniqueness]int{emulator.Unique409: 409, emulator.Unique400: 400, emulator.UniqueInside200: 200}[unique]
				w.strike(emulator.Fault{Op: "CreateTemplate", Times: 1, Kind: emulator.FaultStatus, Status: status, Code: "CB.00060200", Message: message})
				report := w.apply(w.plan(after, before, nil), apply.Options{})
				got := result(t, report, "shop/template/tmpl", diff.ActionReplace)
				if said := message != "invalid" || status == 409; said {
					if got.Outcome != apply.Applied {
						t.Errorf("ended %s: %s", got.Outcome, got.Message)
					}
					w.mustBeInStep(after)
					return
				}
				if got.Outcome != apply.Failed || !strings.Contains(string(got.Next), "--rescue") || strings.Contains(got.Message, "no listing") {
					t.Errorf("ended %s: %s; next %s", got.Outcome, got.Message, got.Next)
				}
				if truth := w.MustTruth(t); countTemplates(t, truth, "before") != 1 {
					t.Error("the old template is gone")
				}
			})
		}
	}
}

// TestBodyThatOnlyTheTemplateHolds checks a service with unique names. The old template is deleted
// first only if the base's definition has the whole body.
func TestBodyThatOnlyTheTemplateHolds(t *testing.T) {
	t.Parallel()
	const address = "shop/template/tmpl"
	one := func(command string) *compile.Result {
		return &compile.Result{Templates: []*compile.Template{template("tmpl", command)}}
	}
	silent := one("echo before")
	silent.Templates[0].Body.Delete("description")
	described := one("echo before")
	described.Templates[0].Body.Set("description", jsontree.String("theirs"))
	for name, test := range map[string]struct {
		live, base, head *compile.Result
		change           func(*apply.PlanInput)
		held             bool
	}{
		"as in the base": {live: one("echo before"), base: one("echo before"), head: one("echo after"), held: true},
		"adopted": {live: one("echo theirs"), base: definitions(), head: one("echo after"),
			change: func(in *apply.PlanInput) { in.Options.Adopt = true }},
		"rewritten by the service, or edited": {live: one("echo theirs"), base: one("ECHO before"), head: one("echo after"),
			change: func(in *apply.PlanInput) {
				in.Rewritten = map[string][]string{address: {`steps["Build"].properties.command`}}
			}},
		"a value that the base does not declare": {live: described, base: silent, head: one("echo after")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.NoQuirks()
			quirks.UniqueTemplates = emulator.Unique409
			w := newWorldWith(t, quirks, test.live)
			report := w.apply(w.plan(test.head, test.base, test.change), apply.Options{})
			got := result(t, report, address, diff.ActionReplace)
			if replaced := got.Outcome == apply.Applied; replaced != test.held {
				t.Errorf("replaced: %t, want %t:\n%s", replaced, test.held, describe(report))
			}
			if n := w.ops("DeleteTemplate"); n > 0 != test.held {
				t.Errorf("%d deletes:\n%s", n, describe(report))
			}
		})
	}
}

// TestCreateMeetsAnotherTemplate checks that the run looks at a template that somebody created just
// before its own create, with each status of the refusal.
func TestCreateMeetsAnotherTemplate(t *testing.T) {
	t.Parallel()
	for _, theirs := range []string{"ours", "theirs"} {
		for _, status := range []int{200, 400, 404, 409, 422} {
			t.Run(fmt.Sprint(theirs, " ", status), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, emulator.Legacy())
				head := definitions()
				head.Templates = append(head.Templates, template("tmpl", "ours"))
				plan := w.plan(head, nil, nil)
				w.strike(emulator.Fault{
					Op: "CreateTemplate", Kind: emulator.FaultStatus, Status: status, Code: "CB.00060200", Message: "refused",
					Before: func() {
						if _, err := w.newClient(nil).CreateTemplate(t.Context(), template("tmpl", theirs).Body); err != nil {
							t.Error(err)
						}
					},
				})
				report := w.apply(plan, apply.Options{})
				want := map[string]apply.Outcome{"ours": apply.Unchanged, "theirs": apply.Conflict}[theirs]
				if got := result(t, report, "shop/template/tmpl", diff.ActionCreate); got.Outcome != want || report.Halted != "" {
					t.Errorf("ended %s, want %s:\n%s", got.Outcome, want, describe(report))
				}
				if n := len(w.MustTruth(t).Templates); n != 1 {
					t.Errorf("there are %d templates", n)
				}
			})
		}
	}
}

// TestReplacementInTheOtherOrderUnderFaults checks a service with unique names, where the delete
// comes first. If the create fails, the run says so, keeps the old body, and the next run does the
// rest.
func TestReplacementInTheOtherOrderUnderFaults(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]emulator.Quirks{"strict": profiles()["strict"], "hostile": profiles()["hostile"]} {
		for _, times := range []int{1, -1} {
			t.Run(fmt.Sprintf("%s/%d", name, times), func(t *testing.T) {
				t.Parallel()
				for _, row := range matrix() {
					if row.name == "key refused" && times == 1 {
						continue // a second check of the key may succeed
					}
					t.Run(row.name, func(t *testing.T) {
						f := row.fault
						f.Op, f.Nth, f.Times = "CreateTemplate", 2, times // the first finds the name taken
						playOtherOrder(t, quirks, f)
					})
				}
			})
		}
	}
}

func playOtherOrder(t *testing.T, quirks emulator.Quirks, f emulator.Fault) {
	op := killable("TR")
	w := newWorldWith(t, quirks, startOf(op))
	w.settle()
	head := op.head()
	plan := w.plan(head, nil, nil)
	w.strike(f)
	kept := filepath.Join(t.TempDir(), "rescue")
	report := w.apply(plan, apply.Options{Secrets: secrets, RescueFile: kept})
	w.AllPlayed(t)
	w.ClearFaults()
	w.settle()

	got := result(t, report, op.address, op.action)
	truth := w.MustTruth(t)
	olds, news := countTemplates(t, truth, "before"), countTemplates(t, truth, "after")
	if olds > 0 || news > 1 {
		t.Errorf("%d old and %d new templates:\n%s", olds, news, describe(report))
	}
	body, err := os.ReadFile(kept)
	if err != nil || !strings.Contains(string(body), "before") {
		t.Errorf("the old template is not kept: %v %s", err, body)
	}
	switch {
	case news == 0 && (report.Ending() == apply.EndDone || got.Message == "" || got.Next == ""):
		t.Errorf("there is no template, and the report says it so:\n%s", describe(report))
	case news == 1 && got.Outcome == apply.NotConverged:
		t.Errorf("a false %q:\n%s", got.Outcome, describe(report))
	}
	w.client = w.newClient(nil)
	w.converge(head)
	w.mustBeInStep(head)
}

func withBystander(r *compile.Result) *compile.Result {
	r.Templates = append(r.Templates, template("bystander", "mvn package"))
	return r
}

func withoutBystander(truth emulator.Truth) emulator.Truth {
	truth.Templates = slices.DeleteFunc(truth.Templates, func(x emulator.TruthTemplate) bool { return x.Name == "bystander" })
	return truth
}

// countTemplates counts the templates with a command.
func countTemplates(t *testing.T, truth emulator.Truth, command string) int {
	t.Helper()
	n := 0
	for _, x := range truth.Templates {
		if strings.Contains(string(x.Body.AppendJSON(nil)), fmt.Sprintf("%q", command)) {
			n++
		}
	}
	return n
}
