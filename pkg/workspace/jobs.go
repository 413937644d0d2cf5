package workspace

import (
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
)

// Jobs are the defined jobs of a workspace, to find one among many.
type Jobs struct {
	of      *compile.Result
	pinned  map[jobKey]*compile.Job // by id
	named   map[jobKey]*compile.Job // by name, of those without an id
	renamed map[jobKey]*compile.Job // by a former name, of those without an id
	address map[string]*compile.Job
}

// jobKey is a project, and an id or a name in it.
type jobKey struct{ project, key string }

// Jobs returns the jobs of the workspace as it was loaded last.
func (w *Workspace) Jobs() *Jobs {
	if w.jobs != nil && w.jobs.of == w.Result {
		return w.jobs
	}
	w.jobs = &Jobs{w.Result, map[jobKey]*compile.Job{}, map[jobKey]*compile.Job{}, map[jobKey]*compile.Job{}, map[string]*compile.Job{}}
	for _, job := range w.Result.Jobs {
		w.jobs.address[job.Address] = job
		if job.ID != "" {
			w.jobs.pinned[jobKey{job.ProjectID, job.ID}] = job
			continue
		}
		w.jobs.named[jobKey{job.ProjectID, job.Name}] = job
		for _, old := range job.RenamedFrom {
			if key := (jobKey{job.ProjectID, old}); w.jobs.renamed[key] == nil {
				w.jobs.renamed[key] = job
			}
		}
	}
	return w.jobs
}

// Of returns the definition of a live job: the one that is pinned to its id, or
// one of its name that is pinned to none. It is nil if there is none.
func (j *Jobs) Of(projectID, id, name string) *compile.Job {
	if job := j.Pinned(projectID, id); job != nil {
		return job
	}
	return j.named[jobKey{projectID, name}]
}

// Pinned returns the job that is pinned to an id, or nil.
func (j *Jobs) Pinned(projectID, id string) *compile.Job { return j.pinned[jobKey{projectID, id}] }

// Renamed returns the job that was called name before, or nil.
func (j *Jobs) Renamed(projectID, name string) *compile.Job {
	return j.renamed[jobKey{projectID, name}]
}

// At returns the job of an address, or nil.
func (j *Jobs) At(address string) *compile.Job { return j.address[address] }

// DefinitionOf returns the definition of a live job, or nil.
func (w *Workspace) DefinitionOf(live *diff.LiveJob) *compile.Job {
	return w.Jobs().Of(live.ProjectID, live.ID, live.Name)
}
