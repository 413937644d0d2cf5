package export

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// Reader is what an export needs of the service; *client.Client has it.
type Reader interface {
	// Listing reads a project's whole job listing (4.5).
	Listing(ctx context.Context, projectID string) (wire.JobList, error)
	// QueryJob reads a job's body with all its parameters (4.26).
	QueryJob(ctx context.Context, jobID string) (*jsontree.Value, error)
	// Notices reads a job's notification channels (4.23).
	Notices(ctx context.Context, jobID string) ([]wire.Notice, error)
	// Templates reads the caller's build templates (4.20).
	Templates(ctx context.Context, name string) iter.Seq2[wire.Template, error]
}

// List reads a project's listing, its jobs by name. A listing that is not
// complete has a Problem: what it lacks may well exist.
func List(ctx context.Context, api Reader, projectID string) (*diff.LiveProject, error) {
	list, err := api.Listing(ctx, projectID)
	if err != nil {
		return nil, err
	}
	project := &diff.LiveProject{ID: projectID, Complete: list.Complete, Problem: list.Problem}
	for _, item := range list.Jobs {
		project.Jobs = append(project.Jobs, &diff.LiveJob{ProjectID: projectID, ID: item.ID, Name: item.JobName, Item: item})
	}
	slices.SortFunc(project.Jobs, func(a, b *diff.LiveJob) int {
		return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID)
	})
	return project, nil
}

// ReadOptions say what Read reads, and how.
type ReadOptions struct {
	Parallel   int  // reads at a time; 0: 8
	BodiesOnly bool // no notifications
}

// Read reads the bodies and notifications of jobs and yields the jobs in the
// order given as soon as they are there. A job whose read failed has its ReadErr
// set, a *Crash where a bug did it. Reading ends with the loop.
func Read(ctx context.Context, api Reader, jobs []*diff.LiveJob, opts ReadOptions) iter.Seq[*diff.LiveJob] {
	return func(yield func(*diff.LiveJob) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		// Each job has a channel of its own, so that they come in order; the
		// semaphore is taken in order too, so that the first is never starved.
		done := make([]chan struct{}, len(jobs))
		for i := range done {
			done[i] = make(chan struct{})
		}
		slots := make(chan struct{}, cmp.Or(max(opts.Parallel, 0), 8))
		go func() {
			for i, job := range jobs {
				slots <- struct{}{}
				go func() {
					defer func() { <-slots; close(done[i]) }()
					job.ReadErr = caught(func() error { return readJob(ctx, api, job, opts) })
				}()
			}
		}()
		stopped := false
		for i, job := range jobs {
			<-done[i]
			if !stopped && !yield(job) {
				stopped = true
				cancel() // the reads under way end at once; all are waited for
			}
		}
	}
}

func readJob(ctx context.Context, api Reader, job *diff.LiveJob, opts ReadOptions) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	body, err := api.QueryJob(ctx, job.ID)
	if err != nil {
		return err
	}
	if err := live.RightJob(body, job.ID, job.ProjectID); err != nil {
		return err
	}
	if !opts.BodiesOnly {
		if job.Notices, err = api.Notices(ctx, job.ID); err != nil {
			return err
		}
	}
	job.Body = body
	return nil
}

// Templates reads the caller's own templates, by name.
func Templates(ctx context.Context, api Reader) ([]*diff.LiveTemplate, error) {
	var own []*diff.LiveTemplate
	seen := map[string]bool{}
	for t, err := range api.Templates(ctx, "") {
		if err != nil {
			return nil, err
		}
		if t.Scope != "" && t.Scope != wire.ScopeCustom || seen[t.UUID] {
			continue
		}
		seen[t.UUID] = true
		own = append(own, &diff.LiveTemplate{UUID: t.UUID, Name: t.Name, Body: t.Item})
	}
	slices.SortFunc(own, func(a, b *diff.LiveTemplate) int { return strings.Compare(a.Name+"\x00"+a.UUID, b.Name+"\x00"+b.UUID) })
	return own, nil
}
