package lint

import (
	"cmp"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// jobFact is what rules across files need of a compiled job.
type jobFact struct {
	address, project, projectID, name, id string
	at                                    spec.Range // of its name
	former                                []compile.FormerName
	batch                                 int // the compilation that it came from
}

// removalFact is an entry of removed and the place of its name.
type removalFact struct {
	compile.Removal
	at spec.Range
}

// compiled records what rules across files need of a compilation.
func (l *linter) compiled(result *compile.Result) {
	if result == nil {
		return
	}
	for _, name := range result.Families {
		l.facts.usedFamilies[name] = true
	}
	for _, name := range result.Fragments {
		l.facts.used[name] = true // by way of a reference as well
	}
	l.facts.batch++
	if l.facts.batch == 1 {
		l.facts.ignored = ignoredFields(l.set.Workspace)
	}
	for _, job := range result.Jobs {
		for i := range l.facts.ignored {
			l.facts.ignored[i].lookIn(job)
		}
		fact := jobFact{address: job.Address, project: job.Project, projectID: job.ProjectID, name: job.Name, id: job.ID, at: l.rangeAt(job, "job_name", at(job.Pos)), former: job.Former(), batch: l.facts.batch}
		l.facts.jobs = append(l.facts.jobs, fact)
	}
	for _, removal := range result.Removals {
		fact := removalFact{removal, at(removal.Pos)}
		if name, known := l.facts.ranges[removal.Pos]; known {
			fact.at = name
		}
		if !l.facts.removed[fact] {
			l.facts.removed[fact] = true
			l.facts.removals = append(l.facts.removals, fact)
		}
	}
	clear(l.facts.ranges)
}

// rangeAt returns the range of a compiled value.
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

// policies applies the rules that need all compiled definitions: duplicate-job, renamed-from,
// removed-still-defined, ignore-unused.
func (l *linter) policies() {
	jobs := l.facts.jobs
	byPlace := func(a, b jobFact) int {
		return cmp.Or(cmp.Compare(a.address, b.address), a.at.Start.Compare(b.at.Start))
	}
	if !slices.IsSortedFunc(jobs, byPlace) { // where files are named as their jobs, they are
		slices.SortStableFunc(jobs, byPlace)
	}
	byAddress := make(map[string]*jobFact, len(jobs))
	for i := range jobs {
		job := &jobs[i]
		l.facts.names = append(l.facts.names, named{"job", job.projectID, job.name, "jobs[" + job.name + "].name", job.at})
		first := byAddress[job.address]
		if first == nil {
			byAddress[job.address] = job
			continue
		}
		if first.batch != job.batch { // within one compilation the compiler has said it
			d := l.report("duplicate-job", job.at, "jobs["+job.name+"].name", "job "+quoted(job.name)+" is defined twice in project "+quoted(job.project), "rename one of them")
			d.Blocking = true
			d.Related = []spec.Related{{Range: first.at, Message: "first defined here"}}
		}
	}
	l.identities()
	l.ignores()
}

// identities reports definitions that mean the same live job, by the check of plan and apply.
func (l *linter) identities() {
	claims := make([]compile.Claim, 0, len(l.facts.jobs))
	for i := range l.facts.jobs {
		job := &l.facts.jobs[i]
		claims = append(claims, compile.Claim{Address: job.address, ProjectID: job.projectID, Name: job.name, ID: job.id, At: job.at, Former: job.former})
	}
	removals := make([]compile.RemovalClaim, 0, len(l.facts.removals))
	for _, removal := range l.facts.removals {
		removals = append(removals, compile.RemovalClaim{Removal: removal.Removal, At: removal.at})
	}
	for _, d := range compile.CheckIdentities(claims, removals) {
		d.Blocking = true
		l.found = append(l.found, d)
	}
}

// ignores reports entries of policy.ignore that contradict the definitions: an ignored job that is
// defined, and ignored fields that no defined job has.
func (l *linter) ignores() {
	if l.set.Workspace == nil {
		return
	}
	l.unusedFields()
	for i, ignore := range l.set.Workspace.Policy.Ignore {
		where := at(ignore.Pos)
		if n := ignoreNode(l.set.Workspace.Root, i); n != nil {
			where = n.Range
		}
		pointer := "policy.ignore[" + ignore.Job + "]"
		jobs := spec.Names{ignore.Job}
		if jobs.Validate() != nil {
			continue
		}
		match := slices.IndexFunc(l.facts.jobs, func(job jobFact) bool { return jobs.Match(job.name) })
		switch {
		case match >= 0 && len(ignore.Fields) == 0:
			job := &l.facts.jobs[match]
			d := l.report("ignore-unused", where, pointer, "policy.ignore lists "+quoted(ignore.Job)+", which matches the defined job "+quoted(job.name)+": its definition has no effect",
				"remove the definition, or narrow the pattern")
			d.Related = []spec.Related{{Range: job.at, Message: "it is defined here"}}
		case match < 0 && len(ignore.Fields) > 0:
			l.report("ignore-unused", where, pointer, "policy.ignore lists fields of "+quoted(ignore.Job)+", but no such job is defined", "only fields of defined jobs are compared: remove the entry")
		}
	}
}

// ignoreNode finds the pattern of an entry of policy.ignore, nil if the
// policy comes from somewhere else.
func ignoreNode(root *spec.Node, i int) *spec.Node {
	list := root.Get("policy").Get("ignore")
	if list == nil || i >= len(list.Items) {
		return nil
	}
	return list.Items[i].Get("job")
}
