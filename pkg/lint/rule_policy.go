package lint

import (
	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// compiled applies the rules about what the definitions mean together:
// renamed-from, removed-still-defined, ignore-unused.
func (l *linter) compiled(result *compile.Result) {
	if result == nil {
		return
	}
	byAddress := make(map[string]*compile.Job, len(result.Jobs))
	for _, job := range result.Jobs {
		byAddress[job.Address] = job
		l.facts.names = append(l.facts.names, named{"job", job.ProjectID, job.Name, "jobs[" + job.Name + "]", l.nameRange(job)})
	}
	l.renames(result, byAddress)
	for _, removal := range result.Removals {
		if job := byAddress[removal.Address]; job != nil {
			d := l.report("removed-still-defined", at(removal.Pos), "removed["+removal.Job+"]", "the job "+quoted(removal.Job)+" is listed under removed and is still defined", "remove one of the two")
			d.Related = []spec.Related{{Range: l.nameRange(job), Message: "it is defined here"}}
		}
	}
	l.ignores(result)
}

// nameRange is where a job's name stands.
func (l *linter) nameRange(job *compile.Job) spec.Range {
	return l.rangeAt(job, "job_name", at(job.Pos))
}

// rangeAt is where a compiled value stands.
func (l *linter) rangeAt(job *compile.Job, path string, otherwise spec.Range) spec.Range {
	from, known := job.Provenance[path]
	if !known {
		return otherwise
	}
	if whole, known := l.facts.ranges[from.Pos]; known {
		return whole
	}
	return at(from.Pos)
}

func at(p spec.Pos) spec.Range { return spec.Range{Start: p, End: p} }

// renames reports a former name that is in use: an update of one job would take
// the other's place.
func (l *linter) renames(result *compile.Result, byAddress map[string]*compile.Job) {
	claimed := map[string]*compile.Job{}
	for _, job := range result.Jobs {
		for i, former := range job.RenamedFrom {
			where := l.rangeAt(job, "renamed_from"+compile.IndexSegment(i), l.rangeAt(job, "renamed_from", l.nameRange(job)))
			address := job.Project + "/job/" + former
			pointer := "jobs[" + job.Name + "].renamed_from"
			other, taken := claimed[address]
			switch {
			case former == job.Name:
				l.report("renamed-from", where, pointer, "the job "+quoted(job.Name)+" is renamed from its own name", "remove the entry")
			case byAddress[address] != nil:
				d := l.report("renamed-from", where, pointer, "the job "+quoted(job.Name)+" is renamed from "+quoted(former)+", which is defined as well", "remove the entry, or the other definition")
				d.Related = []spec.Related{{Range: l.nameRange(byAddress[address]), Message: "it is defined here"}}
			case taken && other != job:
				d := l.report("renamed-from", where, pointer, "two jobs are renamed from "+quoted(former), "only one of them can be")
				d.Related = []spec.Related{{Range: l.nameRange(other), Message: "the other job"}}
			default:
				claimed[address] = job
			}
		}
	}
}

// ignores reports policy that contradicts the definitions: a job that is
// defined and ignored, and ignored fields of a job that nobody defines.
func (l *linter) ignores(result *compile.Result) {
	if l.set.Workspace == nil {
		return
	}
	for i, ignore := range l.set.Workspace.Policy.Ignore {
		where := at(ignore.Pos)
		if n := ignoreNode(l.set.Workspace.Root, i); n != nil {
			where = n.Range
		}
		pointer := "policy.ignore[" + ignore.Job + "]"
		if !doublestar.ValidatePattern(ignore.Job) {
			continue
		}
		matched := false
		for _, job := range result.Jobs {
			if !doublestar.MatchUnvalidated(ignore.Job, job.Name) {
				continue
			}
			matched = true
			if len(ignore.Fields) > 0 {
				break
			}
			d := l.report("ignore-unused", where, pointer, "policy.ignore names "+quoted(ignore.Job)+", and the job "+quoted(job.Name)+" is defined: its definition has no effect",
				"remove the definition, or narrow the pattern")
			d.Related = []spec.Related{{Range: l.nameRange(job), Message: "it is defined here"}}
			break
		}
		if !matched && len(ignore.Fields) > 0 {
			l.report("ignore-unused", where, pointer, "policy.ignore names fields of "+quoted(ignore.Job)+", and no such job is defined", "only fields of defined jobs are compared: remove the entry")
		}
	}
}

// ignoreNode finds the pattern of an entry of policy.ignore, nil where the
// policy comes from somewhere else.
func ignoreNode(root *spec.Node, i int) *spec.Node {
	list := root.Get("policy").Get("ignore")
	if list == nil || i >= len(list.Items) {
		return nil
	}
	return list.Items[i].Get("job")
}
