package apply

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Runner has the calls of smoke runs; *client.Client implements it.
type Runner interface {
	// RunJob starts a build (reference 4.6). It must not be sent twice.
	RunJob(ctx context.Context, run wire.RunRequest) (wire.RunResult, error)
	// Record reads a build's record (reference 4.12).
	Record(ctx context.Context, jobID string, buildNo int) (wire.Record, error)
}

// Smoke builds each job whose body the plan changed, after everything else, and each job that an
// earlier run wrote without a successful build, and follows the builds to their end. A build that
// does not succeed makes the exit code 6.
type Smoke struct {
	Runner Runner
	Every  time.Duration // between two looks at a record; default 5 s

	// Log shows the log of a build that has ended; nil: it is not read.
	Log func(ctx context.Context, address string, record wire.Record) error
	// Progress receives each change of a build's status; nil: none.
	Progress io.Writer
}

// buildSucceeded is the status of a build that succeeded.
const buildSucceeded = "SUCCESS"

// Values of Build.Result that do not come from the service.
const (
	buildNotStarted  = "not started"
	buildUnknown     = "unknown"
	buildInterrupted = "interrupted"
)

// smoke runs the builds side by side and waits for them.
func (r *run) smoke(ctx context.Context) {
	if r.opts.Smoke == nil {
		return
	}
	var jobs []*Result
	for i := range r.plan.Changes {
		change := &r.plan.Changes[i]
		if r.leftDisabled(i) {
			continue
		}
		if !change.WritesBody() {
			if result := r.stillUnproven(i); result != nil {
				jobs = append(jobs, result)
			}
			continue
		}
		for _, action := range []diff.Action{diff.ActionCreate, diff.ActionUpdate} {
			if result := r.results[resultKey{i, action}]; result != nil && result.Outcome.Done() && result.Outcome.wrote() {
				jobs = append(jobs, result)
			}
		}
	}
	r.sideBySide(len(jobs), func(i int) {
		build := r.smokeRun(ctx, jobs[i])
		r.mu.Lock()
		defer r.mu.Unlock()
		jobs[i].Build = &build // Done was called when the job was written, and is not called again
	})
}

// stillUnproven returns a result for the build of a job that an earlier run wrote without a
// successful build; nil for other jobs.
func (r *run) stillUnproven(index int) *Result {
	change := &r.plan.Changes[index]
	if !change.Unproven || change.Kind != diff.KindJob || change.Want == nil || change.ID == nil {
		return nil
	}
	for _, action := range change.Actions {
		if result := r.results[resultKey{index, action}]; result == nil || !result.Outcome.Done() {
			return nil
		}
	}
	result := &Result{
		Address: change.Address, Kind: change.Kind, ProjectID: change.ProjectID, Name: change.Name, ID: *change.ID,
		Action: diff.ActionSmoke, Outcome: Unchanged, Definition: change.Definition, Owner: change.Owner, Labels: change.Labels,
		Paths: []string{}, Causes: []string{}, RequestIDs: []string{},
	}
	r.smoked = append(r.smoked, result)
	return result
}

// leftDisabled reports whether a job is disabled at the end of the run and so cannot be built.
func (r *run) leftDisabled(index int) bool {
	change := &r.plan.Changes[index]
	if slices.Contains(change.Actions, diff.ActionDisable) {
		return true
	}
	return change.Live != nil && change.Live.Item.Disabled && !slices.Contains(change.Actions, diff.ActionEnable)
}

// smokeRun starts one build and follows it. After a lost answer it does not try again: a build may
// already exist.
func (r *run) smokeRun(ctx context.Context, job *Result) Build {
	if reason := r.stopping(); reason != "" {
		return Build{Result: buildNotStarted, Message: reason}
	}
	started, err := r.opts.Smoke.Runner.RunJob(ctx, wire.RunRequest{JobID: job.ID})
	if err != nil {
		result := buildUnknown
		if got := classify(err); got == refused || got == unsent {
			result = buildNotStarted
		}
		return Build{Result: result, Message: describe(err)}
	}
	number, err := strconv.Atoi(started.ActualBuildNumber)
	if err != nil {
		return Build{Result: buildUnknown, Message: fmt.Sprintf("the service named the build %q", sanitize.Line(started.ActualBuildNumber, 40))}
	}
	return r.follow(ctx, job, number)
}

// follow reads a build's record until it has ended.
func (r *run) follow(ctx context.Context, job *Result, number int) Build {
	build := Build{Number: strconv.Itoa(number), Result: buildUnknown}
	every := r.opts.Smoke.Every
	if every <= 0 {
		every = 5 * time.Second
	}
	failures, status := 0, ""
	for {
		if r.soft.Err() != nil || r.clock.Wait(ctx, every) != nil {
			build.Result, build.Message = buildInterrupted, "the build goes on"
			return build
		}
		record, err := r.opts.Smoke.Runner.Record(ctx, job.ID, number)
		if err != nil {
			// A build's record may lag behind its start; the client has already repeated passing
			// faults.
			if failures++; failures == 5 || client.FailsAgain(err) {
				build.Message = describe(err)
				return build
			}
			continue
		}
		failures = 0
		if now := sanitize.Line(record.Status, 40); now != status && r.opts.Smoke.Progress != nil {
			status = now
			r.mu.Lock()
			fmt.Fprintf(r.opts.Smoke.Progress, "%s: build %d: %s\n", job.Address, number, status)
			r.mu.Unlock()
		}
		if !ended(record) {
			continue
		}
		build.Result = strings.ToUpper(sanitize.Line(record.Status, 40))
		if build.Result != buildSucceeded {
			build.Message = sanitize.Message(record.ErrMsg)
		}
		if r.opts.Smoke.Log != nil {
			if err := r.opts.Smoke.Log(ctx, job.Address, record); err != nil {
				r.warn("%s: the log of build %d could not be shown: %s", job.Address, number, describe(err))
			}
		}
		return build
	}
}

// BuildEnded reports whether a build is over, and if so, whether it succeeded.
func BuildEnded(record wire.Record) (over, succeeded bool) {
	return ended(record), strings.EqualFold(record.Status, buildSucceeded)
}

// ended reports whether a build is over. The set of statuses is open, so a finish time
// counts too.
func ended(record wire.Record) bool {
	switch strings.ToUpper(record.Status) {
	case buildSucceeded, "FAILURE", "FAILED", "ABORTED", "TIMEOUT", "ERROR", "CANCELED":
		return true
	case "RUNNING", "QUEUED", "WAITING", "PENDING", "INIT", "BUILDING":
		return false
	}
	return record.FinishTime != ""
}
