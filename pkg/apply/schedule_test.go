package apply_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/spec"
)

// schedule plays several applies against one service, one request at a time, in an order that its
// caller decides. The same order gives the same result.
type schedule struct {
	*world
	quiet  chan struct{} // one value for each request without an answer
	actors []*actor
	step   int // requests so far
	// changed is true if the latest request may have changed something.
	changed bool
	// between is called before each request.
	between func()
}

// actor is a person who applies several times.
type actor struct {
	s    *schedule
	name string
	runs []*scheduledRun
	now  *scheduledRun // the run under way

	at   chan bool     // true: it waits for its turn; false: it has ended
	turn chan struct{} // lets it continue
}

// scheduledRun is one apply in a process of its own.
type scheduledRun struct {
	head    *compile.Result
	options apply.Options
	journal string // path, "" for none
	killAt  int    // the request at which the process is killed, 0 for never
	after   bool   // kill it after the answer, not before

	began, ended         int // steps
	requests, refusals   int // refused credentials
	plan                 *diff.Plan
	report               *apply.Report // nil if the process was killed or wrote no report
	killed               bool
	err                  error
	startedAt, stoppedAt time.Time
	left                 []byte // size of the journal when the process was killed
}

// errKilled ends a process that is killed during a request.
var errKilled = errors.New("killed")

// RoundTrip waits for the actor's turn and sends one request.
func (a *actor) RoundTrip(req *http.Request) (*http.Response, error) {
	r := a.now
	if r.killed {
		return nil, errKilled // a killed process sends nothing
	}
	a.at <- true
	<-a.turn
	r.requests++
	a.s.step++
	a.s.changed = req.Method != http.MethodGet
	if r.requests == r.killAt && !r.after {
		r.kill()
	}
	resp, err := a.s.send(req)
	if resp != nil && resp.StatusCode == http.StatusUnauthorized {
		r.refusals++
	}
	if r.requests == r.killAt {
		if resp != nil {
			resp.Body.Close()
		}
		r.kill()
	}
	return resp, err
}

func (r *scheduledRun) kill() {
	r.killed = true
	if r.journal != "" {
		r.left, _ = os.ReadFile(r.journal) // files that a killed process leaves; a missing file is not a failure
	}
	panic(errKilled)
}

// send carries out a request that may get no answer.
func (s *schedule) send(req *http.Request) (*http.Response, error) {
	return roundTripUntil(s.quiet, s.transport.next, req)
}

// strike scripts a fault for any request of any actor.
func (s *schedule) strike(f emulator.Fault) {
	if f.Kind == emulator.FaultSilence {
		f.After = func() { s.quiet <- struct{}{} }
	}
	s.MustFail(s.t, f)
}

// mortal is a clock that stops with the killed process.
type mortal struct {
	*world
	run *scheduledRun
}

func (m mortal) Wait(ctx context.Context, d time.Duration) error {
	if m.run.killed {
		return errKilled
	}
	return m.world.Wait(ctx, d)
}

// live carries out the actor's runs.
func (a *actor) live() {
	defer func() { a.at <- false }()
	<-a.turn
	var journals []apply.JournalEntry
	for _, r := range a.runs {
		a.now = r
		r.began, r.startedAt = a.s.step, a.s.Now()
		a.carryOut(r, journals)
		r.ended, r.stoppedAt = a.s.step, a.s.Now()
		if r.left != nil {
			journals = a.s.entries(r.left)
		}
	}
}

// entries reads a killed process's journal.
func (s *schedule) entries(text []byte) []apply.JournalEntry {
	entries, warning, err := apply.ReadJournal(bytes.NewReader(text), s.URL)
	if err != nil || warning != "" {
		s.t.Errorf("the journal of a killed process: %q, %v", warning, err)
	}
	return entries
}

// carryOut plans and applies once.
func (a *actor) carryOut(r *scheduledRun, journal []apply.JournalEntry) {
	defer func() {
		if value := recover(); value != nil && !r.killed {
			panic(value)
		}
	}()
	clock := mortal{a.s.world, r}
	api := a.s.newClient(func(cfg *client.Config) { cfg.Transport, cfg.Sleep = a, clock.Wait })
	r.plan, r.err = apply.MakePlan(a.s.t.Context(), api, apply.PlanInput{
		Input: diff.Input{
			Head: r.head, Endpoint: a.s.URL, ToolVersion: "test",
			Policy: spec.Policy{OnRemove: "delete", MaxRemovals: 100, MaxRemovalShare: 1},
		},
		Parallel: 1, Journal: journal,
	})
	if r.err != nil || r.plan.Refused() {
		return
	}
	opts := r.options
	opts.Clock, opts.Secrets, opts.Parallelism = clock, secrets, 1
	if a.s.dialect == client.DialectV1 {
		opts.History = api
	}
	if r.journal != "" {
		kept, err := apply.CreateJournal(r.journal, a.s.URL, r.plan.PlanID)
		if err != nil {
			a.s.t.Error(err)
			return
		}
		defer kept.Close()
		opts.Journal = kept
	}
	report, err := apply.Run(a.s.t.Context(), api, r.plan, opts)
	if r.killed {
		return
	}
	if err != nil {
		a.s.t.Errorf("%s: applying: %v", a.name, err)
	}
	r.report = report
}

// play lets the actors continue, one request of one actor at a time; choose picks the actor.
func (s *schedule) play(choose func(alive []*actor) int) {
	alive := append([]*actor{}, s.actors...)
	for _, a := range alive {
		go a.live()
	}
	for len(alive) > 0 {
		i := choose(alive)
		if s.between != nil {
			s.between()
		}
		alive[i].turn <- struct{}{}
		if !<-alive[i].at {
			alive = append(alive[:i:i], alive[i+1:]...)
		}
	}
}

// newSchedule creates a schedule over a service that holds start.
func newSchedule(t testing.TB, quirks emulator.Quirks, start *compile.Result) *schedule {
	return &schedule{world: newWorldWith(t, quirks, start), quiet: make(chan struct{})}
}

func (s *schedule) actor(runs ...*scheduledRun) *actor {
	a := &actor{s: s, name: fmt.Sprintf("actor %d", len(s.actors)+1), runs: runs, at: make(chan bool), turn: make(chan struct{})}
	s.actors = append(s.actors, a)
	return a
}
