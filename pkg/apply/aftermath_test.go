package apply_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// readOf returns the read that comes before and after each kind of write.
func readOf(op operation) string {
	return map[string]string{
		"JC": "ListJobs", "JU": "QueryJob", "JD": "QueryJob", "DR": "ListJobs", "ER": "ListJobs", "NU": "QueryNotice",
		"TC": "QueryTemplates", "TD": "QueryTemplates", "TR": "QueryTemplates",
	}[op.id]
}

// failingRead makes reads answer an internal error from the nth on.
func failingRead(op string, nth int) emulator.Fault {
	f := status(500, "CB.00060101", emulator.CommitNever)
	f.Op, f.Nth, f.Times = op, nth, -1
	return f
}

// playAftermath plays one operation with faults and returns its result.
func playAftermath(t *testing.T, op operation, faults ...emulator.Fault) (*world, *apply.Report, apply.Result) {
	t.Helper()
	w := newWorldWith(t, emulator.Legacy(), startOf(op))
	w.settle()
	var base *compile.Result
	if op.base != nil {
		base = op.base()
	}
	plan := w.plan(op.head(), base, nil)
	w.ResetCalls()
	for _, f := range faults {
		w.strike(f)
	}
	report := w.apply(plan, apply.Options{Secrets: secrets})
	return w, report, result(t, report, op.address, op.action)
}

// TestNoWriteWithoutReadBefore checks that a write is not sent if the read before it fails.
func TestNoWriteWithoutReadBefore(t *testing.T) {
	t.Parallel()
	for _, op := range killables() {
		t.Run(op.id, func(t *testing.T) {
			t.Parallel()
			w, report, got := playAftermath(t, op, failingRead(readOf(op), 1))
			if got.Outcome != apply.Failed || w.writes() > 0 || report.Ending() != apply.EndFailed || got.Message == "" {
				t.Errorf("%d writes:\n%s", w.writes(), describe(report))
			}
		})
	}
	t.Run("JD, the listing", func(t *testing.T) {
		t.Parallel()
		op := killable("JD")
		w, report, got := playAftermath(t, op, failingRead("ListJobs", 1))
		if got.Outcome != apply.Failed || w.writes() > 0 {
			t.Errorf("%d writes:\n%s", w.writes(), describe(report))
		}
	})
}

// TestWriteWithoutReadAfterIsUnknown checks that a write is unknown, never applied, if the read after it fails.
// It may have been accepted, or its answer lost. The listing shows an accepted delete too, so there both fail.
func TestWriteWithoutReadAfterIsUnknown(t *testing.T) {
	t.Parallel()
	// How many reads of a kind come before the write.
	before := map[string]int{"JC": 1, "JU": 2, "JD": 1, "DR": 1, "ER": 1, "NU": 1, "TC": 1, "TD": 1, "TR": 2}
	for _, op := range killables() {
		for name, fault := range map[string]emulator.Fault{
			"accepted": kind(emulator.FaultPass, emulator.CommitFirst), "answer lost": kind(emulator.FaultReset, emulator.CommitFirst),
		} {
			t.Run(op.id+"/"+name, func(t *testing.T) {
				t.Parallel()
				fault.Op = op.api
				read, nth := readOf(op), before[op.id]+1
				if op.id == "JC" && name == "accepted" { // its id is known
					read, nth = "QueryJob", 1
				}
				faults := []emulator.Fault{fault, failingRead(read, nth)}
				if op.id == "JD" {
					faults = append(faults, failingRead("ListJobs", before[op.id]+1))
				}
				w, report, got := playAftermath(t, op, faults...)
				if got.Outcome != apply.Unknown || report.Ending() != apply.EndPartial || got.Next == "" {
					t.Errorf("ended:\n%s", describe(report))
				}
				w.ClearFaults()
				w.settle()
				if op.id != "TR" && !op.done(t, w.MustTruth(t)) {
					t.Error("it was not done")
				}
			})
		}
	}
}

// TestAcceptedButNotDoneIsNotApplied checks a service that accepts a write and does not carry it out. The run
// must not report it as applied.
func TestAcceptedButNotDoneIsNotApplied(t *testing.T) {
	t.Parallel()
	lie := func(op, body string) emulator.Fault {
		return emulator.Fault{Op: op, Kind: emulator.FaultStatus, Status: 200, Commit: emulator.CommitNever, Body: body}
	}
	const target, nobody, bystander = "00000000000000000000000000000002", "000000000000000000000000000000ff", "00000000000000000000000000000001"
	named := func(id string) string { return `{"status":"success","error":null,"result":{"job_id":"` + id + `"}}` }
	for name, test := range map[string]struct {
		id, body string
		want     apply.Outcome
		path     string
		halts    bool
	}{
		"update":                  {"JU", named(target), apply.NotConverged, `steps["Build"].properties.command`, false},
		"delete":                  {"JD", named(target), apply.NotConverged, "", false},
		"disable":                 {"DR", named(target), apply.NotConverged, "enabled", false},
		"enable":                  {"ER", named(target), apply.NotConverged, "enabled", false},
		"notify":                  {"NU", named(target), apply.NotConverged, `notifications["MAIL"].events`, false},
		"create, an id of no job": {"JC", named(nobody), apply.NotConverged, "", false},
		"create, another's id":    {"JC", named(bystander), apply.Unknown, "", true},
		"delete a template":       {"TD", `{"status":"success","result":[]}`, apply.NotConverged, "", false},
		"create a template":       {"TC", `{"status":"success","result":{"uuid":"` + nobody + `"}}`, apply.NotConverged, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := killable(test.id)
			f := lie(op.api, test.body)
			w, report, got := playAftermath(t, op, f)
			if got.Outcome != test.want || test.path != "" && !slices.Contains(got.Paths, test.path) || (report.Halted != "") != test.halts {
				t.Errorf("want %s:\n%s", test.want, describe(report))
			}
			if report.Ending() != apply.EndPartial {
				t.Errorf("ending %s, want partial", report.Ending())
			}
			w.client = w.newClient(nil)
			w.ClearFaults()
			if op.base == nil {
				w.converge(op.head())
			}
		})
	}
}

// TestChangeBackAfterTheWriteIsReported checks that the run reports the path of a field that someone
// changes back right after the write.
func TestChangeBackAfterTheWriteIsReported(t *testing.T) {
	t.Parallel()
	for id, undo := range map[string]func(w *world) error{
		"NU": func(w *world) error {
			id := w.MustTruth(w.t).Named(emulator.DefaultProject, "target")[0].ID
			return w.newClient(nil).UpdateNotice(w.t.Context(), id, wire.NoticeUpdate{NoticeType: "MAIL", EnabledEventTypeNames: []string{"buildJobSuccess"}})
		},
		"DR": func(w *world) error {
			return w.newClient(nil).EnableJob(w.t.Context(), w.MustTruth(w.t).Named(emulator.DefaultProject, "target")[0].ID)
		},
		"JU": func(w *world) error {
			return w.newClient(nil).DeleteJob(w.t.Context(), w.MustTruth(w.t).Named(emulator.DefaultProject, "target")[0].ID)
		},
		"JC": func(w *world) error {
			return w.newClient(nil).DeleteJob(w.t.Context(), w.MustTruth(w.t).Named(emulator.DefaultProject, "zz-new")[0].ID)
		},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			op := killable(id)
			w := newWorldWith(t, emulator.Legacy(), startOf(op))
			w.settle()
			plan := w.plan(op.head(), nil, nil)
			f := kind(emulator.FaultPass, emulator.CommitFirst)
			f.Op, f.After = op.api, func() {
				if err := undo(w); err != nil {
					t.Error(err)
				}
			}
			w.MustFail(t, f)
			report := w.apply(plan, apply.Options{Secrets: secrets})
			if got := result(t, report, op.address, op.action); got.Outcome != apply.NotConverged || report.Ending() != apply.EndPartial {
				t.Errorf("ended:\n%s", describe(report))
			}
		})
	}
}

// TestCreateMeetsTwoOfItsName checks a create whose name two live jobs have: nothing is created and
// nothing deleted.
func TestCreateMeetsTwoOfItsName(t *testing.T) {
	t.Parallel()
	op := killable("JC")
	for name, before := range map[string]bool{"before the create": true, "after a lost answer": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, emulator.Legacy(), startOf(op))
			w.settle()
			plan := w.plan(op.head(), nil, nil)
			two := func() {
				w.createOutside(job("zz-new", "echo theirs"))
				w.createOutside(job("zz-new", "echo theirs"))
			}
			want := apply.Failed
			if before {
				two()
			} else {
				f := kind(emulator.FaultReset, emulator.CommitNever)
				f.Op, f.Before = op.api, two
				w.MustFail(t, f)
				want = apply.NotConverged
			}
			report := w.apply(plan, apply.Options{Secrets: secrets})
			got := result(t, report, op.address, op.action)
			if got.Outcome != want || !strings.Contains(got.Message, "there are 2 of this name") || w.ops("DeleteJob") > 0 {
				t.Errorf("ended:\n%s", describe(report))
			}
			if n := len(w.MustTruth(t).Named(emulator.DefaultProject, "zz-new")); n != 2 {
				t.Errorf("%d jobs, want the two", n)
			}
		})
	}
}

// TestPanicOfAWorker checks that a panic stops what has not begun and interrupts nothing under way.
// Run panics in turn, with the value hidden.
func TestPanicOfAWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Legacy())
	plan := w.plan(definitions(job("a", "x"), job("b", "x"), job("c", "x")), nil, nil)
	cause := errors.New("canary")
	defer func() {
		crash, ok := recover().(*apply.Crash)
		if !ok || strings.Contains(crash.Error(), "canary") || !errors.Is(crash, cause) || !strings.Contains(string(crash.Stack()), "TestPanicOfAWorker") {
			t.Errorf("recovered %v", crash)
		}
		if n := w.ops("CreateJob"); n != 1 {
			t.Errorf("%d creates, want the one before the panic", n)
		}
	}()
	w.apply(plan, apply.Options{Parallelism: 1, Done: func(apply.Result) { panic(cause) }})
}

// strangeRunner starts builds that go wrong as a test says.
type strangeRunner struct {
	number  string
	records []wire.Record
	err     error
	asked   int
}

func (s *strangeRunner) RunJob(context.Context, wire.RunRequest) (wire.RunResult, error) {
	return wire.RunResult{ActualBuildNumber: s.number}, nil
}

func (s *strangeRunner) Record(context.Context, string, int) (wire.Record, error) {
	s.asked++
	if s.asked > len(s.records) {
		return wire.Record{}, s.err
	}
	return s.records[s.asked-1], nil
}

// TestSmokeRunsThatGoWrong checks that a build without a known end is unknown. An unknown status is
// an end if it has a finish time.
func TestSmokeRunsThatGoWrong(t *testing.T) {
	t.Parallel()
	lost := errors.New("no answer")
	for name, test := range map[string]struct {
		runner strangeRunner
		want   string
		asked  int
	}{
		"a number that is none": {strangeRunner{number: "soon"}, "unknown", 0},
		"no record":             {strangeRunner{number: "1", err: lost}, "unknown", 5},
		"a record, then none":   {strangeRunner{number: "1", records: []wire.Record{{Status: "RUNNING"}}, err: lost}, "unknown", 6},
		"an unknown status":     {strangeRunner{number: "1", records: []wire.Record{{Status: "odd"}, {Status: "odd", FinishTime: "2026-01-01"}}}, "ODD", 2},
		"a timeout":             {strangeRunner{number: "1", records: []wire.Record{{Status: "Timeout", ErrMsg: "too long"}}}, "TIMEOUT", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Legacy())
			runner := &test.runner
			report := w.apply(w.plan(definitions(job("a", "x")), nil, nil), apply.Options{Smoke: &apply.Smoke{Runner: runner}})
			got := result(t, report, "shop/job/a", diff.ActionCreate)
			if got.Build == nil || got.Build.Result != test.want || runner.asked != test.asked || report.Ending() != apply.EndPartial {
				t.Errorf("asked %d times, build %+v:\n%s", runner.asked, got.Build, describe(report))
			}
		})
	}
}
