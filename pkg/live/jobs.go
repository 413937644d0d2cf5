package live

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/buildsync/buildsync/internal/crash"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Options say how jobs are read.
type Options struct {
	Parallel int                        // reads at a time; below 1: client.MaxInFlight
	Notices  func(j *diff.LiveJob) bool // whether a job's notifications are read; nil: of none
	OnRead   func(done, total int)      // called after each job, concurrently; nil: not called

	// Full also reads a job over the newer routes and adds the members that only they show. If that
	// fails, the job's Unseen has the members that may be missing.
	Full bool
}

// AllNotices reads the notifications of every job.
func AllNotices(*diff.LiveJob) bool { return true }

// reading is a run of reading several jobs.
type reading struct {
	api    JobAPI
	opts   Options
	parent context.Context // for the jobs' Full, which outlives the reading

	newerGone atomic.Bool // the newer routes are not available
}

// job reads a job's body and whatever else the options request. An error that concerns only this
// job goes to its ReadErr, as a *crash.Crash if a bug caused it. job fails only on errors that
// concern every read.
func (r *reading) job(ctx context.Context, job *diff.LiveJob) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var body *jsontree.Value
	var rows []wire.Notice
	err := crash.Caught(func() (err error) {
		if body, err = Body(ctx, r.api, job.ID, job.ProjectID); err == nil && r.opts.Notices != nil && r.opts.Notices(job) {
			rows, err = r.api.Notices(ctx, job.ID)
			job.NoticesUnseen = rows == nil && err == nil
		}
		return err
	})
	if body != nil && job.Name == "" {
		job.Name = body.Str(wire.KeyJobName)
		job.Item = wire.JobItem{ID: job.ID, JobName: job.Name}
	}
	if job.ReadErr = err; err != nil || ctx.Err() != nil {
		return ended(ctx, err)
	}
	job.Body, job.Notices = body, rows
	job.Full = func() (*jsontree.Value, error) { return FullBody(r.parent, r.api, job.ID, job.ProjectID) }
	if r.opts.Full {
		return r.complete(ctx, job)
	}
	return nil
}

// complete adds to a job's body the members that only the newer routes show. A missing member may
// be unset or hidden, and a service may hide only some, so there is no other way to find out.
func (r *reading) complete(ctx context.Context, job *diff.LiveJob) error {
	unseen := wire.NewerRoutesOnly
	if diff.ShowsHidden(job.Body) {
		unseen = nil
	}
	if r.newerGone.Load() {
		job.Unseen = unseen
		return nil
	}
	full, err := FullBody(ctx, r.api, job.ID, job.ProjectID)
	switch {
	case ctx.Err() != nil, errors.Is(err, client.ErrWrongObject), errors.Is(err, client.ErrUnauthorized):
		return ended(ctx, err)
	case err != nil:
		job.Unseen = unseen
		if client.FailsAgain(err) {
			r.newerGone.Store(true)
		}
	case full != nil:
		job.Body, job.Completed = diff.CarryOver(job.Body, job.Body, full), true
	}
	return nil
}

// Each reads jobs in parallel and calls use for each as soon as it has been read, concurrently and
// in any order. It does not read jobs again that have a body or a ReadErr. The first error of use,
// or one that makes further reads pointless, ends the reading.
func Each(ctx context.Context, api JobAPI, jobs []*diff.LiveJob, opts Options, use func(*diff.LiveJob) error) error {
	r := &reading{api: api, opts: opts, parent: ctx}
	return r.each(ctx, jobs, use)
}

func (r *reading) each(ctx context.Context, jobs []*diff.LiveJob, use func(*diff.LiveJob) error) error {
	var done atomic.Int64
	return sideBySide(ctx, len(jobs), r.opts.Parallel, func(ctx context.Context, i int) error {
		job := jobs[i]
		if job.Body == nil && job.ReadErr == nil {
			if err := r.job(ctx, job); err != nil {
				return err
			}
		}
		if err := use(job); err != nil {
			return err
		}
		if n := done.Add(1); r.opts.OnRead != nil {
			r.opts.OnRead(int(n), len(jobs))
		}
		return nil
	})
}

// InOrder is Each for a caller that takes the jobs one by one, in order. An error comes last, with
// a nil job. Leaving the loop cancels the reads under way and waits for their end.
func InOrder(ctx context.Context, api JobAPI, jobs []*diff.LiveJob, opts Options) iter.Seq2[*diff.LiveJob, error] {
	return func(yield func(*diff.LiveJob, error) bool) {
		read := make(map[*diff.LiveJob]chan struct{}, len(jobs))
		for _, job := range jobs {
			read[job] = make(chan struct{})
		}
		ended := make(chan struct{})
		var problem error
		inner, cancel := context.WithCancel(ctx)
		defer func() { cancel(); <-ended }()
		go func() {
			defer close(ended)
			r := &reading{api: api, opts: opts, parent: ctx}
			problem = r.each(inner, jobs, func(job *diff.LiveJob) error {
				close(read[job])
				return nil
			})
		}()
		for _, job := range jobs {
			select {
			case <-read[job]:
			case <-ended:
				select {
				case <-read[job]:
				default:
					yield(nil, problem)
					return
				}
			}
			if !yield(job, nil) {
				return
			}
		}
	}
}

// Projects reads the listings of several projects in parallel, and passes each to use.
func Projects(ctx context.Context, api API, ids []string, parallel int, use func(ctx context.Context, i int, project *diff.LiveProject)) error {
	return sideBySide(ctx, len(ids), parallel, func(ctx context.Context, i int) error {
		project, err := Project(ctx, api, ids[i])
		if err == nil {
			use(ctx, i, project)
		}
		return err
	})
}

// sideBySide calls do for 0 to n-1, at most parallel of them at a time. The
// first error ends it.
func sideBySide(ctx context.Context, n, parallel int, do func(ctx context.Context, i int) error) error {
	if parallel < 1 {
		parallel = client.MaxInFlight
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range n {
		group.Go(func() error {
			return crash.Caught(func() error { return do(inner, i) })
		})
	}
	return group.Wait()
}
