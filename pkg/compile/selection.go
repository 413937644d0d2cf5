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
