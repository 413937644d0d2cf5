package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// liveReader reads exactly what a plan needs: each project's listing; one query for each existing
// job that is declared, was declared at the base or is listed under removed:; one notification
// query for those that declare notifications; and the templates if some are published.
//
// A job whose read fails has a ReadErr, an incomplete listing a Problem: both mean unknown, never
// absent. Its methods fail only on errors that concern every call: a refused key, a missing route,
// a cancelled context.
type liveReader struct {
	api    live.API
	opts   live.Options
	wanted *wanted
	snap   *diff.Snapshot
}

// newLiveReader makes a reader for narrowed definitions.
func newLiveReader(api live.API, in *PlanInput, projects []string) *liveReader {
	r := &liveReader{api: api, wanted: jobsToRead(in.Head, in.Base, triedJobs(in.Tried))}
	r.opts = live.Options{Parallel: in.Parallel, Notices: r.wanted.notices, OnRead: in.OnRead}
	r.wanted.projects = projects
	r.snap = &diff.Snapshot{Endpoint: in.Endpoint, Projects: map[string]*diff.LiveProject{}}
	return r
}

func published(r *compile.Result) bool { return r != nil && len(r.Templates) > 0 }

// interest is what to read of the live jobs with one name or id.
type interest struct{ notices bool }

// wanted lists the live jobs that a plan needs.
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

// listings fills snap.Projects. A pinned job that the listing lacks is looked up by id, because
// listings lag.
func (r *liveReader) listings(ctx context.Context) error {
	projects := make([]*diff.LiveProject, len(r.wanted.projects))
	err := live.Projects(ctx, r.api, r.wanted.projects, r.opts.Parallel, func(ctx context.Context, i int, project *diff.LiveProject) {
		projects[i] = project
		if project.Complete && project.Doubted {
			r.checkNames(ctx, project)
		}
	})
	if err != nil {
		return err
	}
	for _, project := range projects {
		r.snap.Projects[project.ID] = project
	}
	return r.unlistedPins(ctx)
}

// unlistedPins reads the pinned jobs that their listings lack, and skips those that do not exist, or
// are in another project: a wrong id is a mistake in the definitions, not of the service.
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
	var projects []string
	for key := range r.wanted.pinned {
		if !listed[key] {
			missing, projects = append(missing, &diff.LiveJob{ID: key.name}), append(projects, key.projectID)
		}
	}
	opts := r.opts
	opts.OnRead = nil // these reads are not among the total of jobs
	err := live.Each(ctx, r.api, missing, opts, crashOf)
	for i, job := range missing {
		job.ProjectID = projects[i]
		there := job.Body.Str(wire.KeyProjectID)
		elsewhere := there != "" && !strings.EqualFold(there, job.ProjectID)
		if project := r.snap.Projects[job.ProjectID]; !elsewhere && (job.Item.ID != "" || !live.Gone(job.ReadErr)) {
			project.Jobs = append(project.Jobs, job)
		}
	}
	return err
}

// checkNames asks for each wanted name that a listing lacks if a page of it was empty: then its
// count may be wrong too. A name that exists makes the listing incomplete. For a wholly empty
// listing, such as that of a new project, it asks for the base's names, else for one name.
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

// jobs reads the jobs of the plan and passes each to compare. Then it frees the body, so that the
// bodies of many jobs are never in memory together.
func (r *liveReader) jobs(ctx context.Context, compare func(*diff.LiveJob)) error {
	var jobs []*diff.LiveJob
	for _, projectID := range r.wanted.projects {
		for _, job := range r.snap.Projects[projectID].Jobs {
			if r.wanted.has(job) {
				jobs = append(jobs, job)
			}
		}
	}
	return live.Each(ctx, r.api, jobs, r.opts, func(job *diff.LiveJob) error {
		if err := crashOf(job); err != nil {
			return err
		}
		compare(job)
		job.Body, job.Notices, job.Full = nil, nil, nil
		return nil
	})
}

// crashOf returns the panic that prevented reading a job: a bug must not look like an unreadable
// job.
func crashOf(job *diff.LiveJob) error {
	if bug := (*Crash)(nil); errors.As(job.ReadErr, &bug) {
		return bug
	}
	return nil
}

// has reports whether the plan needs a live job.
func (w *wanted) has(job *diff.LiveJob) bool {
	_, named := w.names[jobKey{job.ProjectID, job.Name}]
	_, pinned := w.pinned[jobKey{job.ProjectID, job.ID}]
	return pinned || named && job.Name != ""
}

// notices reports whether the plan needs a live job's notifications.
func (w *wanted) notices(job *diff.LiveJob) bool {
	return w.names[jobKey{job.ProjectID, job.Name}].notices || w.pinned[jobKey{job.ProjectID, job.ID}].notices
}

// templates reads all of the caller's templates.
func (r *liveReader) templates(ctx context.Context) error {
	list, err := live.Templates(ctx, r.api)
	r.snap.Templates, r.snap.TemplatesProblem = list.Templates, list.Problem
	return err
}
