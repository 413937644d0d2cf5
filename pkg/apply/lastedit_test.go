package apply_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestLastEdits checks that drift names the last editor from the history, does not ask about other
// jobs, and does not fail with the history.
func TestLastEdits(t *testing.T) {
	t.Parallel()
	refused := func(code int, body string) emulator.Fault {
		f := status(code, body, emulator.CommitNever)
		f.Op, f.Times = "ChangeHistory", -1
		return f
	}
	tests := map[string]struct {
		faults  []emulator.Fault
		user    string
		asked   int
		problem string
	}{
		"the history answers":     {user: emulator.DefaultUser, asked: 2},
		"there is no history":     {faults: []emulator.Fault{refused(404, "APIGW.0101")}, asked: -1, problem: "APIGW.0101"},
		"reading it is forbidden": {faults: []emulator.Fault{refused(403, "DEV.00000018")}, asked: -1, problem: "403"},
		"one read of it fails":    {faults: []emulator.Fault{refused(400, "DEVCB.00031006")}, asked: 2, problem: "DEVCB.00031006"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			defs := definitions(job("edited", "a"), job("edited-too", "b"), job("left-alone", "c"))
			w.converge(defs)
			w.editOutside("edited", setCommand("echo theirs"))
			w.editOutside("edited-too", setCommand("echo theirs"))
			drifted := diff.DriftOnly(w.plan(defs, defs, nil))
			id := drifted.PlanID
			w.ResetCalls()
			for _, f := range test.faults {
				w.MustFail(t, f)
			}
			err := apply.FindLastEdits(context.Background(), w.client, drifted, 1)
			if test.problem == "" && err != nil || test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("problem: %v, want %q", err, test.problem)
			}
			asked := 0
			for _, call := range w.Calls() {
				if call.Op == "ChangeHistory" {
					asked++
				}
			}
			if test.asked >= 0 && asked != test.asked || asked == 0 {
				t.Errorf("%d requests, want %d", asked, test.asked)
			}
			for _, c := range drifted.Changes {
				if got := c.LastEdit; test.user == "" && got != nil || test.user != "" && (got == nil || got.User != test.user || got.Time.IsZero() || got.Time.Location() != time.UTC) {
					t.Errorf("%s: %+v", c.Address, got)
				}
			}
			if len(drifted.Changes) != 2 || drifted.PlanID != id || !drifted.Intact() {
				t.Errorf("%d changes, id %s was %s", len(drifted.Changes), drifted.PlanID, id)
			}
		})
	}
}

// TestFewEditorsAreNamed checks that a plan asks for the editors of a few jobs, and of none where a
// script edited many.
func TestFewEditorsAreNamed(t *testing.T) {
	t.Parallel()
	for n, named := range map[int]int{0: 0, 1: 1, 10: 10, 11: 0} {
		plan := &diff.Plan{}
		for i := range n + 1 {
			id := strconv.Itoa(i)
			c := diff.Change{Kind: diff.KindJob, ID: &id, Fields: []diff.Field{{Path: "arch", Verdict: diff.VerdictDrift}}}
			if i == n {
				c.Fields[0].Verdict = diff.VerdictChange // ours
			}
			plan.Changes = append(plan.Changes, c)
		}
		if err := apply.NameEditors(t.Context(), rows{{Number: "1", UserName: "a"}}, plan, 0); err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, c := range plan.Changes {
			if c.LastEdit != nil {
				got++
			}
		}
		if got != named {
			t.Errorf("%d edited jobs: %d editors, want %d", n, got, named)
		}
	}
}

// rows is a history with the given rows.
type rows []wire.JobChange

func (r rows) JobChanges(context.Context, string) ([]wire.JobChange, error) { return r, nil }

func TestLastEditIsTheNewest(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := map[string]struct {
		rows rows
		want *diff.LastEdit
	}{
		"newest last":   {rows{{Number: "1", UserName: "a"}, {Number: "10", UserName: "b", Time: "1767323045999"}, {Number: "9", UserName: "c"}}, &diff.LastEdit{User: "b", Time: at}},
		"a nickname":    {rows{{Number: "1", NickName: "小王", UserName: "w", UserID: "9"}}, &diff.LastEdit{User: "小王"}},
		"an id alone":   {rows{{Number: "1", UserID: "9"}}, &diff.LastEdit{User: "9"}},
		"nobody":        {rows{{Number: "1", Time: "0"}}, &diff.LastEdit{User: "someone"}},
		"no number":     {rows{{UserName: "a"}}, nil},
		"an empty list": {nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := "35b6c7da9e644dbbb7e333579f89dcda"
			plan := &diff.Plan{Changes: []diff.Change{{Kind: diff.KindJob, ID: &id, Verdict: diff.VerdictDrift, Fields: []diff.Field{{Path: "arch", Verdict: diff.VerdictDrift}}}}}
			if err := apply.FindLastEdits(context.Background(), test.rows, plan, 0); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, plan.Changes[0].LastEdit); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}
