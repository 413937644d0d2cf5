package diff

import (
	"cmp"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Compute makes the plan: what must be done so that the live state becomes what in.Head declares,
// what must not be done, and why. The same input gives the same plan byte for byte.
func Compute(in Input) *Plan { return NewPlanner(in).Plan() }

// Planner makes the same plan as Compute, from live jobs that come one at a
// time, so that their bodies need not all be in memory.
type Planner struct {
	in          Input
	plan        *Plan
	live        *liveIndex
	base        *definitionIndex // nil: two-way
	definitions *definitionIndex // of the whole workspace; Input.Head may be a part of it
	pinned      map[jobKey]bool  // projects and ids that they name
	claimed     map[*LiveJob]bool
	managed     map[*LiveJob]bool
	waiting     map[*LiveJob][]*task
	jobs        []*task // by address
	removals    []*task
	all         outcome // of everything that is done with

	distrusted map[string]bool // projects whose listing has been refused
}

// NewPlanner finds the live job of each definition by name and id. in.Live has the listings;
// bodies, notifications and templates may be filled in until Compare and Plan are called.
func NewPlanner(in Input) *Planner {
	p := newPlanner(in)
	p.findJobs()
	p.findRemovals()
	return p
}

// stillMade lists the live jobs and templates of Made that the base does not declare.
func (p *Planner) stillMade() []string {
	base := cmp.Or(p.in.WholeBase, p.in.Base)
	if base == nil || len(p.in.Made) == 0 {
		return nil // without a base everything is compared two ways
	}
	declared := map[[2]string]bool{}
	for _, job := range base.Jobs {
		declared[[2]string{job.ProjectID, job.Name}] = true
	}
	for _, template := range base.Templates {
		declared[[2]string{"", template.Name}] = true
	}
	var made []string
	add := func(project, name, id string) {
		if p.in.Made[id] && !declared[[2]string{project, name}] {
			made = append(made, id)
		}
	}
	for _, project := range p.in.Live.Projects {
		for _, job := range project.Jobs {
			add(job.ProjectID, job.Name, job.ID)
		}
	}
	for _, template := range p.in.Live.Templates {
		add("", template.Name, template.UUID)
	}
	slices.Sort(made)
	return made
}

// Compare compares a job of in.Live after it was read, or after its reading
// failed. When it returns, the job's Body and Notices are no longer needed. It
// may be called concurrently, once for each job.
func (p *Planner) Compare(job *LiveJob) {
	for _, t := range p.waiting[job] {
		t.run()
	}
}

// Plan compares the remaining objects and returns the plan. The Planner must
// not be used again.
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
	p.refuseMoves(p.plan.Changes)
	p.noteLookAlikes(p.plan.Changes)
	p.plan.Made = p.stillMade()
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
	if in.AssumedBase {
		in.BaseRevision = nil
	}
	p := &Planner{
		in: in,
		plan: &Plan{
			FormatVersion: FormatVersion, ToolVersion: in.ToolVersion, Environment: in.Environment,
			Endpoint: in.Endpoint, Base: in.BaseRevision, Head: in.HeadRevision, Partial: in.partial(),
			Refusals: []Refusal{}, Changes: []Change{}, Kept: in.KeptTemplates,
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
	p.definitions = indexDefinitions(in.Head)
	if in.Whole != nil && in.Whole != in.Head {
		p.definitions = indexDefinitions(in.Whole) // of which Head may be a part
	}
	p.pinned = map[jobKey]bool{}
	for _, job := range p.definitions.result.Jobs {
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
	p.plan.Projects = projectsOf(p.definitions.result)
	p.plan.Jobs, p.plan.Templates = len(p.in.Head.Jobs), len(p.in.Head.Templates)
	p.plan.Needs = needs(p.plan)
	p.plan.PlanID = planID(p.plan)
	return p.plan
}

// projectsOf returns the aliases of the projects of all defined jobs.
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

// whyNotLive says why a declared object of the base is not live.
func (in *Input) whyNotLive() string {
	if in.AssumedBase {
		return "is not live, and no apply of it is recorded"
	}
	return "was deleted outside buildsync"
}

// driftCount returns how many fields of c were edited outside. An object that
// was deleted outside counts as one.
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

// unmanaged counts the live jobs that no definition declares, in the projects that were listed and
// with the names that were asked for. Such a job has no labels, so a part by labels has none.
func (p *Planner) unmanaged() int {
	n := 0
	for _, job := range p.live.all {
		if !p.claimed[job] && !p.spokenOf(job) && len(p.in.Part.Labels) == 0 && spec.Names(p.in.Part.Only).Select(job.Name) {
			n++
		}
	}
	return n
}

// spokenOf reports whether a definition declares a live job: by its pinned id, else by its name. A
// second job with the name of a pinned one does not count.
func (p *Planner) spokenOf(live *LiveJob) bool {
	named := p.definitions.jobs[jobKey{live.ProjectID, live.Name}]
	return named != nil && named.ID == "" || p.pinned[jobKey{live.ProjectID, live.ID}]
}

// outcome is the result of comparing one object, or all objects of one kind. A plan joins outcomes
// in a fixed order, in whatever order they were computed.
type outcome struct {
	changes   []Change
	refusals  []Refusal
	drifted   []string // addresses
	removed   []string // what the plan disables and deletes, for the rails
	unchanged int      // objects without a listed change
}

func (o *outcome) refuse(rule, address, message string) {
	o.refusals = append(o.refusals, Refusal{Rule: rule, Address: address, Message: message, Flag: allowing[rule]})
}

// add appends another outcome, except its changes, which it returns.
func (o *outcome) add(other *outcome) []Change {
	o.refusals = append(o.refusals, other.refusals...)
	o.drifted = append(o.drifted, other.drifted...)
	o.removed = append(o.removed, other.removed...)
	o.unchanged += other.unchanged
	return other.changes
}

// task is a comparison that waits until a live job has been read, or will certainly not be read.
type task struct {
	outcome
	do   func(*outcome)
	done bool
}

func (t *task) run() {
	if !t.done {
		t.done = true
		t.do(&t.outcome)
	}
}

// when returns a task that runs once live has been read, or at the end if live is nil. found is the
// outcome so far.
func (p *Planner) when(live *LiveJob, found outcome, do func(*outcome)) *task {
	t := &task{outcome: found, do: do}
	if live != nil {
		p.waiting[live] = append(p.waiting[live], t)
	}
	return t
}

// jobKey identifies a job by name, before its id is known.
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

// trusted reports whether a project's listing can prove that a job is absent.
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

// predecessor returns the base's declaration of a job of head: the job with its
// name, its id, or a former name. It returns nil if there is none.
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

// isPlainlyInStep checks fast that a job is in step and no details were requested. Most jobs of
// most plans are, and the full comparison copies each member several times. Only members that
// differ literally are compared here. If it returns false, the full comparison decides.
func (j *jobTask) isPlainlyInStep() bool {
	options := j.in.Options
	switch want, live := j.want, j.live; {
	case options.ShowUndeclared || options.Explain || len(options.WriteSecrets) > 0,
		j.in.Unproven[want.Address] || j.in.LeftEnabled[live.ID],
		len(live.Unseen) > 0 || len(j.triedOf(want)) > 0,
		want.Enabled != nil && (*want.Enabled == live.Item.Disabled || live.Item.StateUnseen),
		j.base != nil && j.before == nil,
		j.before != nil && (j.before.Name != want.Name || !compile.SameBody(j.before, want)):
		return false
	}
	live, want := namedBody(j.live), j.want.Body()
	if live.Kind() != jsontree.KindObject || live.Str(wire.KeyJobName) != j.want.Name {
		return false
	}
	var left []string // members that differ literally
	for _, m := range want.Members() {
		if holdsAll(m.Key, live.Get(m.Key), m.Value) {
			continue
		}
		if m.Key == wire.KeyTimeout { // may be read under another name
			if limit := live.Get(wire.KeyLimitTime); !limit.IsEmpty() && live.Get(m.Key).IsEmpty() && holdsAll(m.Key, wire.HoursTimeout(limit.Text()), m.Value) {
				continue
			}
			left = append(left, wire.KeyLimitTime)
		}
		left = append(left, m.Key)
	}
	if len(left) == 0 {
		return true
	}
	c := &comparison{live: only(live, left), declared: only(want, left), modules: j.in.Modules} // the base declares the same
	c.overlaid(j.ignore.matches)
	return len(c.fields()) == 0
}

// only returns an object with the members named in keys.
func only(body *jsontree.Value, keys []string) *jsontree.Value {
	out := jsontree.Object()
	for _, m := range body.Members() {
		if slices.Contains(keys, m.Key) {
			out.Set(m.Key, m.Value)
		}
	}
	return out
}

// holdsAll reports whether live, a member called key, has everything that want has, by the rules of
// an overlay: objects may have more members, also as items of a job's own lists. A list that is a
// value must be equal.
func holdsAll(key string, live, want *jsontree.Value) bool {
	if live == nil || live.Kind() != want.Kind() {
		return false
	}
	switch want.Kind() {
	case jsontree.KindObject:
		if want.Len() == 0 && live.Len() > 0 {
			return false // declared empty
		}
		for _, m := range want.Members() {
			nested := "" // a value
			if key == wire.KeyParameters && m.Key == wire.KeyParams {
				nested = m.Key
			}
			if key == wire.KeyParameters && m.Key == wire.KeyName && sameDefinition(live, want) {
				continue
			}
			if !holdsAll(nested, live.Get(m.Key), m.Value) {
				return false
			}
		}
		return key != wire.KeyParams || want.Get(wire.KeyLimits) != nil || absent(live.Get(wire.KeyLimits)) // none declared is none
	case jsontree.KindArray:
		if !isList(key) && key != wire.KeyParams {
			break
		}
		have := live.Items()
		if len(have) != want.Len() {
			return false
		}
		for i, item := range want.Items() {
			if !holdsAll(key, have[i], item) {
				return false
			}
		}
		return true
	}
	return jsontree.Equal(live, want)
}
