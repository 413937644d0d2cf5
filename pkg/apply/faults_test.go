package apply_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	for profile, quirks := range profiles() {
		for _, op := range operations() {
			if op.id != "JC" && op.id != "JU" && profile != "strict" {
				continue // for the other operations no fault differs by profile
			}
			t.Run(profile+"/"+op.id, func(t *testing.T) {
				t.Parallel()
				for _, row := range matrix() {
					playRow(t, quirks, op, row)
				}
			})
		}
	}
}

func playRow(t *testing.T, quirks emulator.Quirks, op operation, row fault) {
	if want, ok := row.once[op.id]; ok {
		t.Run(row.name+" once", func(t *testing.T) {
			f := row.fault
			f.Op = op.api
			play(t, quirks, op, row, f, want, apply.CreateRetryAnswered)
		})
	}
	if want, ok := row.forever[op.id]; ok {
		t.Run(row.name+" for ever", func(t *testing.T) {
			f := row.fault
			f.Op, f.Times = op.api, -1
			play(t, quirks, op, row, f, want, apply.CreateRetryAnswered)
		})
	}
	if row.settled != "" && op.action == diff.ActionCreate {
		t.Run(row.name+" once, settled", func(t *testing.T) {
			f := row.fault
			f.Op = op.api
			play(t, quirks, op, row, f, row.settled, apply.CreateRetrySettled)
		})
	}
}

// play runs one cell and checks the invariants.
func play(t *testing.T, quirks emulator.Quirks, op operation, row fault, f emulator.Fault, want apply.Outcome, retry apply.CreateRetry) {
	quirks.ObjectResult = quirks.ObjectResult || row.objects
	w := newWorldWith(t, quirks, startOf(op))
	w.settle()
	prior := w.MustTruth(t)
	head := op.head()
	plan := w.plan(head, nil, nil)
	reads := len(w.Calls())
	w.ResetCalls()
	w.strike(f)
	report := w.apply(plan, apply.Options{Secrets: secrets, CreateRetry: retry})
	w.AllPlayed(t)

	got := result(t, report, op.address, op.action)
	if got.Outcome != want {
		t.Errorf("ended %s, want %s:\n%s", got.Outcome, want, describe(report))
	}
	if halted := report.Halted != ""; halted != row.halts {
		t.Errorf("halted %q, want halted %t", report.Halted, row.halts)
	}
	w.checkInvariants(op, prior, report, got)
	if n := len(w.Calls()); n > 2*reads+60 {
		t.Errorf("%d requests, want at most %d", n, 2*reads+60)
	}
	if n := w.count(func(c emulator.Call) bool { return c.Status == http.StatusUnauthorized }); n > 2 {
		t.Errorf("%d failed authentications, want at most 2", n)
	}

	// The next runs, without faults, finish the work and then do nothing.
	w.ClearFaults()
	w.settle()
	w.client = w.newClient(nil)
	if !op.done(t, w.MustTruth(t)) {
		w.converge(head)
		if !op.done(t, w.MustTruth(t)) {
			t.Error("the next run did not finish the work")
		}
	}
	w.mustBeInStep(head)
}

// checkInvariants compares the report with the service's state.
func (w *world) checkInvariants(op operation, prior emulator.Truth, report *apply.Report, got apply.Result) {
	w.t.Helper()
	truth := w.MustTruth(w.t)
	names := map[string]int{}
	for _, j := range truth.Jobs {
		names["job "+j.Name]++
	}
	for _, x := range truth.Templates {
		names["template "+x.Name]++
	}
	for name, n := range names {
		if n > 1 {
			w.t.Errorf("%d times %s", n, name)
		}
	}
	for _, old := range prior.Jobs {
		if old.Name != "bystander" {
			continue
		}
		now := truth.Job(old.ID)
		if now == nil {
			w.t.Errorf("%s is gone", old.Name)
			continue
		}
		if diff := cmp.Diff(string(old.Body.AppendJSON(nil)), string(now.Body.AppendJSON(nil))); diff != "" {
			w.t.Errorf("%s was changed (-before +after):\n%s", old.Name, diff)
		}
	}
	for _, j := range truth.Jobs {
		w.checkSecrets(j)
	}
	done := op.done(w.t, truth)
	switch got.Outcome {
	case apply.Applied, apply.AppliedConfirmed, apply.AppliedAfterAbsence, apply.Unchanged, apply.AlreadyAbsent:
		if !done {
			w.t.Errorf("a false %q", got.Outcome)
		}
	case apply.Failed, apply.Skipped, apply.Conflict:
		if done {
			w.t.Errorf("a false %q", got.Outcome)
		}
	}
	if report.Ending() == apply.EndDone && !done {
		w.t.Error("exit code 0, but it is not done")
	}
	// The run may have ended before it.
	good := slices.Contains([]apply.Outcome{apply.Applied, apply.AppliedAfterAbsence, apply.Unchanged}, got.Outcome)
	if report.Ending() != apply.EndDone && got.Message == "" && !(good && report.Interrupted) {
		w.t.Error("a failure without a message")
	}
	text, err := json.Marshal(report)
	if err != nil {
		w.t.Fatal(err)
	}
	if strings.Contains(string(text), "canary") {
		w.t.Errorf("the report holds a secret: %s", text)
	}
}

// checkSecrets fails the test if a stored secret is not the supplied value.
func (w *world) checkSecrets(j emulator.TruthJob) {
	w.t.Helper()
	for parameter, name := range map[string]string{"token": "TOKEN", "other": "OTHER"} {
		for _, p := range j.Body.Get("parameters").Items() {
			values := map[string]string{}
			for _, field := range p.Get("params").Items() {
				values[field.Str("name")] = field.Str("value")
			}
			if values["name"] == parameter && values["defaultValue"] != secretValue(name) {
				w.t.Errorf("the secret %s of %s is lost: it is %q", parameter, j.Name, values["defaultValue"])
			}
		}
	}
}

// TestCreateAnswerCutAnywhere cuts the answer to a create at each byte. The run must find the job
// by reading.
func TestCreateAnswerCutAnywhere(t *testing.T) {
	t.Parallel()
	op := operations()[0]
	for cut := range 120 {
		w := newWorldWith(t, emulator.Strict(), before())
		plan := w.plan(op.head(), nil, nil)
		w.MustFail(t, emulator.Fault{Op: op.api, Kind: emulator.FaultTruncate, Cut: cut, Commit: emulator.CommitFirst})
		report := w.apply(plan, apply.Options{Secrets: secrets})
		got := result(t, report, op.address, op.action)
		if got.Outcome != apply.AppliedConfirmed && got.Outcome != apply.Applied { // nothing is cut beyond its end
			t.Errorf("cut at %d: %s", cut, describe(report))
		}
		if cut < 40 && got.Outcome == apply.Applied {
			t.Errorf("cut at %d: the run believed a cut answer", cut)
		}
		if n := len(w.MustTruth(t).Named(emulator.DefaultProject, "zz-new")); n != 1 {
			t.Errorf("cut at %d: %d jobs", cut, n)
		}
	}
}

// refuseDials makes the first connections for writes fail before a byte is sent.
type refuseDials struct {
	next  http.RoundTripper
	times int
}

func (r *refuseDials) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet && r.times != 0 {
		r.times--
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "host.invalid", IsNotFound: true}}
	}
	return r.next.RoundTrip(req)
}

// TestConnectionRefused checks that a refused connection proves that nothing was sent.
func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		for times, want := range map[int]apply.Outcome{1: apply.Applied, -1: apply.Failed} {
			t.Run(fmt.Sprintf("%s/%d", op.id, times), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, emulator.Strict())
				w.converge(before())
				plan := w.plan(op.head(), nil, nil)
				prior := w.MustTruth(t)
				transport := &http.Transport{}
				t.Cleanup(transport.CloseIdleConnections)
				api := w.newClient(func(cfg *client.Config) { cfg.Transport = &refuseDials{next: transport, times: times} })
				report := w.applyWith(t.Context(), api, plan, apply.Options{Secrets: secrets})
				got := result(t, report, op.address, op.action)
				if got.Outcome != want {
					t.Errorf("ended %s, want %s:\n%s", got.Outcome, want, describe(report))
				}
				w.checkInvariants(op, prior, report, got)
			})
		}
	}
}

// TestCreateMeetsAnotherJob checks that the run looks at the job that has the name, whatever error
// the service answers.
func TestCreateMeetsAnotherJob(t *testing.T) {
	t.Parallel()
	op := operations()[0]
	tests := map[string]struct {
		other *compile.Job
		want  apply.Outcome
		end   apply.Ending
	}{
		"as defined": {job("zz-new", "echo new", secret("token", "TOKEN")), apply.Unchanged, apply.EndDone},
		"different":  {job("zz-new", "echo someone else's"), apply.Conflict, apply.EndStale},
	}
	for name, test := range tests {
		for _, code := range []int{0, 200, 400, 404, 409, 422} {
			t.Run(fmt.Sprintf("%s/%d", name, code), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, emulator.Legacy())
				w.converge(before())
				plan := w.plan(op.head(), nil, nil)
				w.ResetCalls()
				create := func() { w.createOutside(test.other) }
				if code == 0 {
					create() // before the check of apply
				} else {
					refusal := "DEVCB.00030000"
					if code == 404 { // only this status says that the project does not exist
						refusal = "CB.00060200"
					}
					f := status(code, refusal, emulator.CommitNever)
					f.Op, f.Before = op.api, create // between the check and the create
					w.MustFail(t, f)
				}
				report := w.apply(plan, apply.Options{Secrets: secrets})
				got := result(t, report, op.address, op.action)
				if got.Outcome != test.want || report.Ending() != test.end {
					t.Errorf("ended %s with %s, want %s with %s:\n%s", got.Outcome, report.Ending(), test.want, test.end, describe(report))
				}
				if n := w.ops("CreateJob"); code == 0 && n != 1 { // the colleague's
					t.Errorf("%d creates although the read before shows the name", n-1)
				}
				if named := w.MustTruth(t).Named(emulator.DefaultProject, "zz-new"); len(named) != 1 || got.ID != named[0].ID {
					t.Errorf("%d jobs of the name; the result names %q", len(named), got.ID)
				}
			})
		}
	}
}

// createOutside creates a job as a colleague would.
func (w *world) createOutside(j *compile.Job) {
	w.t.Helper()
	if _, err := w.newClient(nil).CreateJob(w.t.Context(), bodyOf(j)); err != nil {
		w.t.Errorf("creating %s outside: %v", j.Name, err)
	}
}

// TestCommitFarTooLate checks that a create that is committed after the settle window is unknown.
// The next run recognises the job.
func TestCommitFarTooLate(t *testing.T) {
	t.Parallel()
	op := operations()[0]
	w := newWorld(t, emulator.Legacy())
	w.converge(before())
	w.strike(emulator.Fault{Op: op.api, Kind: emulator.FaultSilence, Commit: emulator.CommitLate, Delay: 10 * time.Minute})
	first := w.apply(w.plan(op.head(), nil, nil), apply.Options{Secrets: secrets})
	if got := result(t, first, op.address, op.action); got.Outcome != apply.Unknown || first.Ending() != apply.EndPartial || got.Next == "" {
		t.Errorf("ended:\n%s", describe(first))
	}
	w.settle()
	w.ResetCalls()
	w.mustBeInStep(op.head())
	if n := len(w.MustTruth(t).Named(emulator.DefaultProject, "zz-new")); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
}

// TestFailuresAndTheOthers checks that one object's failure stops no other, and that FailFast stops
// what has not begun.
func TestFailuresAndTheOthers(t *testing.T) {
	t.Parallel()
	for name, failFast := range map[string]bool{"go on": false, "fail fast": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			f := status(400, "CB.00060200", emulator.CommitNever)
			f.Op = "CreateJob"
			w.MustFail(t, f)
			head := definitions(job("a", "x"), job("b", "x"), job("c", "x"))
			report := w.apply(w.plan(head, nil, nil), apply.Options{Parallelism: 1, FailFast: failFast})
			counts := maps.Clone(report.Outcomes)
			want := map[apply.Outcome]int{apply.Failed: 1, apply.Applied: 2}
			ending := apply.EndPartial
			if failFast {
				want, ending = map[apply.Outcome]int{apply.Failed: 1, apply.Skipped: 2}, apply.EndFailed
			}
			if diff := cmp.Diff(want, counts); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if report.Ending() != ending {
				t.Errorf("ending %s, want %s", report.Ending(), ending)
			}
			if !slices.IsSortedFunc(report.Results, func(a, b apply.Result) int { return strings.Compare(a.Address, b.Address) }) {
				t.Error("the results are not in the plan's order")
			}
		})
	}
}
