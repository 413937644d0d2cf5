package diff

import (
	"cmp"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
)

// Compute makes the plan: what would have to be done for the live state to be
// what in.Head says, what must not be done, and why. It is a pure function of
// its input; the same input gives the same plan to the byte.
func Compute(in Input) *Plan {
	p := newPlanner(in)
	p.templates()
	p.jobs()
	p.removals()
	p.rails()
	return p.finish()
}

// planner is one run of Compute.
type planner struct {
	in       Input
	plan     *Plan
	live     *liveIndex
	base     *definitionIndex        // nil: two-way
	declared map[jobKey]*compile.Job // by all the definitions
	pinned   map[jobKey]bool         // projects and ids that they name
	claimed  map[*LiveJob]bool
	managed  map[*LiveJob]bool
	drifted  []string // addresses
	removed  []string // what the plan disables and deletes, for the rails

	distrusted map[string]bool // projects whose listing has been refused

	templateChanges, jobChanges, removalChanges []Change
}

func newPlanner(in Input) *planner {
	if in.Live == nil {
		in.Live = &Snapshot{}
	}
	if in.Head == nil {
		in.Head = &compile.Result{}
	}
	p := &planner{
		in: in,
		plan: &Plan{
			FormatVersion: FormatVersion, ToolVersion: in.ToolVersion, Environment: in.Environment,
			Endpoint: in.Endpoint, Base: in.BaseRevision, Head: in.HeadRevision, Partial: in.partial(),
			Refusals: []Refusal{}, Changes: []Change{},
		},
		live:    indexLive(in.Live),
		claimed: map[*LiveJob]bool{},
		managed: map[*LiveJob]bool{},

		distrusted: map[string]bool{},
	}
	if !in.Part.equal(Part{}) {
		p.plan.Parts = []Part{in.Part}
	}
	if in.Base != nil {
		p.base = indexDefinitions(in.Base)
	}
	p.declared, p.pinned = map[jobKey]*compile.Job{}, map[jobKey]bool{}
	for _, job := range p.whole().Jobs {
		p.declared[jobKey{job.ProjectID, job.Name}] = job
		p.pinned[jobKey{job.ProjectID, job.ID}] = job.ID != ""
	}
	return p
}

// whole is all the definitions, of which Head may be a part.
func (p *planner) whole() *compile.Result {
	if p.in.Whole != nil {
		return p.in.Whole
	}
	return p.in.Head
}

func (p *planner) refuse(rule, address, message string) {
	p.plan.Refusals = append(p.plan.Refusals, Refusal{Rule: rule, Address: address, Message: message})
}

// finish puts the parts together and gives the plan its id.
func (p *planner) finish() *Plan {
	byAddress := func(a, b Change) int { return cmp.Compare(a.Address, b.Address) }
	slices.SortStableFunc(p.templateChanges, byAddress)
	slices.SortStableFunc(p.removalChanges, byAddress)
	p.plan.Changes = append(p.plan.Changes, p.templateChanges...)
	p.plan.Changes = append(p.plan.Changes, p.jobChanges...)
	p.plan.Changes = append(p.plan.Changes, p.removalChanges...)
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
	p.plan.PlanID = planID(p.plan)
	return p.plan
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
func (p *planner) unmanaged() int {
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
func (p *planner) spokenOf(live *LiveJob) bool {
	named := p.declared[jobKey{live.ProjectID, live.Name}]
	return named != nil && named.ID == "" || p.pinned[jobKey{live.ProjectID, live.ID}]
}
