package apply_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestKnownRewritings checks that the run at once names a service's own spelling and what to write
// instead. Two equal reads after a write end the wait.
func TestKnownRewritings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command string
		quirk   func(*emulator.Quirks)
		next    string
	}{
		"line break": {"echo one\necho two\n", func(q *emulator.Quirks) { q.StripNewline = true }, "|-"},
		"blanks":     {"echo one \necho two", func(q *emulator.Quirks) { q.TrimTexts = true }, "blanks"},
		"HTML":       {"echo <a> && true", func(q *emulator.Quirks) { q.EscapeHTML = true }, "HTML"},
		"NFC":        {"echo cafe\u0301", func(q *emulator.Quirks) { q.NFC = true }, "NFC"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.NoQuirks()
			test.quirk(&quirks)
			w := newWorld(t, quirks)
			head := definitions(job("a", test.command))
			for _, action := range []diff.Action{diff.ActionCreate, diff.ActionUpdate, diff.ActionUpdate} {
				plan := w.plan(head, nil, nil)
				if action == diff.ActionUpdate && !plan.HasChanges() {
					return // the comparison accepts the spelling
				}
				report := w.apply(plan, apply.Options{})
				got := result(t, report, "shop/job/a", action)
				if got.Outcome.Done() {
					return
				}
				if got.Outcome != apply.NotConverged || !strings.Contains(string(got.Next), test.next) || got.Waited > 2*time.Second.Seconds() || strings.Contains(got.Message, "old body") {
					t.Errorf("%s ended after %g s:\n%s", action, got.Waited, describe(report))
				}
			}
		})
	}
}

// TestUnknownRewriting checks that the change history tells a service that stores another text from
// a person who edits right after the write.
func TestUnknownRewriting(t *testing.T) {
	t.Parallel()
	meddle := func(w *world) func() { return func() { w.editOutside("a", setCommand("echo theirs")) } }
	for name, test := range map[string]struct {
		update, edited bool
		proven         bool
	}{
		"create": {proven: true}, "update": {update: true, proven: true},
		"create, edited right after": {edited: true}, "update, edited right after": {update: true, edited: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.NoQuirks()
			quirks.LowerTexts = !test.edited
			w := newWorld(t, quirks)
			op, action := "CreateJob", diff.ActionCreate
			if test.update {
				w.converge(definitions(job("a", "echo before")))
				w.settle()
				op, action = "UpdateJob", diff.ActionUpdate
			}
			if test.edited {
				w.MustFail(t, emulator.Fault{Op: op, Kind: emulator.FaultPass, Commit: emulator.CommitFirst, After: meddle(w)})
			}
			report := w.apply(w.plan(definitions(job("a", "ECHO one")), nil, nil), apply.Options{})
			got := result(t, report, "shop/job/a", action)
			if got.Outcome != apply.NotConverged || (len(got.Rewritten) > 0) != test.proven || got.Waited > 2*time.Second.Seconds() {
				t.Errorf("rewritten %q:\n%s", got.Rewritten, describe(report))
			}
			if words := map[bool]string{true: "nobody else wrote it", false: "or someone changed it right after"}[test.proven]; !strings.Contains(got.Message, words) {
				t.Errorf("the message lacks %q:\n%s", words, describe(report))
			}
			if test.proven && !strings.Contains(got.Message, `was sent as "ECHO one" and is stored as "echo one"`) {
				t.Errorf("the values are missing: %s", got.Message)
			}
		})
	}
}

// TestUnknownRewritingOfATemplate checks that a difference in our own new template is the
// service's, because templates have no update.
func TestUnknownRewritingOfATemplate(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.LowerTexts = true
	w := newWorld(t, quirks)
	head := &compile.Result{Templates: []*compile.Template{template("t", "ECHO one")}}
	report := w.apply(w.plan(head, nil, nil), apply.Options{})
	got := result(t, report, head.Templates[0].Address, diff.ActionCreate)
	if got.Outcome != apply.NotConverged || len(got.Rewritten) == 0 {
		t.Errorf("rewritten %q:\n%s", got.Rewritten, describe(report))
	}
}

// TestLostWriteIsNoRewriting checks a write without an answer, which may not have happened. The one
// new row of the history may then be somebody's edit.
func TestLostWriteIsNoRewriting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	w.converge(definitions(job("a", "echo before")))
	w.settle()
	w.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultReset, Commit: emulator.CommitNever, Before: func() {
		w.editOutside("a", setCommand("echo theirs"))
	}})
	report := w.apply(w.plan(definitions(job("a", "echo after")), nil, nil), apply.Options{})
	got := result(t, report, "shop/job/a", diff.ActionUpdate)
	if len(got.Rewritten) > 0 || got.Stored || strings.Contains(got.Message, "nobody else") {
		t.Errorf("an edit counts as the service's:\n%s", describe(report))
	}
}

// staleHistory is a service whose change history lacks the latest rows.
type staleHistory struct {
	*client.Client
	rows []wire.JobChange
}

func (s staleHistory) JobChanges(context.Context, string) ([]wire.JobChange, error) {
	return s.rows, nil
}

// TestHistoryThatLagsProvesNothing checks a history that shows an older edit as its newest row. It
// proves nothing about later edits.
func TestHistoryThatLagsProvesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.NoQuirks())
	w.converge(definitions(job("a", "echo before")))
	w.settle()
	w.editOutside("a", setCommand("echo drift"))
	w.Advance(2 * time.Minute)
	plan := w.plan(definitions(job("a", "echo after")), nil, nil)
	rows, err := w.client.JobChanges(t.Context(), *plan.Changes[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	w.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, Commit: emulator.CommitFirst, After: func() {
		w.editOutside("a", setCommand("echo theirs"))
	}})
	api := staleHistory{w.client, rows}
	report := w.applyWith(t.Context(), api, plan, apply.Options{History: api})
	got := result(t, report, "shop/job/a", diff.ActionUpdate)
	if len(got.Rewritten) > 0 || strings.Contains(got.Message, "nobody else") {
		t.Errorf("an edit counts as the service's:\n%s", describe(report))
	}
}
