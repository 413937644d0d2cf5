package apply_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestInterruptedInTheMiddle presses Ctrl-C during a write. The write ends and is verified, nothing
// new begins, and the next run does the rest.
func TestInterruptedInTheMiddle(t *testing.T) {
	t.Parallel()
	head := definitions(job("a", "x"), job("b", "x"), job("c", "x"), job("d", "x"))
	for nth := 1; nth <= 4; nth++ {
		t.Run(fmt.Sprintf("during write %d", nth), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w.MustFail(t, emulator.Fault{Op: "CreateJob", Nth: nth, Kind: emulator.FaultPass, Commit: emulator.CommitFirst, Before: cancel})
			report := w.applyWith(ctx, w.client, w.plan(head, nil, nil), apply.Options{Parallelism: 1})
			if got := report.Outcomes[apply.Applied]; got != nth || report.Outcomes[apply.Skipped] != 4-nth {
				t.Errorf("applied and skipped are not %d and %d:\n%s", nth, 4-nth, describe(report))
			}
			if !report.Interrupted || report.Ending() != apply.EndInterrupted {
				t.Errorf("interrupted %t, ending %s; want true, interrupted", report.Interrupted, report.Ending())
			}
			if n := len(w.MustTruth(t).Jobs); n != nth {
				t.Errorf("%d jobs, want %d", n, nth)
			}
			w.converge(head)
			w.mustBeInStep(head)
		})
	}
}

// TestInterruptedWhileRecovered presses Ctrl-C while a disabled job is enabled for its update. No
// update follows, and the job is disabled again.
func TestInterruptedWhileRecovered(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"RecoverJob", "UpdateJob"} {
		w := newWorld(t, emulator.Strict())
		w.converge(definitions(job("target", "before", enabled(false))))
		plan := w.plan(definitions(job("target", "after")), nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		refusal := status(400, "DEVCB.00030000", emulator.CommitNever)
		refusal.Op = "UpdateJob"
		stop := emulator.Fault{Op: op, Kind: emulator.FaultPass, Commit: emulator.CommitFirst, Before: cancel}
		if op == "UpdateJob" {
			stop.Nth = 2
		}
		w.MustFail(t, refusal, stop)
		report := w.applyWith(ctx, w.client, plan, apply.Options{})
		w.AllPlayed(t)
		if stored := w.MustTruth(t).Jobs[0]; !stored.Disabled || (command(t, stored) == "after") != (op == "UpdateJob") || report.Ending() != apply.EndInterrupted {
			t.Errorf("stopped at %s: disabled is %t, command %q\n%s", op, stored.Disabled, command(t, stored), describe(report))
		}
	}
}

func TestInterruptedBeforeAnyWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(definitions(job("a", "x")), nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.ResetCalls()
	report := w.applyWith(ctx, w.client, plan, apply.Options{})
	if n := len(w.Calls()); n > 0 || report.Outcomes[apply.Skipped] != 1 || report.Ending() != apply.EndInterrupted {
		t.Errorf("%d requests:\n%s", n, describe(report))
	}
}

// TestInterruptedDuringSilence presses Ctrl-C while an answer is missing. The run waits for the
// grace and then reads the outcome.
func TestInterruptedDuringSilence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		commit  emulator.Commit
		outcome apply.Outcome
	}{
		"it took effect": {emulator.CommitFirst, apply.AppliedConfirmed},
		"it did not":     {emulator.CommitNever, apply.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Strict())
			w.converge(definitions(job("a", "before")))
			head := definitions(job("a", "after"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultSilence, Commit: test.commit, Before: cancel})
			report := w.applyWith(ctx, w.client, w.plan(head, nil, nil), apply.Options{Grace: 50 * time.Millisecond})
			if got := result(t, report, "shop/job/a", diff.ActionUpdate); got.Outcome != test.outcome || report.Ending() != apply.EndInterrupted {
				t.Errorf("ended:\n%s", describe(report))
			}
			w.converge(head)
			w.mustBeInStep(head)
		})
	}
}

// TestInterruptedWhileWaiting checks that the run leaves a back-off at once, because no attempt
// would follow.
func TestInterruptedWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(definitions(job("a", "before")))
	plan := w.plan(definitions(job("a", "after")), nil, nil)
	f := status(500, "CB.00060100", emulator.CommitNever)
	f.Op, f.Times = "UpdateJob", -1
	w.MustFail(t, f)
	ctx, cancel := context.WithCancel(t.Context())
	report := w.applyWith(ctx, w.client, plan, apply.Options{Clock: &stoppingClock{world: w, stop: cancel, after: time.Second}})
	got := result(t, report, "shop/job/a", diff.ActionUpdate)
	if got.Outcome != apply.Failed || got.Attempts != 1 || report.Ending() != apply.EndInterrupted {
		t.Errorf("ended:\n%s", describe(report))
	}
}

// stoppingClient cancels the run right before it sends an update.
type stoppingClient struct {
	*client.Client
	stop func()
}

func (c stoppingClient) UpdateJob(ctx context.Context, body *jsontree.Value) error {
	c.stop()
	return c.Client.UpdateJob(ctx, body)
}

// TestInterruptedBeforeItsTurn checks that a write that the interrupt finds before it is sent, as it
// waits for the rate, is skipped and not a failure.
func TestInterruptedBeforeItsTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(definitions(job("a", "before")))
	plan := w.plan(definitions(job("a", "after")), nil, nil)
	w.ResetCalls()
	ctx, cancel := context.WithCancel(t.Context())
	report := w.applyWith(ctx, stoppingClient{w.client, cancel}, plan, apply.Options{})
	got := result(t, report, "shop/job/a", diff.ActionUpdate)
	if got.Outcome != apply.Skipped || w.ops("UpdateJob") != 0 || report.Ending() != apply.EndInterrupted {
		t.Errorf("%d updates, ended:\n%s", w.ops("UpdateJob"), describe(report))
	}
}

// stoppingClock cancels the run once the world's clock has moved by after.
type stoppingClock struct {
	*world
	stop  func()
	after time.Duration
	gone  time.Duration
}

func (c *stoppingClock) Wait(ctx context.Context, d time.Duration) error {
	if c.gone += d; c.gone >= c.after {
		c.stop()
	}
	return c.world.Wait(ctx, d)
}

// TestAborted checks that a second Ctrl-C ends the calls under way. Their outcome is unknown.
func TestAborted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(definitions(job("a", "x"), job("b", "x")), nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	abort, abortNow := context.WithCancel(t.Context())
	w.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultSilence, Commit: emulator.CommitFirst, After: func() {
		cancel()
		abortNow()
	}})
	report := w.applyWith(ctx, w.client, plan, apply.Options{Parallelism: 1, Abort: abort})
	if got := result(t, report, "shop/job/a", diff.ActionCreate); got.Outcome != apply.Unknown {
		t.Errorf("the create under way ended %s", got.Outcome)
	}
	if got := result(t, report, "shop/job/b", diff.ActionCreate); got.Outcome != apply.Skipped {
		t.Errorf("the other ended %s", got.Outcome)
	}
	if report.Ending() != apply.EndInterrupted {
		t.Errorf("ending %s, want interrupted", report.Ending())
	}
	w.converge(definitions(job("a", "x"), job("b", "x")))
	if n := len(w.MustTruth(t).Jobs); n != 2 {
		t.Errorf("%d jobs, want 2", n)
	}
}

// TestTimeoutIsAFailure checks that a run that exceeds its timeout has failed and is not interrupted.
func TestTimeoutIsAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(definitions(job("a", "x")), nil, nil)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	report := w.applyWith(ctx, w.client, plan, apply.Options{})
	if report.Interrupted || report.Ending() != apply.EndFailed || report.Outcomes[apply.Skipped] != 1 {
		t.Errorf("ended:\n%s", describe(report))
	}
}

// TestJournalFails checks that a run without a writable journal sends nothing.
func TestJournalFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(definitions(job("a", "x"), job("b", "x")), nil, nil)
	journal, err := apply.CreateJournal(t.TempDir()+"/journal", w.URL, plan.PlanID)
	if err != nil {
		t.Fatal(err)
	}
	if err := journal.Close(); err != nil { // every write to it fails from now on
		t.Fatal(err)
	}
	w.ResetCalls()
	report := w.apply(plan, apply.Options{Journal: journal})
	if n := w.writes(); n > 0 || report.Ending() != apply.EndFailed || report.Halted == "" || report.Outcomes[apply.Skipped] != 2 {
		t.Errorf("%d writes:\n%s", n, describe(report))
	}
	if _, err := apply.Run(t.Context(), w.client, &diff.Plan{Refusals: []diff.Refusal{{Rule: diff.RuleConflict}}}, apply.Options{}); !errors.As(err, new(*apply.RefusedError)) {
		t.Errorf("a refused plan: %v", err)
	}
}

// TestInterruptedRunLeavesNoTimer checks that a run stops its timers when it returns. A timer would
// keep the run's context in memory for the rest of the grace.
func TestInterruptedRunLeavesNoTimer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(definitions(job("a", "x")), nil, nil)
	carried := make(chan weak.Pointer[[1 << 10]byte])
	go func() { // on a stack of its own, which ends with it
		value := new([1 << 10]byte)
		ctx, cancel := context.WithCancel(context.WithValue(context.Background(), carriedKey{}, value))
		cancel()
		w.applyWith(ctx, w.client, plan, apply.Options{Grace: time.Hour})
		carried <- weak.Make(value)
	}()
	pointer := <-carried
	for range 1000 {
		if runtime.GC(); pointer.Value() == nil {
			return
		}
		runtime.Gosched()
	}
	t.Error("the context of a run that has returned is still reachable")
}

// carriedKey is the key of a value in a run's context.
type carriedKey struct{}
