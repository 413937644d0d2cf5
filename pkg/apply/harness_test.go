package apply_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/spec"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(runChild())
	}
	if err := flag.Set("rapid.checks", propertyChecks); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// world is an emulator, a client and the clock of both. Waiting moves the clock, so no test waits.
type world struct {
	*emulatortest.Server
	t         testing.TB
	client    *client.Client
	transport *impatient
	dialect   client.Dialect // generation of routes; "" is the client's default
}

// impatient ends a request as soon as the emulator says that no answer will come, so that a test of
// silence needs no timeout.
type impatient struct {
	next  *http.Transport
	quiet chan struct{}
}

type timeoutError struct{}

func (timeoutError) Error() string   { return "no answer in time" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

func (i *impatient) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		return i.next.RoundTrip(req)
	}
	return roundTripUntil(i.quiet, i.next, req)
}

// roundTripUntil sends a request that may get no answer: quiet ends it as a deadline would.
func roundTripUntil(quiet <-chan struct{}, next http.RoundTripper, req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	type end struct {
		resp *http.Response
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		resp, err := next.RoundTrip(req.WithContext(ctx))
		ended <- end{resp, err}
	}()
	select {
	case e := <-ended:
		context.AfterFunc(req.Context(), cancel)
		return e.resp, e.err
	case <-quiet:
		cancel()
		if e := <-ended; e.resp != nil {
			e.resp.Body.Close()
		}
		return nil, timeoutError{}
	}
}

// strike scripts a fault for one operation.
func (w *world) strike(f emulator.Fault) {
	w.t.Helper()
	if f.Kind == emulator.FaultSilence {
		f.After = func() { w.transport.quiet <- struct{}{} }
	}
	w.MustFail(w.t, f)
}

// profiles are four ways in which the service may behave. They cover the emulator's switches that
// no public documentation decides.
func profiles() map[string]emulator.Quirks {
	hostile := emulator.Hostile()
	hostile.PublicTemplates = 120 // two pages of noise are as good as six, and faster
	return map[string]emulator.Quirks{
		"strict": emulator.Strict(), "lenient": emulator.Lenient(), "hostile": hostile, "legacy": emulator.Legacy(),
	}
}

// newWorldFor creates a world for one draw of a property test. It ends with the draw, and its
// failures fail the draw.
func newWorldFor(t *testing.T, rt *rapid.T, quirks emulator.Quirks) *world {
	return newWorld(&drawing{T: t, rt: rt}, quirks)
}

// drawing is the test of one draw.
type drawing struct {
	*testing.T
	rt *rapid.T
}

func (d *drawing) Errorf(format string, args ...any) { d.rt.Errorf(format, args...) }
func (d *drawing) Error(args ...any)                 { d.rt.Error(args...) }
func (d *drawing) Fatalf(format string, args ...any) { d.rt.Fatalf(format, args...) }
func (d *drawing) Fatal(args ...any)                 { d.rt.Fatal(args...) }
func (d *drawing) Cleanup(f func())                  { d.rt.Cleanup(f) }

func newWorld(t testing.TB, quirks emulator.Quirks) *world {
	t.Helper()
	return newWorldWith(t, quirks, &compile.Result{})
}

// newWorldWith creates a world that holds what start declares.
func newWorldWith(t testing.TB, quirks emulator.Quirks, start *compile.Result) *world {
	t.Helper()
	var seed emulator.Seed
	for _, j := range start.Jobs {
		seed.Bodies = append(seed.Bodies, emulator.SeedJob{Body: bodyOf(j), Disabled: j.Enabled != nil && !*j.Enabled})
	}
	for _, x := range start.Templates {
		seed.Templates = append(seed.Templates, x.Body)
	}
	var ids atomic.Int64
	w := &world{t: t, Server: emulatortest.Start(t, emulator.Options{
		Quirks: &quirks,
		Seed:   seed,
		ID:     func() string { return fmt.Sprintf("%032x", ids.Add(1)) },
	})}
	w.transport = &impatient{next: &http.Transport{}, quiet: make(chan struct{})}
	t.Cleanup(w.transport.next.CloseIdleConnections)
	w.client = w.newClient(nil)
	return w
}

// newClient creates a client; change alters its configuration.
func (w *world) newClient(change func(*client.Config)) *client.Client {
	w.t.Helper()
	cfg := client.Config{
		Endpoint: w.URL, IAMEndpoint: w.IAM, Dialect: w.dialect, Rate: 1e6,
		Credentials: client.Credentials{Key: signer.Key{Access: w.AccessKey, Secret: w.SecretKey}},
		Transport:   w.transport,
		Now:         w.Now,
		Sleep:       w.Wait,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	return c
}

// Wait moves the clock. With Now it makes world an apply.Clock.
func (w *world) Wait(ctx context.Context, d time.Duration) error {
	if ctx.Err() == nil {
		w.Advance(d)
	}
	return ctx.Err()
}

// plan plans the definitions.
func (w *world) plan(head, base *compile.Result, change func(*apply.PlanInput)) *diff.Plan {
	w.t.Helper()
	in := apply.PlanInput{Input: diff.Input{
		Head: head, Base: base, Endpoint: w.URL, ToolVersion: "test",
		Policy: spec.Policy{OnRemove: "delete", MaxRemovals: 100, MaxRemovalShare: 1},
	}}
	if base != nil {
		in.BaseRevision = &diff.Revision{Commit: "base"}
	}
	if change != nil {
		change(&in)
	}
	plan, err := apply.MakePlan(w.t.Context(), w.client, in)
	if err != nil {
		w.t.Fatalf("planning: %v", err)
	}
	return plan
}

// apply applies a plan with the world's clock.
func (w *world) apply(plan *diff.Plan, opts apply.Options) *apply.Report {
	w.t.Helper()
	return w.applyWith(w.t.Context(), w.client, plan, opts)
}

func (w *world) applyWith(ctx context.Context, api apply.API, plan *diff.Plan, opts apply.Options) *apply.Report {
	w.t.Helper()
	if opts.Clock == nil {
		opts.Clock = w
	}
	report, err := apply.Run(ctx, api, plan, opts)
	if err != nil {
		w.t.Fatalf("applying: %v", err)
	}
	checkWords(w.t, report)
	return report
}

// checkWords compares each message with its outcome: a message must not call unknown what a read
// has settled.
func checkWords(t interface{ Errorf(string, ...any) }, report *apply.Report) {
	for _, r := range report.Results {
		if r.Outcome == apply.AppliedConfirmed && strings.Contains(r.Message, "it is not known whether") {
			t.Errorf("%s: %s contradicts itself: %s", r.Address, r.Outcome, r.Message)
		}
	}
}

// converge plans and applies, and fails the test unless everything is done.
func (w *world) converge(head *compile.Result) {
	w.t.Helper()
	if report := w.apply(w.plan(head, nil, nil), apply.Options{Secrets: secrets}); !report.Complete() {
		w.t.Fatalf("the state to start from was not reached:\n%s", describe(report))
	}
}

// settle waits until every lag and late commit is over.
func (w *world) settle() { w.Advance(20 * time.Minute) }

// writes counts the requests that may change something.
func (w *world) writes() int { return w.count(func(c emulator.Call) bool { return c.Method != "GET" }) }

func (w *world) count(match func(emulator.Call) bool) int {
	n := 0
	for _, c := range w.Calls() {
		if match(c) {
			n++
		}
	}
	return n
}

func (w *world) ops(op string) int { return w.count(func(c emulator.Call) bool { return c.Op == op }) }

// mustBeInStep fails the test unless the plan is empty and applying it sends nothing.
func (w *world) mustBeInStep(head *compile.Result) {
	w.t.Helper()
	w.settle()
	w.ResetCalls()
	plan := w.plan(head, nil, nil)
	if plan.HasChanges() || len(plan.Refusals) > 0 {
		w.t.Errorf("the plan after is not empty:\n%s", describePlan(plan))
	}
	w.apply(plan, apply.Options{Secrets: secrets})
	if n := w.writes(); n > 0 {
		w.t.Errorf("the apply after sent %d writes, want none", n)
	}
}

// result returns the only result with an address and action.
func result(t testing.TB, report *apply.Report, address string, action diff.Action) apply.Result {
	t.Helper()
	var found []apply.Result
	for _, r := range report.Results {
		if r.Address == address && r.Action == action {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d results for %s %s, want one:\n%s", len(found), action, address, describe(report))
	}
	return found[0]
}

func describe(report *apply.Report) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s, halted %q warnings %q\n", report.Ending(), report.Halted, report.Warnings)
	for _, r := range report.Results {
		fmt.Fprintf(&out, "  %s %s %s: %s %q next %q paths %q code %q attempts %d causes %q\n",
			r.Action, r.Address, r.ID, r.Outcome, r.Message, r.Next, r.Paths, r.Code, r.Attempts, r.Causes)
	}
	return out.String()
}

func describePlan(plan *diff.Plan) string {
	var out strings.Builder
	for _, r := range plan.Refusals {
		fmt.Fprintf(&out, "  refused %s %s: %s\n", r.Rule, r.Address, r.Message)
	}
	for _, c := range plan.Changes {
		fmt.Fprintf(&out, "  %s %v %s\n", c.Address, c.Actions, c.Verdict)
		for _, f := range c.Fields {
			fmt.Fprintf(&out, "    %s: %s -> %s\n", f.Path, f.Before.AppendJSON(nil), f.After.AppendJSON(nil))
		}
	}
	return out.String()
}
