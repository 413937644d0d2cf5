package policy

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// where has the conditions of a policy. Empty ones are true.
type where struct {
	projects []string
	jobs     spec.Names
	steps    []string // module ids
	uses     []string // names of templates and fragments
	usesAt   []spec.Range
	owners   []string // in which * stands for any text
	labels   compile.LabelTerms
	values   []condition
}

// condition requires a value of a job, or one that satisfies a comparison.
type condition struct {
	selector
	op, glob string
	written  string
	at       spec.Range
}

func (w *where) holds(job *Subject) bool {
	if len(w.projects) > 0 && !has(w.projects, job.Project) || len(w.jobs) > 0 && !w.jobs.Match(job.Name) {
		return false
	}
	if len(w.owners) > 0 && !matchesAny(w.owners, job.Owner) {
		return false
	}
	if len(w.labels) > 0 && !w.labels.Select(job.labelled()) {
		return false
	}
	if len(w.uses) > 0 && !slices.ContainsFunc(w.uses, job.uses) {
		return false
	}
	if len(w.steps) > 0 && !slices.ContainsFunc(job.numberedSteps(), func(s step) bool { return has(w.steps, s.module) }) {
		return false
	}
	for i := range w.values {
		if !w.values[i].holds(job) {
			return false
		}
	}
	return true
}

func (c *condition) holds(job *Subject) (held bool) {
	c.each(job, func(h *hit) bool {
		held = c.op == "" || valuepath.Glob(c.glob, h.text()) == (c.op == "=")
		return !held
	})
	return held
}

// matchesAny reports whether one of patterns, in which * matches any text, matches text.
func matchesAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return valuepath.Glob(pattern, text) })
}

func has(list []string, text string) bool { return slices.Contains(list, text) }

// quoted makes a name or value fit for a message.
func quoted(s string) string {
	const longest = 100
	return `"` + sanitize.Line(s, longest) + `"`
}

// ownPath reads a path that this package has spelled.
func ownPath(path string) valuepath.Path { return valuepath.Own(path) }
