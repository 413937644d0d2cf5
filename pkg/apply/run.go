package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/buildsync/buildsync/internal/crash"
	"github.com/buildsync/buildsync/internal/failpoint"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// Options control how a plan is carried out. The zero value is the careful default.
type Options struct {
	Parallelism int         // objects written side by side; default 4
	FailFast    bool        // after the first failure start nothing more
	CreateRetry CreateRetry // when a create may be sent a second time
	Secrets     Resolver    // nil: no secret is available
	Clock       Clock       // nil: SystemClock

	// SkipMissingSecrets leaves out jobs with missing secrets and writes the others. Without it a
	// missing secret ends the run before the first write.
	SkipMissingSecrets bool

	Grace      time.Duration // how long calls under way may go on after ctx ends; default 30 s
	Journal    *Journal      // nil: none is kept
	Unrecorded bool          // no record will know what this run creates, so its journal has to
	RescueFile string        // file for a template's body, if it must be deleted before its replacement exists
	Smoke      *Smoke        // not nil: run each changed job after its update
	History    History       // not nil: detect edits that an update overwrites, with two requests per update
	Modules    diff.Modules  // as given to MakePlan

	// AllowHidden allows updating a job although the routes hide some members, which may be
	// cleared.
	AllowHidden bool

	// Abort ends calls under way at once, like a second Ctrl-C. nil: only Grace ends them.
	Abort context.Context

	// Begin and Done are called when an action starts and when it has ended, and Warn before a write
	// with what somebody must know if the run is killed after it. One is called at a time. All may be
	// nil.
	Begin func(*diff.Change, diff.Action)
	Done  func(Result)
	Warn  func(text string)
}

const (
	writeParallelism = 8
	defaultGrace     = 30 * time.Second
)

// RefusedError reports that a plan must not be applied because of its refusals.
type RefusedError struct{ Refusals []diff.Refusal }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the plan is refused by %d rails, the first is %s: %s", len(e.Refusals), e.Refusals[0].Rule, e.Refusals[0].Message)
}

// Run carries out exactly the plan: templates first, then jobs with their notifications and enabled
// state, then removals. It returns a report of every action, also if ctx ends early. An error means
// that nothing was tried. After ctx ends, no new write is sent; those under way are finished and
// verified within Options.Grace.
func Run(ctx context.Context, api API, plan *diff.Plan, opts Options) (*Report, error) {
	if plan.Refused() {
		return nil, &RefusedError{plan.Refusals}
	}
	r := newRun(ctx, api, plan, opts)
	work, cancel := r.workContext(ctx)
	defer cancel()
	failpoint.At("begun")

	if err := errors.Join(r.resolveSecrets(), r.keepTemplates(), r.keepMade()); err != nil {
		return nil, err
	}
	for _, phase := range r.phases() {
		r.carryOut(work, phase)
	}
	r.settleStates(work)
	r.sweep(work)
	r.smoke(work)
	failpoint.At("swept")
	return r.finish(ctx), nil
}

// run is the state of one run.
type run struct {
	api   API
	plan  *diff.Plan
	opts  Options
	clock Clock
	soft  context.Context // when it ends no new write is sent

	secrets  secretValues
	listings listings
	newer    newerUpdates
	started  time.Time

	mu         sync.Mutex // guards what follows
	halted     error
	failed     bool // something failed, for FailFast
	warnings   []string
	results    map[resultKey]*Result
	created    []*step         // creates that were sent, for the duplicate sweep
	answers    context.Context // ends when the wait for answers is over
	lastCreate time.Time
	smoked     []*Result // builds of jobs that this run did not write
	states     []*step   // enabled states that must still be verified
}

// resultKey identifies an action of one of the plan's changes.
type resultKey struct {
	change int
	action diff.Action
}

func newRun(ctx context.Context, api API, plan *diff.Plan, opts Options) *run {
	if opts.Parallelism < 1 {
		opts.Parallelism = writeParallelism
	}
	if opts.Grace <= 0 {
		opts.Grace = defaultGrace
	}
	if opts.Clock == nil {
		opts.Clock = SystemClock{}
	}
	if opts.Abort == nil {
		opts.Abort = context.Background()
	}
	r := &run{
		api: api, plan: plan, opts: opts, clock: opts.Clock, soft: ctx,
		results: map[resultKey]*Result{}, started: opts.Clock.Now(),
	}
	r.listings.api, r.listings.clock = api, opts.Clock
	return r
}

// workContext returns the context of calls. It outlives ctx by the grace, in which answers are
// awaited, and by a last look for lost answers. It ends at once with Options.Abort. The grace is
// real time, regardless of Options.Clock, because answers come over the network.
func (r *run) workContext(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	answers, overdue := context.WithCancel(work)
	r.answers = answers
	stopAbort := context.AfterFunc(r.opts.Abort, cancel)
	stopGrace := context.AfterFunc(ctx, func() {
		if real := (SystemClock{}); real.Wait(work, r.opts.Grace) == nil {
			overdue()
			if real.Wait(work, lastLook(r.opts.Grace)) == nil {
				cancel()
			}
		}
	})
	return work, func() {
		stopAbort()
		stopGrace()
		overdue()
		cancel()
	}
}

// lastLook returns how long reads may continue after the grace. It is short, for runners that allow
// only the grace.
func lastLook(grace time.Duration) time.Duration {
	return min(max(grace/4, time.Second), 5*time.Second)
}

// stopping returns why no further write may be sent, "" where one may.
func (r *run) stopping() string {
	if r.soft.Err() != nil {
		if errors.Is(r.soft.Err(), context.DeadlineExceeded) {
			return "the time for the whole run is over"
		}
		return "the run was interrupted"
	}
	if reason := r.halting(); reason != "" {
		return reason
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed && r.opts.FailFast {
		return string(remedy.FailFast)
	}
	return ""
}

// halting returns why no further call can succeed, "" if one may.
func (r *run) halting() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted == nil {
		return ""
	}
	return "the run was stopped: " + describe(r.halted)
}

// halt stops everything that has not begun. The first reason is kept.
func (r *run) halt(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted == nil {
		r.halted = err
	}
}

func (r *run) warn(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
}

// task lists the changes that one worker makes in order: the change of an object, for a job
// followed by that of its notifications.
type task []int // indexes of plan.Changes

// phases returns the tasks of the three phases. The plan's order is kept.
func (r *run) phases() [3][]task {
	var phases [3][]task
	for i := range r.plan.Changes {
		change := &r.plan.Changes[i]
		if len(change.Actions) == 0 {
			continue
		}
		phase := phaseOf(change)
		if last := len(phases[phase]) - 1; change.Kind == diff.KindNotification && last >= 0 {
			lead := &r.plan.Changes[phases[phase][last][0]]
			if lead.Kind == diff.KindJob && lead.ProjectID == change.ProjectID && lead.Name == change.Name {
				phases[phase][last] = append(phases[phase][last], i)
				continue
			}
		}
		phases[phase] = append(phases[phase], task{i})
	}
	return phases
}

func phaseOf(change *diff.Change) int {
	removal := change.Want == nil && change.WantTemplate == nil
	switch {
	case removal:
		return 2
	case change.Kind == diff.KindTemplate:
		return 0
	}
	return 1
}

// carryOut runs the tasks in parallel and returns when all have ended.
func (r *run) carryOut(ctx context.Context, tasks []task) {
	r.sideBySide(len(tasks), func(i int) { r.do(ctx, tasks[i]) })
}

// sideBySide calls do for 0 to n-1 in parallel, within the options' limit, and returns when all
// have ended. A panic stops what has not begun and is raised again here after the others have
// ended.
func (r *run) sideBySide(n int, do func(i int)) {
	queue := make(chan int)
	var workers sync.WaitGroup
	var crashed atomic.Pointer[Crash]
	for range min(r.opts.Parallelism, n) {
		workers.Go(func() {
			for i := range queue {
				err := crash.Caught(func() error { do(i); return nil })
				if crash, ok := err.(*Crash); ok {
					crashed.CompareAndSwap(nil, crash)
					r.halt(crash)
				}
			}
		})
	}
	for i := range n {
		queue <- i
	}
	close(queue)
	workers.Wait()
	if crash := crashed.Load(); crash != nil {
		panic(crash)
	}
}

// do carries out one task. Enabled states come last, after the notifications.
func (r *run) do(ctx context.Context, t task) {
	lead := &r.plan.Changes[t[0]]
	switch {
	case lead.Kind == diff.KindTemplate:
		r.doTemplate(ctx, t[0])
	case lead.Kind == diff.KindJob && lead.Want == nil:
		r.doRemoval(ctx, t[0])
	default:
		r.doJob(ctx, t)
	}
}

// doJob carries out a job's change and that of its notifications. It skips what depends on a failed
// step: everything after a failed create, enabling after a failed update, since a job must not run
// in a form that nobody reviewed.
func (r *run) doJob(ctx context.Context, t task) {
	job := jobState{written: true}
	for _, i := range t {
		change := &r.plan.Changes[i]
		if change.ID != nil {
			job.id = *change.ID
		}
		switch {
		case change.Kind == diff.KindNotification:
			r.doNotices(ctx, i, &job)
		case slices.Contains(change.Actions, diff.ActionCreate):
			r.doCreate(ctx, i, &job)
		case slices.Contains(change.Actions, diff.ActionUpdate):
			r.doUpdate(ctx, i, &job)
		}
	}
	for _, i := range t {
		for _, action := range r.plan.Changes[i].Actions {
			if action == diff.ActionEnable || action == diff.ActionDisable {
				r.doState(ctx, i, action, &job)
			}
		}
	}
}

// jobState is what a task knows about its job.
type jobState struct {
	id      string // "" while there is none
	written bool   // its body is as the plan wants it
}

// step is one action under way.
type step struct {
	run    *run
	index  int
	change *diff.Change
	action diff.Action
	result Result
	began  time.Time

	sends     int             // writes passed to the client
	firstSent time.Time       // when the first of them was
	answered  client.Attempt  // the latest attempt at one
	number    int64           // of the newest change before the first
	numbered  bool            // number is known
	sent      atomic.Bool     // there was one
	cut       atomic.Bool     // the run had to end before a write
	release   func()          // of the context; nil if there is none
	taken     bool            // a create was refused because of its name
	refused   bool            // a create was refused, for any reason
	recovered bool            // a disabled job was recovered for its update
	made      creation        // of a create
	twins     []twin          // objects with the created name, as last seen
	twinsErr  error           // of the last look for twins
	unseen    []string        // members that the routes do not show
	unshown   []string        // members of a template that the service does not show
	old       *jsontree.Value // the template to replace, as it was read
	kept      string          // the template that is deleted before its replacement exists, or the members that an update may clear
	turn      bool            // it holds newerUpdates.turn
	lost      string          // which members its update lost, because the route does not take them
	shows     bool            // a read over this route showed members of a job that the reference lists for the newer ones
	shown     *jsontree.Value // those that the latest read over this route showed, also in code sources
	lingered  bool            // a whole settle window has passed
	lastTry   bool            // no attempt follows
	lastError error           // of the last write
	patience  patience        // with the looks of the run for this action
	putsBack  bool            // what is sent now ends a write under way, so an interrupt does not prevent it
}

// begin starts an action. If the run must stop, it records the action as skipped and returns nil.
func (r *run) begin(index int, action diff.Action) *step {
	change := &r.plan.Changes[index]
	s := &step{run: r, index: index, change: change, action: action, began: r.clock.Now()}
	s.result = Result{
		Address: change.Address, Kind: change.Kind, ProjectID: change.ProjectID, Name: change.Name,
		Action: action, Definition: change.Definition, Owner: change.Owner, Labels: change.Labels,
		Paths: []string{}, Causes: []string{}, RequestIDs: []string{},
	}
	if change.ID != nil {
		s.result.ID = *change.ID
	}
	if reason := r.stopping(); reason != "" {
		s.end(Skipped, "%s", reason)
		s.close()
		return nil
	}
	if r.opts.Begin != nil {
		r.mu.Lock()
		r.opts.Begin(change, action)
		r.mu.Unlock()
	}
	return s
}

// guard returns the context for the action's calls. Before the first write it ends when the run
// must end, since reads are useless then. After it, it lasts until the write is verified.
func (s *step) guard(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.run.soft, func() {
		if !s.sent.Load() {
			s.cut.Store(true)
			cancel()
		}
	})
	s.release = func() {
		stop()
		cancel()
	}
	return ctx
}

// end sets how the action ended. Each part of an action may call it; the last call counts.
func (s *step) end(outcome Outcome, format string, args ...any) {
	s.result.Outcome = outcome
	s.result.Message = fmt.Sprintf(format, args...)
}

// close records an ended action. It does nothing for an action that must still be verified.
func (s *step) close() {
	s.endTurn()
	if s.release != nil {
		s.release()
	}
	if s.result.Outcome == "" {
		return
	}
	s.endInPart()
	if s.cut.Load() && s.result.Outcome == Failed {
		s.end(Skipped, "%s", s.run.stopping())
	}
	failpoint.At("verified")
	s.result.Duration = s.run.clock.Now().Sub(s.began).Seconds()
	if err := s.run.journal(s.outcome()); err != nil {
		s.run.halt(fmt.Errorf("the journal cannot be written, so nothing more is sent: %w", err))
	}
	failpoint.At("recorded")
	s.run.record(s)
}

// record stores an action's result and notifies the caller.
func (r *run) record(s *step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	result := s.result
	r.results[resultKey{s.index, s.action}] = &result
	if !result.Outcome.Done() && result.Outcome != Skipped {
		r.failed = true
	}
	if r.opts.Done != nil {
		r.opts.Done(result)
	}
}

// finish makes the report. Actions without a result were not reached.
func (r *run) finish(ctx context.Context) *Report {
	for i := range r.plan.Changes {
		for _, action := range r.plan.Changes[i].Actions {
			if r.results[resultKey{i, action}] == nil {
				if s := r.begin(i, action); s != nil {
					s.end(Skipped, "the run ended before it")
					s.close()
				}
			}
		}
	}
	report := &Report{
		FormatVersion: reportVersion, PlanID: r.plan.PlanID, ToolVersion: r.plan.ToolVersion,
		Environment: r.plan.Environment, Endpoint: r.plan.Endpoint, Head: r.plan.Head,
		Started: r.started, Finished: r.clock.Now(),
		Interrupted: ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded),
		Outcomes:    map[Outcome]int{}, Warnings: append([]string{}, r.warnings...), Results: []Result{},
	}
	if r.halted != nil {
		report.Halted = describe(r.halted)
	}
	for i := range r.plan.Changes {
		for _, action := range r.plan.Changes[i].Actions {
			result := r.results[resultKey{i, action}]
			report.Results = append(report.Results, *result)
			report.Outcomes[result.Outcome]++
		}
	}
	for _, result := range r.smoked {
		report.Results = append(report.Results, *result)
		report.Outcomes[result.Outcome]++
	}
	return report
}
