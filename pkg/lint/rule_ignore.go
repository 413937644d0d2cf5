package lint

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// ignoredField is one path of policy.ignore and whether a job has it.
type ignoredField struct {
	jobs    spec.Names
	text    string
	path    valuepath.Path
	at      spec.Range
	pointer string
	used    bool
	near    string // a path of a job that was probably meant
}

// ignoredFields lists the valid paths of policy.ignore; loading reports the others.
func ignoredFields(w *spec.Workspace) []ignoredField {
	if w == nil {
		return nil
	}
	var out []ignoredField
	for i, rule := range w.Policy.Ignore {
		for k, text := range rule.Fields {
			path, err := valuepath.Parse(text)
			if err != nil || (spec.Names{rule.Job}).Validate() != nil {
				continue
			}
			f := ignoredField{jobs: spec.Names{rule.Job}, text: text, path: path, at: at(rule.Pos), pointer: "policy.ignore[" + rule.Job + "].fields" + valuepath.Index(k)}
			if list := w.Root.Get("policy").Get("ignore"); list != nil && i < len(list.Items) {
				if fields := list.Items[i].Get("fields"); fields != nil && k < len(fields.Items) {
					f.at = fields.Items[k].Range
				}
			}
			out = append(out, f)
		}
	}
	return out
}

// lookIn records which ignored fields a compiled job has.
func (f *ignoredField) lookIn(job *compile.Job) {
	if f.used || !f.path.IsAbout(job.Name) || !f.jobs.Match(job.Name) {
		return
	}
	declared := func(p valuepath.Path) bool {
		for path := range job.Provenance {
			if p.Covers(valuepath.Own(path)) {
				return true
			}
		}
		return false
	}
	if f.used = declared(f.path); f.used {
		return
	}
	near := f.path.Nearest(job.Paths(), spec.Nearest)
	if f.near == "" {
		f.near = near
	}
	// A field of live jobs only cannot be seen here, unless it looks like a misspelling.
	f.used = near == "" && f.path.CanBeLive(declared)
}

// unusedFields reports ignored fields that no matching job has.
func (l *linter) unusedFields() {
	for i := range l.facts.ignored {
		f := &l.facts.ignored[i]
		defined := slices.ContainsFunc(l.facts.jobs, func(job jobFact) bool { return f.jobs.Match(job.name) })
		if f.used || !defined {
			continue // of no job, the whole entry is reported
		}
		message, hint := "no job that matches "+quoted(f.jobs[0])+" declares "+quoted(f.text)+": the entry protects nothing", "remove it, or write the path that a plan prints"
		switch name, known, unknown := f.path.Unknown(); {
		case f.path.Template != "" || f.path.Job != "" && !f.jobs.Match(f.path.Job):
			hint = "fields are paths within the jobs that job: selects"
		case unknown:
			message = quoted(f.text) + " is not a field of a job: the entry protects nothing"
			if near := spec.Nearest(name, known); near != "" {
				hint = "did you mean " + quoted(near) + " instead of " + quoted(name) + "?"
			}
		case f.near != "":
			hint = spec.Suggestion(f.near)
		}
		l.report("ignore-unused", f.at, f.pointer, message, hint)
	}
}
