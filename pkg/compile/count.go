package compile

import (
	"fmt"
	"math"

	"github.com/buildsync/buildsync/pkg/spec"
)

// A family within a family multiplies: eight levels of ten uses fit on a page and make a hundred
// million jobs. They are counted before the first one is compiled, so that such a page costs neither
// time nor memory.

// most is where counting stops. The product of two counts below it fits into an int64.
const most = math.MaxInt32

// multiple is what an entry of jobs comes to at least.
type multiple struct {
	jobs int64
	uses int64 // of families
}

func (m multiple) plus(other multiple) multiple {
	return multiple{min(m.jobs+other.jobs, most), min(m.uses+other.uses, most)}
}

func (m multiple) times(n int64) multiple {
	return multiple{min(m.jobs*n, most), min(m.uses*n, most)}
}

// values returns how many values m counts as at least.
func (m multiple) values() int64 { return m.jobs*jobValues + m.uses }

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
		return multiple{uses: 1}
	}
	if c.multiples == nil {
		c.multiples = map[string]multiple{}
	}
	c.multiples[name] = multiple{}
	sum := multiple{uses: 1}
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
	one := multiple{jobs: 1}
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

// refuseMany reports a use of a family for which there is no room. times is how often the entry n
// uses it; within is the use of the family that contains n.
func (c *compiler) refuseMany(n *spec.Node, within *familyUse, times int) bool {
	name := n.Get(kindFamily).Get("name")
	if c.exhausted || name == nil || within != nil && within.open {
		return false
	}
	all := c.multiplied(name.Text).times(int64(times))
	if int64(c.total)+all.values()-jobValues <= int64(c.maxTotal) {
		return false
	}
	limit := c.maxTotal
	if all.jobs > 0 {
		limit /= jobValues
	}
	d := c.reportAt("expansion-limit", name.Range, "family.name", "use fewer families within families, shorten the lists of their matrices, or split the workspace",
		"the family %s makes %s here, and all definitions together make at most %d; the jobs from here on are left out", describe(name), all, limit)
	d.Related = append(d.Related, c.whereMultiplied(name.Text)...)
	c.exhausted = true
	c.leaveOut(name.Text)
	return true
}

// leaveOut notes that a family is used, and those within it, though there is no room for its jobs:
// they are not unused.
func (c *compiler) leaveOut(name string) {
	f := c.families[name]
	if f == nil || f.compiled || f.jobs == nil {
		return
	}
	f.compiled = true
	for _, entry := range f.jobs.Items {
		if isFamilyUse(entry) {
			c.leaveOut(entry.Get(kindFamily).Str("name"))
		}
	}
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
			if m := c.multipliedEntry(entry); at == nil || m.values() > largest.values() {
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
