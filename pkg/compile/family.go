package compile

import (
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

const kindFamily = "family"

// family is a list of jobs with common inputs.
type family struct {
	shared
	jobs *spec.Node
}

// familyUse is an entry of jobs that uses a family, for one combination of its matrix.
type familyUse struct {
	family *family
	inputs map[string]*spec.Node
	at     *spec.Node // the family's name at the use
	entry  *spec.Node // the outermost entry of jobs, outside of all families
	combo  []binding
	way    *spec.Origin // what the values of the jobs came through
	open   bool         // nothing uses the family
}

// list returns the key of the list that contains s.
func (s *shared) list() string {
	if s.kind == kindFamily {
		return "families"
	}
	return s.kind + "s"
}

// words returns the path of a use in a pointer, and the plural of the kind.
func (s *shared) words() (path, many string) {
	if s.kind == kindFamily {
		return "family.name", s.list()
	}
	return "steps.use", s.list()
}

func (c *compiler) collectFamily(n *spec.Node) {
	s, ok := collectShared(c, kindFamily, n, func(name string) *spec.Node {
		if f := c.families[name]; f != nil {
			return f.node
		}
		return nil
	})
	if ok {
		c.families[s.name] = &family{shared: s, jobs: n.Get("jobs")}
	}
}

// checkUnusedFamilies compiles unused families, to find mistakes in their jobs.
func (c *compiler) checkUnusedFamilies() {
	for _, name := range slices.Sorted(maps.Keys(c.families)) {
		f := c.families[name]
		if f.compiled || c.total > c.maxTotal || f.jobs == nil {
			continue
		}
		use := &familyUse{family: f, inputs: f.poisonedInputs(), open: true}
		c.uses = append(c.uses, usage{kind: kindFamily, name: name})
		for _, job := range f.jobs.Items {
			if isFamilyUse(job) {
				c.compileFamily(job, use)
			} else if job.Kind == spec.MappingNode {
				c.compileOpenJob(job, use)
			}
		}
		c.uses = c.uses[:0]
	}
}

// isFamilyUse reports whether an entry of jobs uses a family.
func isFamilyUse(n *spec.Node) bool { return n.Kind == spec.MappingNode && n.Get(kindFamily) != nil }

// compileFamily compiles the jobs of an entry that uses a family, once for each combination of the
// entry's matrix. within is the use of the family that contains the entry, nil outside of families.
func (c *compiler) compileFamily(n *spec.Node, within *familyUse) {
	pointer := "jobs[" + n.Get(kindFamily).Str("name") + "]"
	matrix := n.Get("matrix")
	if matrix == nil || matrix.IsNull() {
		if !c.refuseMany(n, within, 1) {
			c.useFamily(n, within, nil, pointer)
		}
		return
	}
	s := &scope{c: c, noMatrix: "a matrix cannot use itself", noJob: "the matrix is multiplied before the jobs have names"}
	within.known(s)
	u := c.newUnit(spec.OfUse, pointer, s)
	combos := u.combinations(u.get(n, "matrix"))
	if c.refuseMany(n, within, len(combos)) {
		return
	}
	for _, combo := range combos {
		c.useFamily(n, within, combo, pointer)
	}
}

// known gives references access to the inputs of the family.
func (use *familyUse) known(s *scope) {
	if use != nil {
		s.inputs, s.ofFamily = use.inputs, true
	}
}

// useFamily compiles the jobs of a family for one combination.
func (c *compiler) useFamily(n *spec.Node, within *familyUse, combo []binding, pointer string) {
	if !c.hasRoom(n.Range) {
		return
	}
	c.total++
	s := &scope{c: c, matrix: combo, noJob: "a family is not one job: write ${{ job.name }} in its jobs"}
	if combo == nil {
		s.noMatrix = "this entry has no matrix"
	}
	within.known(s)
	u := c.newUnit(spec.OfUse, pointer, s)
	for _, f := range n.Fields {
		if f.Key.Text != kindFamily && f.Key.Text != "matrix" {
			return // the schema has reported it
		}
	}
	which := u.get(n, kindFamily)
	if isPoison(which) {
		return
	}
	name := which.Get("name")
	if isPoison(name) {
		return
	}
	if name == nil || name.Kind != spec.ScalarNode || name.IsNull() {
		u.report("missing-key", which, "family.name", "", "family needs the name of a family")
		return
	}
	f := c.families[name.Text]
	if f == nil {
		u.report("family-unknown", name, "family.name", spec.DidYouMeanOneOf(name.Text, slices.Sorted(maps.Keys(c.families))), "there is no family %s", describe(name))
		return
	}
	c.noteFamily(f.name)
	if c.refuseNesting(u, &f.shared, name) {
		return
	}
	use := &familyUse{family: f, inputs: u.inputs(&f.shared, which, which.Get("inputs")), at: name, entry: n, combo: combo}
	if within != nil && within.open {
		return
	}
	f.compiled = true
	use.way = &spec.Origin{Kind: spec.FromFamily, Name: f.name, Pos: name.Pos()}
	if within != nil {
		use.entry, use.way.From = within.entry, within.way
		use.combo = slices.Concat(within.combo, combo)
	}
	c.total += u.values + u.uses
	c.uses = append(c.uses, usage{kindFamily, f.name, name})
	if f.jobs != nil {
		for _, job := range f.jobs.Items {
			c.compileEntry(job, use)
		}
	}
	c.uses = c.uses[:len(c.uses)-1]
}

// compileOpenJob checks a job of an unused family, with its inputs left open. It adds no job.
func (c *compiler) compileOpenJob(n *spec.Node, use *familyUse) {
	s := &scope{c: c, anyJob: true}
	use.known(s)
	u := c.newUnit(spec.OfJob, "families["+use.family.name+"].jobs["+n.Str("name")+"]", s)
	whole := u.inherit(n)
	u.project(u.get(whole, "project"), n)
	u.jobName(n)
	u.jobContent(whole, n, &Job{})
	c.total += u.valueCount()
}

// nameOf returns the range to show for the name of a job. For a family's job that is the use of the
// family, which makes jobs different.
func nameOf(n *spec.Node, use *familyUse) spec.Range {
	if use != nil {
		return use.at.Range
	}
	return n.Get("name").Range
}

// familyPlaces returns where a family's job has its name, for findings about it.
func (j *Job) familyPlaces() []spec.Related {
	if j.use == nil {
		return nil
	}
	return []spec.Related{{Range: j.writtenAt, Message: "the name is written here"}}
}

// DefinedAt returns the place where people look for a job: its definition, or the entry of jobs
// that uses its family.
func (j *Job) DefinedAt() spec.Pos {
	if j.Use.IsValid() {
		return j.Use
	}
	return j.Pos
}
