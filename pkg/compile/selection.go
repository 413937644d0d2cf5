package compile

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Selection narrows a command to some jobs. The zero Selection has all of them.
type Selection struct {
	Only     spec.Names // by name; none: all
	Projects []string   // aliases or ids; none: all
	Labels   LabelTerms // all must hold
}

// IsAll reports whether s has every job.
func (s Selection) IsAll() bool { return len(s.Only)+len(s.Projects)+len(s.Labels) == 0 }

// HasJob reports whether s has a compiled job.
func (s Selection) HasJob(j *Job) bool {
	return s.Has(j.Name, j.Project, j.ProjectID) && s.Labels.Select(j)
}

// HasLive reports whether s has a live job of a project. definition declares it; nil if nothing
// does. Then it has no labels.
func (s Selection) HasLive(name, project, projectID string, definition *Job) bool {
	return s.Has(name, project, projectID) && (len(s.Labels) == 0 || definition != nil && s.Labels.Select(definition))
}

// Has reports whether s has an object, apart from labels. A template has no project.
func (s Selection) Has(name, project, projectID string) bool {
	inProject := len(s.Projects) == 0 ||
		project != "" && (slices.Contains(s.Projects, project) || slices.Contains(s.Projects, projectID))
	return inProject && s.Only.Select(name)
}

// CheckNames returns a *spec.UnknownNameError for the first pattern or label that no definition of
// results has: such a selection is a mistake, never an empty success. A result may be nil.
func (s Selection) CheckNames(results ...*Result) error {
	names := definedNames(results...)
	for _, glob := range s.Only {
		if !slices.ContainsFunc(names, spec.Names{glob}.Match) {
			return &spec.UnknownNameError{Word: glob, What: "defined job or template", Near: spec.Nearest(glob, names)}
		}
	}
	var jobs []*Job
	for _, r := range results {
		if r != nil {
			jobs = append(jobs, r.Jobs...)
		}
	}
	if term, near, unknown := s.Labels.Unknown(jobs); unknown {
		return &spec.UnknownNameError{Word: term, What: "label of a defined job", Near: near}
	}
	return nil
}

// definedNames returns the names of all defined objects.
func definedNames(results ...*Result) []string {
	var names []string
	for _, r := range results {
		if r == nil {
			continue
		}
		for _, job := range r.Jobs {
			names = append(append(names, job.Name), job.RenamedFrom...)
		}
		for _, template := range r.Templates {
			names = append(names, template.Name)
		}
		for _, removal := range r.Removals {
			names = append(names, removal.Job)
		}
	}
	return names
}
