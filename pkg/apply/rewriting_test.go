package apply_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
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
// a person who edits right after the write. Two equal reads end the wait, and the proof waits as long
// again, which a slow machine makes longer.
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
			if got.Outcome != apply.NotConverged || (len(got.Rewritten) > 0) != test.proven || got.Waited > map[bool]float64{true: 15, false: 2}[test.proven] {
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

// TestRewrittenAsBefore checks that another apply of the same to a service that is known to store it
// differently does not wait for the old body to go, nor calls it a body that the service kept. If
// something else is sent, the service did keep the old body.
func TestRewrittenAsBefore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ second, words string }{
		"the same sent":   {"ECHO one", "as it did before"},
		"something else":  {"ECHO two", "still holds the old body"},
		"what it ignores": {"ECHO  one", "still holds the old body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.NoQuirks()
			quirks.LowerTexts = true
			w := newWorld(t, quirks)
			first := definitions(job("a", "ECHO one"))
			created := result(t, w.apply(w.plan(first, nil, nil), apply.Options{}), "shop/job/a", diff.ActionCreate)
			w.settle()
			plan := w.plan(definitions(job("a", test.second)), first, func(in *apply.PlanInput) {
				in.Rewritten = map[string][]string{"shop/job/a": created.Rewritten}
			})
			report := w.applyWith(t.Context(), ignoringUpdates{w.client}, plan, apply.Options{})
			got := result(t, report, "shop/job/a", diff.ActionUpdate)
			known := test.second == "ECHO one"
			if got.Outcome != apply.NotConverged || !strings.Contains(got.Message, test.words) || (got.Waited <= 2) != known || (len(got.Rewritten) > 0) != known || got.Stored != known {
				t.Errorf("rewritten %q after %g s:\n%s", got.Rewritten, got.Waited, describe(report))
			}
		})
	}
}

// ignoringUpdates is a service that accepts an update and does nothing.
type ignoringUpdates struct{ *client.Client }

func (ignoringUpdates) UpdateJob(context.Context, *jsontree.Value) error { return nil }

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

// laggingHistory is a service whose change history lacks the latest rows.
type laggingHistory struct {
	*client.Client
	now func() time.Time
	lag time.Duration
}

func (l laggingHistory) JobChanges(ctx context.Context, id string) ([]wire.JobChange, error) {
	rows, err := l.Client.JobChanges(ctx, id)
	return slices.DeleteFunc(rows, func(row wire.JobChange) bool {
		ms, err := strconv.ParseInt(row.Time.String(), 10, 64)
		return err != nil || l.now().Sub(time.UnixMilli(ms)) < l.lag
	}), err
}

// skewedClock is the world's clock as a machine has it whose clock is wrong.
type skewedClock struct {
	*world
	ahead time.Duration
}

func (c skewedClock) Now() time.Time { return c.world.Now().Add(c.ahead) }

// undated takes the Date header out of each answer.
type undated struct{ next http.RoundTripper }

func (u undated) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := u.next.RoundTrip(req)
	if err == nil {
		resp.Header.Del("Date")
	}
	return resp, err
}

// rewritingCase is a service, its change history and what a colleague does.
type rewritingCase struct {
	lower  bool          // the service stores what was sent in lower case
	before time.Duration // a colleague edited so long before the write; 0: nobody
	after  time.Duration // a colleague edits so long after the write; 0: nobody
	lag    time.Duration // of the history
	dated  bool          // answers have a date
	proven bool          // it is certain that nobody else wrote
}

func rewritingCases() map[string]rewritingCase {
	const soon = 200 * time.Millisecond
	return map[string]rewritingCase{
		"rewritten":                             {lower: true, dated: true, proven: true},
		"rewritten, edited before":              {lower: true, before: 2 * time.Minute, dated: true, proven: true},
		"edited right after":                    {after: soon, dated: true},
		"edited before and right after":         {before: 10 * time.Second, after: soon, dated: true},
		"rewritten, lagging":                    {lower: true, lag: time.Minute, dated: true},
		"rewritten, edited before, lagging":     {lower: true, before: 2 * time.Minute, lag: time.Minute, dated: true},
		"edited before and after, lagging":      {before: 2 * time.Minute, after: soon, lag: time.Minute, dated: true},
		"edited just before and after, lagging": {before: 5 * time.Second, after: soon, lag: 4 * time.Second, dated: true},
		"edited after, lagging a little":        {after: 900 * time.Millisecond, lag: 500 * time.Millisecond, dated: true},
		"rewritten, lagging a little":           {lower: true, lag: 500 * time.Millisecond, dated: true, proven: true},
	}
}

// TestRewritingByTheClockOfTheService checks that a difference counts as the service's own only if
// the history proves it, whatever the difference between the service's clock and ours: over v3, and
// over v1 with the number of the newest change before the write.
func TestRewritingByTheClockOfTheService(t *testing.T) {
	t.Parallel()
	skews := []time.Duration{0, -7 * time.Minute, 3 * time.Hour}
	if long {
		skews = append(skews, -3*time.Hour, -time.Minute, -10*time.Second, 10*time.Second, time.Minute, 7*time.Minute)
	}
	for name, test := range rewritingCases() {
		for _, skew := range skews {
			for _, dialect := range []client.Dialect{client.DialectV3, client.DialectV1} {
				t.Run(fmt.Sprintf("%s, %s, %s", name, dialect, skew), func(t *testing.T) {
					t.Parallel()
					test.play(t, dialect, skew)
				})
			}
		}
	}
}

// TestRewritingWithoutADate checks answers without a date. Only the number of the newest change
// proves then, and only over v1.
func TestRewritingWithoutADate(t *testing.T) {
	t.Parallel()
	rewritingCase{lower: true}.play(t, client.DialectV3, 0)
	rewritingCase{lower: true, proven: true}.play(t, client.DialectV1, 0)
	rewritingCase{after: 200 * time.Millisecond}.play(t, client.DialectV1, 0)
}

func (c rewritingCase) play(t *testing.T, dialect client.Dialect, skew time.Duration) {
	t.Helper()
	quirks := emulator.NoQuirks()
	quirks.LowerTexts = c.lower
	w := newWorldWith(t, quirks, definitions(job("a", "echo before")))
	w.dialect = dialect
	clock := skewedClock{w, skew}
	w.client = w.newClient(func(cfg *client.Config) {
		cfg.Now = clock.Now
		if !c.dated {
			cfg.Transport = undated{cfg.Transport}
		}
	})
	w.settle()
	if c.before > 0 {
		w.editOutside("a", setCommand("echo drift"))
		w.Advance(c.before)
	}
	plan := w.plan(definitions(job("a", "ECHO after")), nil, nil)
	if c.after > 0 {
		w.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, Commit: emulator.CommitFirst, After: func() {
			w.Advance(c.after)
			w.editOutside("a", setCommand("echo theirs"))
		}})
	}
	api := laggingHistory{w.client, w.Now, c.lag}
	opts := apply.Options{Clock: clock}
	if dialect == client.DialectV1 {
		opts.History = api
	}
	report := w.applyWith(t.Context(), api, plan, opts)
	got := result(t, report, "shop/job/a", diff.ActionUpdate)
	if got.Outcome != apply.NotConverged || (len(got.Rewritten) > 0) != c.proven {
		t.Errorf("rewritten %q:\n%s", got.Rewritten, describe(report))
	}
	if words := map[bool]string{true: "nobody else wrote it", false: "or someone changed it right after"}[c.proven]; !strings.Contains(got.Message, words) {
		t.Errorf("the message lacks %q:\n%s", words, describe(report))
	}
}
