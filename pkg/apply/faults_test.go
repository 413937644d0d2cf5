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

// operation is one write that faults are played on: job create (JC), job update
// (JU), job delete (JD), disable (DR), notification update (NU), template
// create (TC).
type operation struct {
	id      string
	api     string // the emulator's name of the call
	action  diff.Action
	address string
	head    func() *compile.Result
	done    func(testing.TB, emulator.Truth) bool
}

func operations() []operation {
	project := emulator.DefaultProject
	removed := func() *compile.Result {
		head := before()
		head.Jobs = head.Jobs[:len(head.Jobs)-1]
		head.Removals = []compile.Removal{{Address: "shop/job/target", Project: projectAlias, ProjectID: project, Job: "target", Action: "delete"}}
		return head
	}
	with := func(target *compile.Job) func() *compile.Result {
		return func() *compile.Result {
			head := before()
			head.Jobs[len(head.Jobs)-1] = target
			return head
		}
	}
	target := func(truth emulator.Truth) *emulator.TruthJob {
		if named := truth.Named(project, "target"); len(named) == 1 {
			return &named[0]
		}
		return nil
	}
	return []operation{
		{
			id: "JC", api: "CreateJob", action: diff.ActionCreate, address: "shop/job/zz-new",
			head: func() *compile.Result {
				head := before()
				head.Jobs = append(head.Jobs, job("zz-new", "echo new", secret("token", "TOKEN")))
				return head
			},
			done: func(_ testing.TB, truth emulator.Truth) bool { return len(truth.Named(project, "zz-new")) == 1 },
		},
		{
			id: "JU", api: "UpdateJob", action: diff.ActionUpdate, address: "shop/job/target",
			head: with(job("target", "echo after", secret("token", "TOKEN"))),
			done: func(t testing.TB, truth emulator.Truth) bool {
				j := target(truth)
				return j != nil && command(t, *j) == "echo after"
			},
		},
		{
			id: "JD", api: "DeleteJob", action: diff.ActionDelete, address: "shop/job/target", head: removed,
			done: func(_ testing.TB, truth emulator.Truth) bool { return target(truth) == nil },
		},
		{
			id: "DR", api: "DisableJob", action: diff.ActionDisable, address: "shop/job/target",
			head: with(job("target", "echo before", secret("token", "TOKEN"), enabled(false))),
			done: func(_ testing.TB, truth emulator.Truth) bool { return target(truth).Disabled },
		},
		{
			id: "NU", api: "UpdateNotice", action: diff.ActionUpdate, address: "shop/notification/target",
			head: with(job("target", "echo before", secret("token", "TOKEN"), notice("MAIL", "deleteJob"))),
			done: func(_ testing.TB, truth emulator.Truth) bool {
				for _, row := range target(truth).Notices {
					if row.NoticeType == "MAIL" {
						return row.EnableMap["deleteJob"] && !row.EnableMap["buildJobFail"]
					}
				}
				return false
			},
		},
		{
			id: "TC", api: "CreateTemplate", action: diff.ActionCreate, address: "shop/template/zz-new",
			head: func() *compile.Result {
				head := before()
				head.Templates = []*compile.Template{template("bystander", "mvn package"), template("zz-new", "npm ci")}
				return head
			},
			done: func(_ testing.TB, truth emulator.Truth) bool {
				n := 0
				for _, t := range truth.Templates {
					if t.Name == "zz-new" {
						n++
					}
				}
				return n == 1
			},
		},
	}
}

// before is what the service holds when a fault strikes: a job that no plan
// touches, and the target.
func before() *compile.Result {
	return definitions(job("bystander", "echo bystander", secret("other", "OTHER")), job("target", "echo before", secret("token", "TOKEN")))
}

// fault is a row of the matrix: what goes wrong, and how each operation ends if
// it goes wrong once and for ever. A missing entry means that the combination
// does not exist.
type fault struct {
	name    string
	fault   emulator.Fault
	once    map[string]apply.Outcome
	forever map[string]apply.Outcome
	settled apply.Outcome // of creates with CreateRetrySettled, where it differs
	halts   bool
}

// all gives every operation but those in except one outcome.
func all(outcome apply.Outcome, except map[string]apply.Outcome) map[string]apply.Outcome {
	out := map[string]apply.Outcome{"JC": outcome, "JU": outcome, "JD": outcome, "DR": outcome, "NU": outcome, "TC": outcome}
	for id, other := range except {
		if other == "" {
			delete(out, id)
		} else {
			out[id] = other
		}
	}
	return out
}

// creates gives both creates one outcome.
func creates(outcome apply.Outcome) map[string]apply.Outcome {
	return map[string]apply.Outcome{"JC": outcome, "TC": outcome}
}

func status(code int, errorCode string, commit emulator.Commit) emulator.Fault {
	return emulator.Fault{Kind: emulator.FaultStatus, Status: code, Code: errorCode, Message: "said by a fault", Commit: commit}
}

func kind(k emulator.FaultKind, commit emulator.Commit) emulator.Fault {
	return emulator.Fault{Kind: k, Commit: commit}
}

// matrix is §4.3 of the reliability notes, as far as the server can play it.
func matrix() []fault {
	const never, first = emulator.CommitNever, emulator.CommitFirst
	lateCommit := kind(emulator.FaultSilence, emulator.CommitLate)
	lateCommit.Delay = 25 * time.Second
	throttle := func(after string) emulator.Fault {
		return emulator.Fault{Kind: emulator.FaultThrottle, RetryAfter: after, Commit: never}
	}
	html := func(code int, commit emulator.Commit) emulator.Fault {
		return emulator.Fault{Kind: emulator.FaultHTML, Status: code, Commit: commit}
	}
	silence := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.Applied, creates(apply.Unknown)),
			forever: all(apply.Failed, creates(apply.Unknown)), settled: apply.AppliedAfterAbsence}
	}
	lost := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.AppliedConfirmed, nil)}
	}
	answered := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.Applied, creates(apply.AppliedAfterAbsence)),
			forever: all(apply.Failed, creates(apply.Unknown))}
	}
	again := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.Applied, nil), forever: all(apply.Failed, nil)}
	}
	refused := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.Failed, nil), forever: all(apply.Failed, nil)}
	}
	rows := []fault{
		silence("F04 reset before processing", kind(emulator.FaultReset, never)),
		lost("F05 reset after the commit", kind(emulator.FaultReset, first)),
		silence("F06 no answer, not processed", kind(emulator.FaultSilence, never)),
		lost("F07 no answer, committed", kind(emulator.FaultSilence, first)),
		lost("F08 no answer, committed 25 s later", lateCommit),
		again("F10 throttled, seconds", throttle("7")),
		again("F11 throttled, no time", throttle("")),
		refused("F12 throttled for a day", throttle("86400")),
		again("F13 throttled, nonsense", throttle("soon")),
		again("F13 throttled, negative", throttle("-3")),
		again("F13 throttled, beyond 64 bits", throttle("1180591620717411303424")),
		answered("F14 busy", status(500, "CB.00060100", never)),
		lost("F15 busy, committed", status(500, "CB.00060100", first)),
		answered("F16 too many", status(500, "CB.00060211", never)),
		answered("F17 internal error", status(500, "CB.00060101", never)),
		silence("F18 502 of a gateway", html(502, never)),
		lost("F18 504 of a gateway, committed", html(504, first)),
		answered("F19 503 of the service", status(503, "CB.00060100", never)),
		silence("F19 503 of a gateway", html(503, never)),
		lost("F20 answer cut", emulator.Fault{Kind: emulator.FaultTruncate, Cut: 9, Commit: first}),
		silence("F21 another server's page", html(200, never)),
		refused("F22 error inside 200", status(200, "DEVCB.00030000", never)),
		refused("F27 forbidden", status(403, "DEVCB.00030403", never)),
		refused("F30 invalid parameter", status(400, "CB.00060200", never)),
		lost("F34 duplicate keys", kind(emulator.FaultTwiceKeys, first)),
	}
	rows = append(rows,
		fault{name: "F23 success without an id", fault: kind(emulator.FaultNoID, first),
			once: all(apply.AppliedConfirmed, map[string]apply.Outcome{"DR": ""})},
		fault{name: "F24 success about another object", fault: kind(emulator.FaultOtherID, first), halts: true,
			once: all(apply.Unknown, map[string]apply.Outcome{"DR": ""})},
		fault{name: "F26 key refused", fault: status(401, "APIGW.0301", never), halts: true,
			forever: all(apply.Failed, nil)},
		fault{name: "F28 not found", fault: status(422, "CB.00031006", never),
			once: map[string]apply.Outcome{"JU": apply.Conflict, "DR": apply.Conflict, "NU": apply.Conflict}},
		fault{name: "F28 project not found", fault: status(404, "CB.00031006", never), halts: true,
			once: map[string]apply.Outcome{"JC": apply.Failed}},
		fault{name: "F31 route missing", fault: status(404, "APIGW.0101", never), halts: true, once: all(apply.Failed, nil)},
	)
	for _, code := range []int{301, 302, 307, 308} {
		rows = append(rows, fault{name: fmt.Sprintf("F33 redirect %d", code), halts: true,
			fault: emulator.Fault{Kind: emulator.FaultRedirect, Status: code, Location: "http://127.0.0.1:1/elsewhere", Commit: never},
			once:  all(apply.Failed, nil)})
	}
	return rows
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for profile, quirks := range profiles() {
		for _, op := range operations() {
			if op.id != "JC" && op.id != "JU" && profile != "strict" {
				continue // the other operations differ by profile in nothing that faults touch
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
		t.Errorf("%d requests, which is not bounded by %d", n, 2*reads+60)
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
	w.mustBeInSync(head)
}

// checkInvariants holds the report to what the service holds: I1 to I4 and I8.
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
			w.t.Errorf("I1: %d times %s", n, name)
		}
	}
	for _, old := range prior.Jobs {
		if old.Name != "bystander" {
			continue
		}
		now := truth.Job(old.ID)
		if now == nil {
			w.t.Errorf("I2: %s is gone", old.Name)
			continue
		}
		if diff := cmp.Diff(string(old.Body.AppendJSON(nil)), string(now.Body.AppendJSON(nil))); diff != "" {
			w.t.Errorf("I2: %s was changed (-before +after):\n%s", old.Name, diff)
		}
	}
	for _, j := range truth.Jobs {
		w.checkSecrets(j)
	}
	done := op.done(w.t, truth)
	switch got.Outcome {
	case apply.Applied, apply.AppliedConfirmed, apply.AppliedAfterAbsence, apply.Unchanged, apply.AlreadyAbsent:
		if !done {
			w.t.Errorf("I4: a false %q", got.Outcome)
		}
	case apply.Failed, apply.Skipped, apply.Conflict:
		if done {
			w.t.Errorf("I4: a false %q", got.Outcome)
		}
	}
	if report.ExitCode() == 0 && !done {
		w.t.Error("I4: exit code 0, and it is not done")
	}
	if report.ExitCode() != 0 && got.Message == "" {
		w.t.Error("a failure without a message")
	}
	text, err := json.Marshal(report)
	if err != nil {
		w.t.Fatal(err)
	}
	if strings.Contains(string(text), "canary") {
		w.t.Errorf("I8: the report holds a secret: %s", text)
	}
}

// checkSecrets fails the test if a stored secret is not the value supplied.
func (w *world) checkSecrets(j emulator.TruthJob) {
	w.t.Helper()
	for parameter, name := range map[string]string{"token": "TOKEN", "other": "OTHER"} {
		for _, p := range j.Body.Get("parameters").Items() {
			values := map[string]string{}
			for _, field := range p.Get("params").Items() {
				values[field.Str("name")] = field.Str("value")
			}
			if values["name"] == parameter && values["defaultValue"] != secretValue(name) {
				w.t.Errorf("I2: the secret %s of %s is lost: it is %q", parameter, j.Name, values["defaultValue"])
			}
		}
	}
}

// F20: wherever the answer to a create is cut, it is found by reading.
func TestCreateAnswerCutAnywhere(t *testing.T) {
	t.Parallel()
	op := operations()[0]
	for cut := range 120 {
		w := newWorldWith(t, emulator.Strict(), before())
		plan := w.plan(op.head(), nil, nil)
		w.MustFail(t, emulator.Fault{Op: op.api, Kind: emulator.FaultTruncate, Cut: cut, Commit: emulator.CommitFirst})
		report := w.apply(plan, apply.Options{Secrets: secrets})
		got := result(t, report, op.address, op.action)
		if got.Outcome != apply.AppliedConfirmed && got.Outcome != apply.Applied { // beyond its end nothing is cut
			t.Errorf("cut at %d: %s", cut, describe(report))
		}
		if cut < 40 && got.Outcome == apply.Applied {
			t.Errorf("cut at %d: a cut answer was believed", cut)
		}
		if n := len(w.MustTruth(t).Named(emulator.DefaultProject, "zz-new")); n != 1 {
			t.Errorf("cut at %d: %d jobs", cut, n)
		}
	}
}

// refuseDials fails the first connections of writes before a byte is sent.
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

// F01: a connection that cannot be made is proof that nothing was sent.
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

// F29: a name that is taken is looked at, whatever the refusal looks like.
func TestCreateMeetsAnotherJob(t *testing.T) {
	t.Parallel()
	op := operations()[0]
	tests := map[string]struct {
		other *compile.Job
		want  apply.Outcome
		exit  int
	}{
		"as the definitions want it": {job("zz-new", "echo new", secret("token", "TOKEN")), apply.Unchanged, 0},
		"different":                  {job("zz-new", "echo someone else's"), apply.Conflict, 4},
	}
	for name, test := range tests {
		for _, code := range []int{0, 400, 409, 422} {
			t.Run(fmt.Sprintf("%s/%d", name, code), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, emulator.Legacy())
				w.converge(before())
				plan := w.plan(op.head(), nil, nil)
				create := func() { w.createOutside(test.other) }
				if code == 0 {
					create() // before apply looks
				} else {
					f := status(code, "DEVCB.00030000", emulator.CommitNever)
					f.Op, f.Before = op.api, create // between the look and the create
					w.MustFail(t, f)
				}
				report := w.apply(plan, apply.Options{Secrets: secrets})
				got := result(t, report, op.address, op.action)
				if got.Outcome != test.want || report.ExitCode() != test.exit {
					t.Errorf("ended %s with %d, want %s with %d:\n%s", got.Outcome, report.ExitCode(), test.want, test.exit, describe(report))
				}
				if named := w.MustTruth(t).Named(emulator.DefaultProject, "zz-new"); len(named) != 1 || got.ID != named[0].ID {
					t.Errorf("%d jobs of the name; the result names %q", len(named), got.ID)
				}
			})
		}
	}
}

// createOutside makes a job as a colleague would.
func (w *world) createOutside(j *compile.Job) {
	w.t.Helper()
	if _, err := w.newClient(nil).CreateJob(w.t.Context(), bodyOf(j)); err != nil {
		w.t.Errorf("creating %s outside: %v", j.Name, err)
	}
}

// F09: a create that lands after the settle window is unknown; the next run
// recognises it.
func TestCommitFarTooLate(t *testing.T) {
	t.Parallel()
	op := operations()[0]
	w := newWorld(t, emulator.Legacy())
	w.converge(before())
	w.strike(emulator.Fault{Op: op.api, Kind: emulator.FaultSilence, Commit: emulator.CommitLate, Delay: 10 * time.Minute})
	first := w.apply(w.plan(op.head(), nil, nil), apply.Options{Secrets: secrets})
	if got := result(t, first, op.address, op.action); got.Outcome != apply.Unknown || first.ExitCode() != 6 || got.Next == "" {
		t.Errorf("ended:\n%s", describe(first))
	}
	w.settle()
	w.ResetCalls()
	w.mustBeInSync(op.head())
	if n := len(w.MustTruth(t).Named(emulator.DefaultProject, "zz-new")); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
}

// One object's failure stops no other; with FailFast it stops what has not begun.
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
			exit := 6
			if failFast {
				want, exit = map[apply.Outcome]int{apply.Failed: 1, apply.Skipped: 2}, 1
			}
			if diff := cmp.Diff(want, counts); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if report.ExitCode() != exit {
				t.Errorf("exit code %d, want %d", report.ExitCode(), exit)
			}
			if !slices.IsSortedFunc(report.Results, func(a, b apply.Result) int { return strings.Compare(a.Address, b.Address) }) {
				t.Error("the results are not in the plan's order")
			}
		})
	}
}
