package apply_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/spec"
)

// direct passes requests to an emulator in the same process, with the clock of a synctest bubble.
type direct struct {
	e      *emulator.Emulator
	writes atomic.Int32 // requests under way
	open   atomic.Bool  // the run looks for a write whose answer was lost
}

func (d *direct) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet {
		d.writes.Add(1)
		defer d.writes.Add(-1)
	}
	in := req.Clone(req.Context())
	in.Host = req.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{}) // from here on the request may arrive
	}
	answer := make(chan *http.Response, 1)
	go func() {
		defer func() {
			if recover() != nil { // the emulator broke the connection off
				answer <- nil
			}
		}()
		w := httptest.NewRecorder()
		d.e.ServeHTTP(w, in)
		answer <- w.Result()
	}()
	select {
	case resp := <-answer:
		if resp == nil {
			d.open.Store(true)
			return nil, errors.New("connection reset")
		}
		return resp, nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// stopRuns is the number of interrupts of TestStopLatency.
const stopRuns = 200

// TestStopLatency interrupts a run at random moments. Mostly the run waits then: for the service to
// accept calls again, for a lost create, or before the last check. Without a write under way it
// ends within 100 ms. A write under way may end and be looked for; a second signal ends that within
// 200 ms.
func TestStopLatency(t *testing.T) {
	t.Parallel()
	var whole time.Duration
	synctest.Test(t, func(t *testing.T) { whole, _ = stopAt(t, 0, false) })
	if whole < 30*time.Second {
		t.Fatalf("the run takes %v, too little to be interrupted in", whole)
	}
	idle := 0
	for i := range stopRuns {
		at := time.Duration(rand.Int64N(int64(whole)))
		synctest.Test(t, func(t *testing.T) {
			took, writing := stopAt(t, at, i%2 == 0)
			if !writing {
				idle++
			}
			switch {
			case !writing && took > 100*time.Millisecond:
				t.Errorf("interrupted after %v it took %v, and no write was under way", at, took)
			case i%2 == 0 && took > 200*time.Millisecond:
				t.Errorf("interrupted twice after %v it took %v", at, took)
			case took > 36*time.Second: // the grace and a last read
				t.Errorf("interrupted after %v it took %v", at, took)
			}
		})
	}
	if idle < stopRuns/4 {
		t.Errorf("only %d of %d interrupts met a run that waits", idle, stopRuns)
	}
}

// stopAt interrupts a run, twice if hard is set, and returns how long it took to end and whether a
// write was under way. With 0 it returns the run's whole time.
func stopAt(t *testing.T, at time.Duration, hard bool) (took time.Duration, writing bool) {
	e, err := emulator.New(emulator.Options{Latency: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d := &direct{e: e}
	api, err := client.New(client.Config{
		Endpoint: "http://127.0.0.1", Transport: d, Rate: 1e6,
		Credentials: client.Credentials{Key: signer.Key{Access: emulator.DefaultAccessKey, Secret: emulator.DefaultSecretKey}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateJob(t.Context(), bodyOf(job("target", "before"))); err != nil {
		t.Fatal(err)
	}
	plan, err := apply.MakePlan(t.Context(), api, apply.PlanInput{Input: diff.Input{
		Head: definitions(job("new", "x"), job("other", "x"), job("target", "after")), Endpoint: "http://127.0.0.1",
		Policy: spec.Policy{MaxRemovals: 9, MaxRemovalShare: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Fail(
		emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultThrottle, RetryAfter: "55"},
		emulator.Fault{Op: "CreateJob", Kind: emulator.FaultReset, Commit: emulator.CommitNever},
	); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	abort, abandon := context.WithCancel(t.Context())
	defer abandon()
	var stopped time.Time
	began := time.Now()
	if at > 0 {
		timer := time.AfterFunc(at, func() {
			stopped, writing = time.Now(), d.writes.Load() > 0 || d.open.Load()
			stop()
			if hard {
				abandon()
			}
		})
		defer timer.Stop()
	}
	defer stop()
	if _, err := apply.Run(ctx, api, plan, apply.Options{
		Abort: abort, Parallelism: 1, // a worker that waits for another's lock would stop the bubble's clock
		Done: func(apply.Result) { d.open.Store(false) },
	}); err != nil {
		t.Error(err)
	}
	if at == 0 {
		return time.Since(began), false
	}
	return time.Since(stopped), writing
}
