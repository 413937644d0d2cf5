package apply_test

import (
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// A service that stores texts in its own spelling is named with what to write,
// at once: two equal reads after a write are the end of the wait.
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
					return // the comparison knows the spelling
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
