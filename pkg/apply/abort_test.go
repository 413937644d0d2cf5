package apply_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// abortAt ends a run at its nth request or wait, as a second signal does.
type abortAt struct {
	*world
	n     int64
	seen  atomic.Int64
	abort func()
}

func (a *abortAt) step() {
	if a.seen.Add(1) == a.n {
		a.abort()
	}
}

func (a *abortAt) RoundTrip(req *http.Request) (*http.Response, error) {
	a.step()
	return a.transport.RoundTrip(req)
}

func (a *abortAt) Wait(ctx context.Context, d time.Duration) error {
	a.step()
	return a.world.Wait(ctx, d)
}

// TestAbortedAtEveryStep ends runs at their first, second, … request or wait. Some runs succeed,
// others look for a lost or a busy answer. The report must be true, and the next run must do the
// rest.
func TestAbortedAtEveryStep(t *testing.T) {
	t.Parallel()
	kinds := map[string]emulator.Fault{
		"sound": kind(emulator.FaultPass, emulator.CommitFirst), "lost": kind(emulator.FaultReset, emulator.CommitNever),
		"busy": status(500, "CB.00060100", emulator.CommitNever), "done and lost": kind(emulator.FaultReset, emulator.CommitFirst),
	}
	for _, op := range killables() {
		for name, fault := range kinds {
			if raced && name != "lost" {
				continue
			}
			t.Run(op.id+"/"+name, func(t *testing.T) {
				t.Parallel()
				fault.Op = op.api
				for n := int64(1); ; n++ {
					ended := false
					t.Run(fmt.Sprint(n), func(t *testing.T) { ended = playAbort(t, op, fault, n) })
					if ended || t.Failed() {
						return
					}
				}
			})
		}
	}
}

// playAbort aborts at the nth step and reports whether the run had ended before.
func playAbort(t *testing.T, op operation, fault emulator.Fault, n int64) (ended bool) {
	w := newWorldWith(t, emulator.Legacy(), startOf(op))
	w.settle()
	prior := w.MustTruth(t)
	var base *compile.Result
	if op.base != nil {
		base = op.base()
	}
	plan := w.plan(op.head(), base, nil)
	w.MustFail(t, fault)
	ctx, stop := context.WithCancel(t.Context())
	abort, abandon := context.WithCancel(t.Context())
	defer stop()
	defer abandon()
	a := &abortAt{world: w, n: n, abort: func() { stop(); abandon() }}
	api := w.newClient(func(cfg *client.Config) { cfg.Transport, cfg.Sleep = a, a.Wait })
	report := w.applyWith(ctx, api, plan, apply.Options{Secrets: secrets, Clock: a, Abort: abort, Parallelism: 1})
	got := result(t, report, op.address, op.action)
	if op.id != "TR" { // a replacement that is half done counts as neither
		w.checkInvariants(op, prior, report, got)
	}
	if ended = a.seen.Load() < n; !ended && report.Ending() != apply.EndInterrupted {
		t.Errorf("ending %s of an aborted run:\n%s", report.Ending(), describe(report))
	}
	w.ClearFaults()
	w.settle()
	truth := w.MustTruth(t)
	if op.id == "TR" && len(truth.Templates) == 2 {
		return ended // without a journal a person decides
	}
	final := w.plan(op.head(), base, nil)
	if again := w.apply(final, apply.Options{Secrets: secrets}); !again.Complete() || !op.done(t, w.MustTruth(t)) {
		t.Errorf("the next run does not finish the work:\n%s%s", describe(report), describe(again))
	}
	return ended
}
