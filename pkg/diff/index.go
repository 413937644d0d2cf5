package diff

import (
	"cmp"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
)

// jobKey is a job's identity while its id is not known.
type jobKey struct{ project, name string }

// liveIndex finds live jobs.
type liveIndex struct {
	projects map[string]*LiveProject
	byName   map[jobKey][]*LiveJob
	byID     map[string]*LiveJob
	all      []*LiveJob // by project, name, id
}

func indexLive(s *Snapshot) *liveIndex {
	x := &liveIndex{projects: s.Projects, byName: map[jobKey][]*LiveJob{}, byID: map[string]*LiveJob{}}
	for _, id := range slices.Sorted(maps.Keys(s.Projects)) {
		for _, job := range s.Projects[id].Jobs {
			if _, twice := x.byID[job.ID]; twice {
				continue // one row on two pages
			}
			x.byID[job.ID] = job
			x.all = append(x.all, job)
		}
	}
	slices.SortFunc(x.all, func(a, b *LiveJob) int {
		return cmp.Or(cmp.Compare(a.ProjectID, b.ProjectID), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	for _, job := range x.all {
		key := jobKey{job.ProjectID, job.Name}
		x.byName[key] = append(x.byName[key], job)
	}
	return x
}

// trusted tells whether a project's listing can prove that a job is absent.
func (x *liveIndex) trusted(projectID string) bool {
	project := x.projects[projectID]
	return project != nil && project.Complete
}

// definitionIndex finds the jobs and templates of a compiled workspace.
type definitionIndex struct {
	result    *compile.Result
	jobs      map[jobKey]*compile.Job
	byID      map[string]*compile.Job
	templates map[string]*compile.Template
}

func indexDefinitions(r *compile.Result) *definitionIndex {
	x := &definitionIndex{
		result: r, jobs: map[jobKey]*compile.Job{}, byID: map[string]*compile.Job{}, templates: map[string]*compile.Template{},
	}
	for _, job := range r.Jobs {
		x.jobs[jobKey{job.ProjectID, job.Name}] = job
		if job.ID != "" {
			x.byID[job.ID] = job
		}
	}
	for _, template := range r.Templates {
		x.templates[template.Name] = template
	}
	return x
}

// predecessor returns what the base declared of a job of the head: the one with
// its name, its id, or a name that it had. nil where there is none.
func (x *definitionIndex) predecessor(job *compile.Job) *compile.Job {
	if x == nil {
		return nil
	}
	if before := x.jobs[jobKey{job.ProjectID, job.Name}]; before != nil {
		return before
	}
	if before := x.byID[job.ID]; before != nil && before.ProjectID == job.ProjectID {
		return before
	}
	for _, name := range job.RenamedFrom {
		if before := x.jobs[jobKey{job.ProjectID, name}]; before != nil {
			return before
		}
	}
	return nil
}
