package diff

import (
	"cmp"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
)

// Compute makes the plan: what would have to be done for the live state to be
// what in.Head says, what must not be done, and why. It is a pure function of
// its input; the same input gives the same plan to the byte.
func Compute(in Input) *Plan { return NewPlanner(in).Plan() }

// Planner makes the plan that Compute makes, of live jobs that come one at a
// time, so that not all bodies need to be in memory.
type Planner struct {
	in       Input
	plan     *Plan
	live     *liveIndex
	base     *definitionIndex // nil: two-way
	whole    *definitionIndex // all the definitions
	pinned   map[jobKey]bool  // projects and ids that they name
	claimed  map[*LiveJob]bool
	managed  map[*LiveJob]bool
	waiting  map[*LiveJob][]*task
	jobs     []*task // by address
	removals []*task
	all      outcome // of everything that is done with

	distrusted map[string]bool // projects whose listing has been refused
}

// NewPlanner finds out by name and id which live jobs the definitions speak of.
// in.Live holds the listings; bodies, notifications and templates may be filled
// in until Compare and Plan are called.
func NewPlanner(in Input) *Planner {
	p := newPlanner(in)
	p.findJobs()
	p.findRemovals()
	return p
}

// Compare compares a job of in.Live that has been read, or could not be. When it
// returns, the job's Body and Notices are no longer needed. It may be called side
// by side for several jobs, once for each.
func (p *Planner) Compare(job *LiveJob) {
	for _, t := range p.waiting[job] {
		t.run()
	}
}

// Plan compares what is left and makes the plan. The Planner is used up.
func (p *Planner) Plan() *Plan {
	var templates, templateRemovals outcome
	p.templates(&templates, &templateRemovals)
	changes, removals := p.all.add(&templates), p.all.add(&templateRemovals)
	slices.SortStableFunc(changes, byAddress)
	for _, t := range p.jobs {
		t.run()
		changes = append(changes, p.all.add(&t.outcome)...)
	}
	for _, t := range p.removals {
		t.run()
		removals = append(removals, p.all.add(&t.outcome)...)
	}
	slices.SortStableFunc(removals, byAddress)
	p.plan.Changes = append(p.plan.Changes, append(changes, removals...)...)
	hintAtRenames(p.plan.Changes)
	p.rails()
	return p.finish()
}

func byAddress(a, b Change) int { return cmp.Compare(a.Address, b.Address) }

func newPlanner(in Input) *Planner {
	if in.Live == nil {
		in.Live = &Snapshot{}
	}
	if in.Head == nil {
		in.Head = &compile.Result{}
	}
	p := &Planner{
		in: in,
		plan: &Plan{
			FormatVersion: FormatVersion, ToolVersion: in.ToolVersion, Environment: in.Environment,
			Endpoint: in.Endpoint, Base: in.BaseRevision, Head: in.HeadRevision, Partial: in.partial(),
			Refusals: []Refusal{}, Changes: []Change{},
		},
		live:    indexLive(in.Live),
		claimed: map[*LiveJob]bool{},
		managed: map[*LiveJob]bool{},
		waiting: map[*LiveJob][]*task{},

		distrusted: map[string]bool{},
	}
	if !in.Part.Equal(Part{}) {
		p.plan.Parts = []Part{in.Part}
	}
	if in.Base != nil {
		p.base = indexDefinitions(in.Base)
	}
	p.whole = indexDefinitions(in.Head)
	if in.Whole != nil && in.Whole != in.Head {
		p.whole = indexDefinitions(in.Whole) // of which Head may be a part
	}
	p.pinned = map[jobKey]bool{}
	for _, job := range p.whole.result.Jobs {
		p.pinned[jobKey{job.ProjectID, job.ID}] = job.ID != ""
	}
	return p
}

// finish counts and gives the plan its id.
func (p *Planner) finish() *Plan {
	p.plan.Refusals = append(p.plan.Refusals, p.all.refusals...)
	p.plan.Summary.Unchanged += p.all.unchanged
	for i := range p.plan.Changes {
		c := &p.plan.Changes[i]
		if c.Actions == nil {
			c.Actions = []Action{}
		}
		if c.Fields == nil {
			c.Fields = []Field{}
		}
		p.plan.Summary.count(c)
	}
	p.plan.Summary.Unmanaged += p.unmanaged()
	p.plan.Projects, p.plan.Jobs = projectsOf(p.whole.result), len(p.in.Head.Jobs)
	p.plan.Needs = needs(p.plan)
	p.plan.PlanID = planID(p.plan)
	return p.plan
}

// projectsOf returns the aliases of the projects that definitions speak of.
func projectsOf(r *compile.Result) []string {
	var aliases []string
	for _, job := range r.Jobs {
		if !slices.Contains(aliases, job.Project) {
			aliases = append(aliases, job.Project)
		}
	}
	slices.Sort(aliases)
	return aliases
}

// count adds one change to the summary.
func (s *Summary) count(c *Change) {
	for _, action := range c.Actions {
		switch action {
		case ActionCreate:
			s.Create++
		case ActionUpdate:
			s.Update++
		case ActionReplace:
			s.Replace++
		case ActionEnable:
			s.Enable++
		case ActionDisable:
			s.Disable++
		case ActionDelete:
			s.Delete++
		}
	}
	switch c.Verdict {
	case VerdictAdopt:
		s.Adopt++
	case VerdictCollision:
		s.Collision++
	case VerdictUnchanged:
		s.Unchanged++
	case VerdictConflict, VerdictRemoveEdited:
		s.Conflict++
	}
	s.Drift += driftCount(c)
}

// driftCount is how many fields of c were edited outside; an object that was
// deleted outside counts as one.
func driftCount(c *Change) int {
	n := 0
	for _, f := range c.Fields {
		if f.Verdict == VerdictDrift {
			n++
		}
	}
	if n == 0 && c.Verdict == VerdictDrift {
		n = 1
	}
	return n
}

// unmanaged counts the live jobs that no definition speaks of, in the projects
// that were listed.
func (p *Planner) unmanaged() int {
	n := 0
	for _, job := range p.live.all {
		if !p.claimed[job] && !p.spokenOf(job) {
			n++
		}
	}
	return n
}

// spokenOf tells whether a live job is one that the definitions mean: by its id
// where they pin one, else by its name. A twin of a pinned job is none of them.
func (p *Planner) spokenOf(live *LiveJob) bool {
	named := p.whole.jobs[jobKey{live.ProjectID, live.Name}]
	return named != nil && named.ID == "" || p.pinned[jobKey{live.ProjectID, live.ID}]
}
