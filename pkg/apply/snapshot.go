package apply

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// ReadInput says which part of the live state to read.
type ReadInput struct {
	Head     *compile.Result
	Base     *compile.Result // nil: two-way
	Scope    Scope
	Endpoint string
	Parallel int // reads at a time; default 8
}

// readParallelism is how many reads go side by side where the caller does not
// say.
const readParallelism = 8

// ReadSnapshot reads what a plan over the definitions needs and no more: each
// project's listing, one query for each job that is declared, was
// declared at the base or is listed under removed: and that exists, one
// notification query for each of those that declares notifications, and the
// templates if some are published.
//
// A job whose read fails has its ReadErr set, a listing that could not be read
// in full has a Problem: both mean unknown, never absent. ReadSnapshot itself
// fails only where every further call would: a refused key, a missing route, a
// cancelled context.
func ReadSnapshot(ctx context.Context, api Reader, in ReadInput) (*diff.Snapshot, error) {
	if err := in.Scope.Validate(); err != nil {
		return nil, err
	}
	// What nobody changed is not read with Scope.Changed, but its project is
	// listed: the service is asked even where nothing changed.
	listed := in
	listed.Scope.Changed = false
	listed.Head, listed.Base = listed.Scope.Narrow(in.Head, in.Base)
	in.Head, in.Base = in.Scope.Narrow(in.Head, in.Base)
	if in.Parallel < 1 {
		in.Parallel = readParallelism
	}
	snap := &diff.Snapshot{Endpoint: in.Endpoint, Projects: map[string]*diff.LiveProject{}}
	wanted := jobsToRead(in)
	wanted.projects = jobsToRead(listed).projects
	if err := readListings(ctx, api, in, snap, wanted); err != nil {
		return nil, err
	}
	if err := readJobs(ctx, api, in, snap, wanted); err != nil {
		return nil, err
	}
	if published(in.Head) || published(in.Base) {
		if err := readTemplates(ctx, api, snap); err != nil {
			return nil, err
		}
	}
	return snap, nil
}

func published(r *compile.Result) bool { return r != nil && len(r.Templates) > 0 }

// interest is what is to be read of the live jobs that go by one name or id.
type interest struct{ notices bool }

// reading is the part of the live jobs that a plan looks at.
type reading struct {
	projects []string // ids, in order of first mention
	names    map[jobKey]interest
	pinned   map[jobKey]interest // projectID and job id
}

func jobsToRead(in ReadInput) *reading {
	r := &reading{names: map[jobKey]interest{}, pinned: map[jobKey]interest{}}
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
	for _, result := range []*compile.Result{in.Head, in.Base} {
		if result == nil {
			continue
		}
		for _, j := range result.Jobs {
			notices := len(j.Notices) > 0
			add(r.names, j.ProjectID, j.Name, notices)
			add(r.pinned, j.ProjectID, j.ID, notices)
			for _, old := range j.RenamedFrom {
				add(r.names, j.ProjectID, old, notices)
			}
		}
	}
	for _, removal := range in.Head.Removals {
		add(r.names, removal.ProjectID, removal.Job, false)
	}
	return r
}

// readListings fills snap.Projects. A pinned job that its listing lacks is
// looked for by id, because listings lag (facts Q26).
func readListings(ctx context.Context, api Reader, in ReadInput, snap *diff.Snapshot, wanted *reading) error {
	projects := make([]*diff.LiveProject, len(wanted.projects))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(in.Parallel)
	for i, id := range wanted.projects {
		group.Go(func() error {
			return caught(func() (err error) {
				projects[i], err = readListing(groupCtx, api, id)
				return err
			})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, project := range projects {
		snap.Projects[project.ID] = project
	}
	for key := range wanted.pinned {
		project := snap.Projects[key.projectID]
		if !slices.ContainsFunc(project.Jobs, func(j *diff.LiveJob) bool { return j.ID == key.name }) {
			project.Jobs = append(project.Jobs, &diff.LiveJob{ProjectID: project.ID, ID: key.name})
		}
	}
	return nil
}

func readListing(ctx context.Context, api Reader, projectID string) (*diff.LiveProject, error) {
	project := &diff.LiveProject{ID: projectID}
	list, err := api.Listing(ctx, projectID)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil && halts(err):
		return nil, err
	case err != nil:
		project.Problem = sanitize.Line(err.Error(), messageLimit)
		return project, nil
	}
	project.Complete, project.Problem = list.Complete, list.Problem
	for _, item := range list.Jobs {
		project.Jobs = append(project.Jobs, &diff.LiveJob{
			ProjectID: projectID, ID: item.ID, Name: item.JobName, Item: item,
		})
	}
	return project, nil
}

// readJobs queries the jobs that the plan looks at.
func readJobs(ctx context.Context, api Reader, in ReadInput, snap *diff.Snapshot, wanted *reading) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(in.Parallel)
	for _, projectID := range wanted.projects {
		for _, job := range snap.Projects[projectID].Jobs {
			byName, named := wanted.names[jobKey{projectID, job.Name}]
			byID, pinned := wanted.pinned[jobKey{projectID, job.ID}]
			if !pinned && (!named || job.Name == "") {
				continue
			}
			group.Go(func() error {
				return caught(func() error { return readJob(groupCtx, api, job, byName.notices || byID.notices) })
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, project := range snap.Projects {
		dropMissingPins(project)
	}
	return nil
}

// readJob fills a live job's body and notifications. It fails only where every
// further read would.
func readJob(ctx context.Context, api Reader, job *diff.LiveJob, notices bool) error {
	body, err := api.QueryJob(ctx, job.ID)
	if err == nil {
		err = rightJob(body, job)
	}
	if err == nil && job.Name == "" {
		job.Name = body.Str(wire.KeyJobName)
		job.Item = wire.JobItem{ID: job.ID, JobName: job.Name}
	}
	if err == nil && notices {
		job.Notices, err = api.Notices(ctx, job.ID)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		job.ReadErr = err
		if halts(err) {
			return err
		}
		return nil
	}
	job.Body = body
	return nil
}

// dropMissingPins removes the jobs that were looked for by a pinned id only and
// that the service says do not exist.
func dropMissingPins(project *diff.LiveProject) {
	project.Jobs = slices.DeleteFunc(project.Jobs, func(j *diff.LiveJob) bool {
		return j.Item.ID == "" && errors.Is(j.ReadErr, client.ErrNotFound)
	})
}

// readTemplates reads the caller's templates, of any name. It fails only where
// every further read would.
func readTemplates(ctx context.Context, api Reader, snap *diff.Snapshot) error {
	for t, err := range api.Templates(ctx, "") {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && halts(err):
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
