package live

import (
	"context"
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
}

// AllNotices reads the notifications of every job.
func AllNotices(*diff.LiveJob) bool { return true }

// readJob reads the body of a job, and its notifications if notices is set. A
// failure that concerns this job only goes to its ReadErr, a *crash.Crash where a
// bug caused it; readJob fails only where every further read would. Full of the
// job lives as long as parent.
func readJob(parent, ctx context.Context, api JobAPI, job *diff.LiveJob, notices bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var body *jsontree.Value
	var rows []wire.Notice
	err := crash.Caught(func() (err error) {
		if body, err = Body(ctx, api, job.ID, job.ProjectID); err == nil && notices {
			rows, err = api.Notices(ctx, job.ID)
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
	job.Full = func() (*jsontree.Value, error) { return FullBody(parent, api, job.ID, job.ProjectID) }
	return nil
}

// Each reads jobs side by side and calls use for each as soon as it has been
// read, concurrently and in any order. Jobs whose body is there, or whose read
// failed, are not read again. The first error of use, and what makes every
// further read pointless, ends the reading.
func Each(ctx context.Context, api JobAPI, jobs []*diff.LiveJob, opts Options, use func(*diff.LiveJob) error) error {
	return each(ctx, ctx, api, jobs, opts, use)
}

// each is Each; Full of the jobs lives as long as parent.
func each(parent, ctx context.Context, api JobAPI, jobs []*diff.LiveJob, opts Options, use func(*diff.LiveJob) error) error {
	var done atomic.Int64
	return sideBySide(ctx, len(jobs), opts.Parallel, func(inner context.Context, i int) error {
		job := jobs[i]
		if job.Body == nil && job.ReadErr == nil {
			notices := opts.Notices != nil && opts.Notices(job)
			if err := readJob(parent, inner, api, job, notices); err != nil {
				return err
			}
		}
		if err := use(job); err != nil {
			return err
		}
		if n := done.Add(1); opts.OnRead != nil {
			opts.OnRead(int(n), len(jobs))
		}
		return nil
	})
}

// InOrder is Each for a caller that takes one job after the other, in the order
// of jobs. The error comes last, with a nil job. Leaving the loop cancels the
// reads under way and waits for their end.
func InOrder(ctx context.Context, api JobAPI, jobs []*diff.LiveJob, opts Options) iter.Seq2[*diff.LiveJob, error] {
	return func(yield func(*diff.LiveJob, error) bool) {
		read := make(map[*diff.LiveJob]chan struct{}, len(jobs))
		for _, job := range jobs {
			read[job] = make(chan struct{})
		}
		ended := make(chan struct{})
		var problem error
		reading, cancel := context.WithCancel(ctx)
		defer func() { cancel(); <-ended }()
		go func() {
			defer close(ended)
			problem = each(ctx, reading, api, jobs, opts, func(job *diff.LiveJob) error {
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

// Projects reads the listings of several projects side by side, and hands each
// to use.
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
