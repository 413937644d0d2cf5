package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// liveReader reads what a plan over the definitions needs and no more: each
// project's listing, one query for each job that is declared, was declared at
// the base or is listed under removed: and that exists, one notification query
// for each of those that declares notifications, and the templates if some are
// published.
//
// A job whose read fails has its ReadErr set, a listing that could not be read
// in full has a Problem: both mean unknown, never absent. Its methods fail only
// where every further call would: a refused key, a missing route, a cancelled
// context.
type liveReader struct {
	api      Reader
	parallel int
	wanted   *wanted
	snap     *diff.Snapshot
	onRead   func(done, total int)
}

// newLiveReader makes a reader for narrowed definitions.
func newLiveReader(api Reader, in *PlanInput, projects []string) *liveReader {
	r := &liveReader{api: api, parallel: in.Parallel, wanted: jobsToRead(in.Head, in.Base, triedJobs(in.Tried)), onRead: in.OnRead}
	if r.parallel < 1 {
		r.parallel = client.MaxInFlight
	}
	r.wanted.projects = projects
	r.snap = &diff.Snapshot{Endpoint: in.Endpoint, Projects: map[string]*diff.LiveProject{}}
	return r
}

func published(r *compile.Result) bool { return r != nil && len(r.Templates) > 0 }

// interest is what is to be read of the live jobs that go by one name or id.
type interest struct{ notices bool }

// wanted is the part of the live jobs that a plan looks at.
type wanted struct {
	projects []string // ids, in order of first mention
	names    map[jobKey]interest
	pinned   map[jobKey]interest // projectID and job id
	before   map[jobKey]bool     // the names that the base declared
}

func jobsToRead(head *compile.Result, others ...*compile.Result) *wanted {
	r := &wanted{names: map[jobKey]interest{}, pinned: map[jobKey]interest{}, before: map[jobKey]bool{}}
	add := func(into map[jobKey]interest, projectID, key string, notices bool) {
		if key == "" {
			return
		}
		k := jobKey{projectID, key}
		into[k] = interest{notices: into[k].notices || notices}
		if !slices.Contains(r.projects, projectID) {
			r.projects = append(r.projects, projectID)
		}
	}
	for i, result := range append([]*compile.Result{head}, others...) {
		if result == nil {
			continue
		}
		for _, j := range result.Jobs {
			notices := len(j.Notices) > 0
			if i > 0 {
				r.before[jobKey{j.ProjectID, j.Name}] = true
			}
			add(r.names, j.ProjectID, j.Name, notices)
			add(r.pinned, j.ProjectID, j.ID, notices)
			for _, old := range j.RenamedFrom {
				add(r.names, j.ProjectID, old, notices)
			}
		}
	}
	for _, removal := range head.Removals {
		add(r.names, removal.ProjectID, removal.Job, false)
	}
	return r
}

// listings fills snap.Projects. A pinned job that its listing lacks is looked for
// by id, because listings lag (facts Q26).
func (r *liveReader) listings(ctx context.Context) error {
	projects := make([]*diff.LiveProject, len(r.wanted.projects))
	err := r.sideBySide(ctx, len(projects), func(ctx context.Context, i int) (err error) {
		var doubted bool
		projects[i], doubted, err = readListing(ctx, r.api, r.wanted.projects[i])
		if err == nil && doubted {
			r.checkNames(ctx, projects[i])
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, project := range projects {
		r.snap.Projects[project.ID] = project
	}
	return r.unlistedPins(ctx)
}

// unlistedPins reads the pinned jobs that their listings lack. Those that the
// service says do not exist are none.
func (r *liveReader) unlistedPins(ctx context.Context) error {
	if len(r.wanted.pinned) == 0 {
		return nil
	}
	listed := map[jobKey]bool{}
	for _, project := range r.snap.Projects {
		for _, job := range project.Jobs {
			listed[jobKey{project.ID, job.ID}] = true
		}
	}
	var missing []*diff.LiveJob
	for key := range r.wanted.pinned {
		if !listed[key] {
			missing = append(missing, &diff.LiveJob{ProjectID: key.projectID, ID: key.name})
		}
	}
	err := r.sideBySide(ctx, len(missing), func(ctx context.Context, i int) error {
		return readJob(ctx, r.api, missing[i], r.notices(missing[i]))
	})
	for _, job := range missing {
		if project := r.snap.Projects[job.ProjectID]; job.Item.ID != "" || !gone(job.ReadErr) {
			project.Jobs = append(project.Jobs, job)
		}
	}
	return err
}

// sideBySide calls do for 0 to n-1, as many at a time as are wanted. The first
// error ends it.
func (r *liveReader) sideBySide(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(r.parallel)
	for i := range n {
		group.Go(func() error {
			return caught(func() error { return do(groupCtx, i) })
		})
	}
	return group.Wait()
}

// checkNames asks for each wanted name that a listing lacks where a page of it was
// empty: its count may be as wrong as the page. One that exists makes the listing
// incomplete. Where the whole listing is empty, as that of a new project is, what
// the base declared is asked for, else one name.
func (r *liveReader) checkNames(ctx context.Context, project *diff.LiveProject) {
	listed := map[string]bool{}
	for _, job := range project.Jobs {
		listed[job.Name] = true
	}
	var names []string
	for key := range r.wanted.names {
		if key.projectID == project.ID && !listed[key.name] {
			names = append(names, key.name)
		}
	}
	slices.Sort(names)
	if len(project.Jobs) == 0 {
		before := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !r.wanted.before[jobKey{project.ID, name}] })
		if len(before) == 0 {
			before = names[:min(1, len(names))]
		}
		names = before
	}
	for _, name := range names {
		if nameExists(ctx, r.api, project.ID, name) {
			project.Complete = false
			project.Problem = fmt.Sprintf("a page of it was empty, and it lacks %q, which the service says exists", sanitize.Line(name, 200))
			return
		}
	}
}

// stopped is the error of a reading that was ended from outside, such as by
// --timeout. What the service said last is the likely reason, so it is kept.
func stopped(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	var said *client.Error
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.As(err, &said) {
		return cause
	}
	return fmt.Errorf("%w; the last call: %s", cause, describe(err))
}

// readListing reads a project's listing; doubted says that a page of it was empty.
func readListing(ctx context.Context, api Reader, projectID string) (project *diff.LiveProject, doubted bool, err error) {
	project = &diff.LiveProject{ID: projectID}
	list, err := api.Listing(ctx, projectID)
	switch {
	case ctx.Err() != nil:
		return nil, false, stopped(ctx, err)
	case err != nil && client.EndsRun(err):
		return nil, false, err
	case err != nil:
		project.Problem, project.Unread = sanitize.Line(err.Error(), messageLimit), true
		return project, false, nil
	}
	project.Complete, project.Problem = list.Complete, list.Problem
	for _, item := range list.Jobs {
		project.Jobs = append(project.Jobs, &diff.LiveJob{
			ProjectID: projectID, ID: item.ID, Name: item.JobName, Item: item,
		})
	}
	return project, list.Doubted && list.Complete, nil
}

// jobs queries the jobs that the plan looks at and hands each to compare; then
// its body is let go, so that those of very many jobs are never held together.
func (r *liveReader) jobs(ctx context.Context, compare func(*diff.LiveJob)) error {
	var jobs []*diff.LiveJob
	for _, projectID := range r.wanted.projects {
		for _, job := range r.snap.Projects[projectID].Jobs {
			if r.wants(job) {
				jobs = append(jobs, job)
			}
		}
	}
	var done atomic.Int64
	return r.sideBySide(ctx, len(jobs), func(ctx context.Context, i int) error {
		job := jobs[i]
		if job.Body == nil && job.ReadErr == nil {
			if err := readJob(ctx, r.api, job, r.notices(job)); err != nil {
				return err
			}
		}
		compare(job)
		job.Body, job.Notices, job.Full = nil, nil, nil
		if n := done.Add(1); r.onRead != nil {
			r.onRead(int(n), len(jobs))
		}
		return nil
	})
}

// wants tells whether the plan looks at a live job.
func (r *liveReader) wants(job *diff.LiveJob) bool {
	_, named := r.wanted.names[jobKey{job.ProjectID, job.Name}]
	_, pinned := r.wanted.pinned[jobKey{job.ProjectID, job.ID}]
	return pinned || named && job.Name != ""
}

// notices tells whether the plan looks at a live job's notifications.
func (r *liveReader) notices(job *diff.LiveJob) bool {
	return r.wanted.names[jobKey{job.ProjectID, job.Name}].notices || r.wanted.pinned[jobKey{job.ProjectID, job.ID}].notices
}

// readJob fills a live job's body and notifications. It fails only where every
// further read would.
func readJob(ctx context.Context, api Reader, job *diff.LiveJob, notices bool) error {
	body, err := api.QueryJob(ctx, job.ID)
	if err == nil {
		err = live.RightJob(body, job.ID, job.ProjectID)
	}
	if err == nil && job.Name == "" {
		job.Name = body.Str(wire.KeyJobName)
		job.Item = wire.JobItem{ID: job.ID, JobName: job.Name}
	}
	if err == nil && notices {
		job.Notices, err = api.Notices(ctx, job.ID)
	}
	if ctx.Err() != nil {
		return stopped(ctx, err)
	}
	if err != nil {
		job.ReadErr = err
		if client.EndsRun(err) {
			return err
		}
		return nil
	}
	job.Body = body
	job.Full = func() (*jsontree.Value, error) { return fullJob(ctx, api, job) }
	return nil
}

// templates reads the caller's templates, of any name.
func (r *liveReader) templates(ctx context.Context) error {
	snap := r.snap
	for t, err := range r.api.Templates(ctx, "") {
		switch {
		case ctx.Err() != nil:
			return stopped(ctx, err)
		case err != nil && client.EndsRun(err):
			return err
		case err != nil:
			snap.TemplatesProblem = describe(err)
		case isOwn(t):
			snap.Templates = append(snap.Templates, &diff.LiveTemplate{UUID: t.UUID, Name: t.Name, Body: t.Item})
		}
	}
	slices.SortFunc(snap.Templates, func(a, b *diff.LiveTemplate) int { return strings.Compare(a.UUID, b.UUID) })
	return nil
}
