package compile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// A family within a family multiplies, and so does a fragment within a fragment: eight levels of ten
// uses fit on a page and make a hundred million jobs or steps. They are counted before the first job
// is compiled, so that such a page costs neither time nor memory. Every count is a lower bound:
// nothing that fits is refused.

// most is where counting stops. The product of two counts below it fits into an int64.
const most = math.MaxInt32

// stepValues is the least number of values of a step: the step, its module and its name.
const stepValues = 3

// multiple is what an entry of jobs comes to at least.
type multiple struct {
	jobs   int64
	uses   int64 // of families
	values int64
}

func (m multiple) plus(other multiple) multiple {
	return multiple{min(m.jobs+other.jobs, most), min(m.uses+other.uses, most), min(m.values+other.values, most)}
}

func (m multiple) times(n int64) multiple {
	return multiple{min(m.jobs*n, most), min(m.uses*n, most), min(m.values*n, most)}
}

func (m multiple) String() string {
	n, of := m.jobs, "jobs"
	switch n {
	case 1:
		of = "job"
	case 0:
		n, of = m.uses, "uses of families without a job"
	}
	if n >= most {
		return fmt.Sprintf("more than %d %s", n, of)
	}
	return fmt.Sprintf("%d %s", n, of)
}

// multiplied returns what one use of a family makes. The count is kept; a family that is being
// counted has none yet, since a family in a circle is reported elsewhere.
func (c *compiler) multiplied(name string) multiple {
	if known, ok := c.multiples[name]; ok {
		return known
	}
	f := c.families[name]
	if f == nil || f.jobs == nil {
		return multiple{uses: 1, values: 1}
	}
	if c.multiples == nil {
		c.multiples = map[string]multiple{}
	}
	c.multiples[name] = multiple{}
	sum := multiple{uses: 1, values: 1}
	for _, entry := range f.jobs.Items {
		sum = sum.plus(c.multipliedEntry(entry))
	}
	c.multiples[name] = sum
	return sum
}

// multipliedEntry returns what an entry of jobs makes.
func (c *compiler) multipliedEntry(n *spec.Node) multiple {
	if n.Kind != spec.MappingNode {
		return multiple{}
	}
	one := multiple{jobs: 1, values: c.leastOfJob(n)}
	if isFamilyUse(n) {
		one = c.multiplied(n.Get(kindFamily).Str("name"))
	}
	return one.times(leastCombinations(n.Get("matrix")))
}

// leastCombinations returns the least number of combinations of a matrix. What references and
// exclude leave of it is known only when it is used, and is at least one combination.
func leastCombinations(matrix *spec.Node) int64 {
	product := int64(1)
	if matrix == nil || matrix.Kind != spec.MappingNode || matrix.Get("exclude") != nil {
		return product
	}
	for _, axis := range matrix.Fields {
		if axis.Key.Text != "include" && axis.Value.Kind == spec.SequenceNode {
			product = min(product*int64(max(1, len(axis.Value.Items))), maxCombinations)
		}
	}
	return product
}

// leastOfJob returns the least number of values of a job. What its fragments multiply to beyond
// maxValues is reported where it is compiled.
func (c *compiler) leastOfJob(n *spec.Node) int64 {
	steps := n.Get("steps")
	if steps == nil && n.Get(keyWithout) == nil {
		steps = c.templateSteps(n)
	}
	return min(max(jobValues, c.leastOfSteps(steps, n)), maxValues)
}

// templateSteps returns the steps of the template that a job names, nil if there are none.
func (c *compiler) templateSteps(job *spec.Node) *spec.Node {
	which := job.Get(kindTemplate)
	if which == nil {
		return nil
	}
	if t := c.templates[which.Str("name")]; t != nil {
		return t.steps
	}
	return nil
}

// leastOfSteps returns the least number of values of a list of steps. job is the job that they
// belong to, nil for those of a template or fragment.
func (c *compiler) leastOfSteps(steps, job *spec.Node) (n int64) {
	if steps == nil {
		return 0
	}
	for _, item := range steps.Items {
		n += c.leastOfStep(item, job)
	}
	return min(n, most)
}

func (c *compiler) leastOfStep(item, job *spec.Node) int64 {
	switch name := item.Str(useKey); {
	case !isUse(item):
		return stepValues + c.leastOfInputs(item)
	case name != templateWord:
		return 1 + c.leastOfFragment(name)
	case job != nil:
		return 1 + c.leastOfSteps(c.templateSteps(job), nil)
	}
	return 1
}

// leastOfInputs returns the least number of values that the inputs of a step make: those that are
// written out, and that the catalogue does not translate.
func (c *compiler) leastOfInputs(step *spec.Node) (n int64) {
	if len(step.Fields) != 1 {
		return 0
	}
	inputs := step.Fields[0].Value.Get("inputs")
	module := c.catalogue.Action(step.Fields[0].Key.Text)
	if inputs == nil || module == nil || len(inputs.Fields) == 0 {
		return 0
	}
	for _, f := range inputs.Fields {
		if f.Value.Kind == spec.ScalarNode && !strings.Contains(f.Value.Text, spec.ReferenceStart) && module.Input(f.Key.Text) == nil {
			n++
		}
	}
	return n + 1
}

// leastOfFragment returns the least number of values of a fragment's steps. The count is kept; a
// fragment that is being counted has none yet, since a circle is reported elsewhere.
func (c *compiler) leastOfFragment(name string) int64 {
	if known, ok := c.leasts[name]; ok {
		return known
	}
	f := c.fragments[name]
	if f == nil {
		return 0
	}
	if c.leasts == nil {
		c.leasts = map[string]int64{}
	}
	c.leasts[name] = 0
	c.leasts[name] = c.leastOfSteps(f.steps, nil)
	return c.leasts[name]
}

// refuseFile reports a file whose jobs, without those of families, come to more values than there
// may be, and says which entry makes the most of them.
func (c *compiler) refuseFile(file *spec.File) {
	if c.exhausted {
		return
	}
	var sum, largest multiple
	var at *spec.Node
	for _, entry := range file.Jobs {
		if isFamilyUse(entry) {
			continue
		}
		m := c.multipliedEntry(entry)
		sum = sum.plus(m)
		if at == nil || m.values > largest.values {
			largest, at = m, entry
		}
	}
	if at == nil || int64(c.total)+sum.values <= int64(c.maxTotal) {
		return
	}
	place := at.Range
	if name := at.Get("name"); name != nil {
		place = name.Range
	}
	before := ""
	if c.total > 0 {
		before = fmt.Sprintf(", and those of the files before it to %d", c.total)
	}
	d := c.reportAt("expansion-limit", place, "jobs", "use fewer fragments within fragments, shorten the matrices, or split the workspace",
		"the jobs of this file come to at least %d values, %d of them by this entry%s; all definitions together have at most %d, so that these jobs are left out",
		sum.values, largest.values, before, c.maxTotal)
	d.Related = append(d.Related, c.whereStepsMultiply(at)...)
	c.exhausted = true
}

// whereStepsMultiply returns the way from a job down through its fragments, always by the use that
// makes the most values.
func (c *compiler) whereStepsMultiply(job *spec.Node) (way []spec.Related) {
	steps := job.Get("steps")
	if steps == nil || usesTemplate(steps) {
		steps = cmp.Or(c.templateSteps(job), steps)
	}
	seen := map[string]bool{}
	for steps != nil && len(way) < maxUses {
		var at *spec.Node
		for _, item := range steps.Items {
			if isUse(item) && (at == nil || c.leastOfStep(item, nil) > c.leastOfStep(at, nil)) {
				at = item
			}
		}
		if at == nil || seen[at.Str(useKey)] {
			break
		}
		name := at.Str(useKey)
		seen[name] = true
		way = append(way, spec.Related{Range: at.Get(useKey).Range, Message: fmt.Sprintf("each use of the fragment %s makes at least %d values", name, c.leastOfFragment(name))})
		if steps = nil; c.fragments[name] != nil {
			steps = c.fragments[name].steps
		}
	}
	return way
}

// refuseMany reports a use of a family for which there is no room. times is how often the entry n
// uses it; within is the use of the family that contains n.
func (c *compiler) refuseMany(n *spec.Node, within *familyUse, times int) bool {
	name := n.Get(kindFamily).Get("name")
	if c.exhausted || name == nil || within != nil && within.open {
		return false
	}
	all := c.multiplied(name.Text).times(int64(times))
	if int64(c.total)+all.values <= int64(c.maxTotal) {
		return false
	}
	if circle := c.circle([]usage{{kindFamily, name.Text, name}}, map[string]bool{}); circle != nil {
		c.reportCycle(c.newUnit(spec.OfUse, "jobs["+name.Text+"]", &scope{c: c}), circle)
		c.exhausted = true
		return true
	}
	made, limit := all.String(), strconv.Itoa(c.maxTotal)
	switch {
	case all.jobs > 0 && all.values <= all.jobs*jobValues+all.uses:
		limit = strconv.Itoa(c.maxTotal / jobValues)
	case all.jobs > 0:
		made, limit = fmt.Sprintf("%s of at least %d values", made, all.values), limit+" values"
	}
	d := c.reportAt("expansion-limit", name.Range, "family.name", "use fewer families within families, shorten the lists of their matrices, or split the workspace",
		"the family %s makes %s here, and all definitions together make at most %s; the jobs from here on are left out", describe(name), made, limit)
	d.Related = append(d.Related, c.whereMultiplied(name.Text)...)
	c.exhausted = true
	return true
}

// circle returns the uses along a circle of families that the last of way leads to, nil if it leads
// to none. straight has the families that are known to lead to none.
func (c *compiler) circle(way []usage, straight map[string]bool) []usage {
	name := way[len(way)-1].name
	if first := slices.IndexFunc(way[:len(way)-1], func(use usage) bool { return use.name == name }); first >= 0 {
		return way[first+1:]
	}
	if f := c.families[name]; f != nil && f.jobs != nil && !straight[name] {
		for _, entry := range f.jobs.Items {
			if at := entry.Get(kindFamily).Get("name"); at != nil {
				if circle := c.circle(append(way, usage{kindFamily, at.Text, at}), straight); circle != nil {
					return circle
				}
			}
		}
	}
	straight[name] = true
	return nil
}

// whereMultiplied returns the way from a family down to the jobs, always by the use that makes the
// most of them.
func (c *compiler) whereMultiplied(name string) (way []spec.Related) {
	seen := map[string]bool{}
	for len(way) < maxUses {
		f := c.families[name]
		if f == nil || f.jobs == nil || seen[name] {
			break
		}
		seen[name] = true
		var largest multiple
		var at *spec.Node
		for _, entry := range f.jobs.Items {
			if !isFamilyUse(entry) || entry.Get(kindFamily).Get("name") == nil {
				continue
			}
			if m := c.multipliedEntry(entry); at == nil || m.values > largest.values {
				largest, at = m, entry.Get(kindFamily).Get("name")
			}
		}
		if at == nil {
			break
		}
		way = append(way, spec.Related{Range: at.Range, Message: fmt.Sprintf("of which each time this use in the family %s makes %s", name, largest)})
		name = at.Text
	}
	return way
}
