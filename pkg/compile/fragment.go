package compile

import (
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

const (
	kindFragment = "fragment"
	useKey       = "use"
	// templateWord is the value of use for the steps of the job's template.
	templateWord = "template"
	// maxFragmentDepth bounds the nesting of fragments.
	maxFragmentDepth = 100
)

// fragment is a sequence of steps of the definitions.
type fragment struct {
	shared
	steps *spec.Node
}

// usage is a use of a fragment or family that is being compiled.
type usage struct {
	kind, name string
	at         *spec.Node // the name after use or family
}

func (c *compiler) collectFragment(n *spec.Node) {
	s, ok := collectShared(c, kindFragment, n, func(name string) *spec.Node {
		if f := c.fragments[name]; f != nil {
			return f.node
		}
		return nil
	})
	if !ok {
		return
	}
	if s.name == templateWord {
		c.report("duplicate-fragment", n.Get("name"), "fragments["+s.name+"].name", "choose another name", "a fragment cannot be called %q: `use: template` stands for the steps of the job's template", s.name)
		return
	}
	c.fragments[s.name] = &fragment{shared: s, steps: n.Get("steps")}
}

// checkUnusedFragments compiles unused fragments, to find mistakes in them.
func (c *compiler) checkUnusedFragments() {
	for _, name := range slices.Sorted(maps.Keys(c.fragments)) {
		f := c.fragments[name]
		if f.compiled || c.total > c.maxTotal {
			continue
		}
		u := c.newUnit(spec.OfFragment, "fragments["+name+"]", &scope{c: c, inputs: f.poisonedInputs(), anyJob: true})
		c.uses = append(c.uses, usage{kind: kindFragment, name: name})
		if steps := u.get(f.node, "steps"); steps != nil {
			u.steps(steps, nil)
		}
		c.uses = c.uses[:0]
		c.total += u.valueCount()
	}
}

// ofTemplate has the steps that `use: template` inserts in a job.
type ofTemplate struct {
	named bool       // the job has a template
	steps *spec.Node // nil if it has none, or could not be found
}

// stepList collects the steps of a unit and of its fragments.
type stepList struct {
	u        *unit
	list     *jsontree.Value
	count    map[string]int // how many of a name there have been
	template *ofTemplate    // nil outside of a job's own steps
}

// isUse reports whether an item of steps is a use of other steps.
func isUse(item *spec.Node) bool { return item.Get(useKey) != nil && item.Get("module_id") == nil }

// usesTemplate reports whether a list of steps holds `use: template`.
func usesTemplate(steps *spec.Node) bool {
	return steps != nil && slices.ContainsFunc(steps.Items, func(item *spec.Node) bool { return isUse(item) && item.Str(useKey) == templateWord })
}

func (l *stepList) add(items []*spec.Node) {
	for _, item := range items {
		if isUse(item) {
			l.use(item)
		} else if step := l.u.step(item, l.count); step != nil {
			l.u.noteFragments(l.list.Len())
			l.list.Append(step)
		}
	}
}

// noteFragments records the fragments that the i-th step of the unit comes from.
func (u *unit) noteFragments(i int) {
	for _, use := range u.c.uses {
		if use.kind != kindFragment {
			continue
		}
		if u.fragments == nil {
			u.fragments = map[string][]int{}
		}
		u.fragments[use.name] = append(u.fragments[use.name], i)
	}
}

// use adds the steps of a use.
func (l *stepList) use(item *spec.Node) {
	u, name := l.u, item.Get(useKey)
	if isPoison(name) || !u.countUse(name) {
		return
	}
	if name.Kind != spec.ScalarNode || name.IsNull() {
		u.wrongType("steps.use", name, "the name of a fragment")
		return
	}
	for _, f := range item.Fields {
		if f.Key.Text != useKey && f.Key.Text != "inputs" {
			u.report("unknown-key", f.Key, "steps.use", "write the steps of the fragment out, or give it inputs", "use takes inputs beside it, not %s", describe(f.Key))
			return
		}
	}
	if name.Text == templateWord {
		l.useTemplate(item, name)
		return
	}
	f := u.c.fragments[name.Text]
	if f == nil {
		u.report("fragment-unknown", name, "steps.use", spec.DidYouMeanOneOf(name.Text, slices.Sorted(maps.Keys(u.c.fragments))), "there is no fragment %s", describe(name))
		return
	}
	u.c.noteFragment(f.name)
	if u.c.refuseNesting(u, &f.shared, name) {
		return
	}
	f.compiled = true
	inside := *u.scope
	inside.inputs, inside.ofFamily = u.inputs(&f.shared, item, item.Get("inputs")), false
	u.c.uses = append(u.c.uses, usage{kindFragment, f.name, name})
	defer func() { u.c.uses = u.c.uses[:len(u.c.uses)-1] }()
	u.field = "steps"
	steps := u.checked(spec.OfFragment, f.node.Key("steps"), f.steps, inside.expand(f.steps))
	u.field = ""
	l.within(u.used(steps, &spec.Origin{Kind: spec.FromFragment, Name: f.name, Pos: name.Pos(), From: item.Origin}))
}

// within adds the steps of a fragment or template, in which `use: template` is not allowed.
func (l *stepList) within(steps *spec.Node) {
	if steps == nil || steps.IsNull() || isPoison(steps) {
		return
	}
	if steps.Kind != spec.SequenceNode {
		l.u.wrongType("steps", steps, "a list of steps")
		return
	}
	outer := l.template
	l.template = nil
	l.add(steps.Items)
	l.template = outer
}

// useTemplate adds the steps of the job's template.
func (l *stepList) useTemplate(item, name *spec.Node) {
	u := l.u
	switch inputs := item.Get("inputs"); {
	case l.template == nil:
		u.report("template-unknown", name, "steps.use", "write it in the steps of the job", "`use: template` belongs in the steps of a job")
	case !l.template.named:
		u.report("template-unknown", name, "steps.use", "write template: {name: …} in the job, or remove this step", "the job has no template that has steps to use here")
	case inputs != nil && !inputs.IsNull():
		u.report("template-input", item.Key("inputs"), "steps.inputs", "write them under template.inputs of the job", "the steps of the template take their inputs from the key template")
	default:
		l.within(l.template.steps)
	}
}

// countUse counts a use among the values of the unit, so that fragments which
// use each other cannot multiply without end. It returns false beyond the limit.
func (u *unit) countUse(name *spec.Node) bool {
	u.uses++
	return u.countValue(name)
}

// countValue counts a value from a fragment and reports the first one beyond the limit.
func (u *unit) countValue(n *spec.Node) bool {
	u.values++
	if u.values == maxValues+1 {
		u.report("expansion-limit", n, "steps", "use fewer fragments within fragments", "the fragments multiply to more than %d values", maxValues)
	}
	return u.values <= maxValues
}

// used copies the steps of a fragment and records the use in their origins.
func (u *unit) used(n *spec.Node, way *spec.Origin) *spec.Node {
	if n == nil || isPoison(n) {
		return n
	}
	if !u.countValue(n) {
		return poison(n)
	}
	c := *n
	c.Origin = chain(n.Origin, way)
	c.Fields, c.Items = slices.Clone(n.Fields), slices.Clone(n.Items)
	for i := range c.Fields {
		c.Fields[i].Value = u.used(c.Fields[i].Value, way)
	}
	for i := range c.Items {
		c.Items[i] = u.used(c.Items[i], way)
	}
	return &c
}

// refuseNesting reports a fragment or family that would contain itself, or is nested too deeply.
func (c *compiler) refuseNesting(u *unit, f *shared, at *spec.Node) bool {
	first := slices.IndexFunc(c.uses, func(use usage) bool { return use.kind == f.kind && use.name == f.name })
	switch {
	case first >= 0:
		c.reportCycle(u, append(slices.Clone(c.uses[first+1:]), usage{f.kind, f.name, at}))
	case len(c.uses) >= maxFragmentDepth:
		path, many := f.words()
		u.report("expansion-limit", at, path, "use fewer "+many+" within "+many, "%s are nested more than %d levels deep", many, maxFragmentDepth)
	default:
		return false
	}
	return true
}

// reportCycle reports fragments or families that use each other in a circle. steps are the uses
// along it. The report starts at the first name in order, so every entry into the circle gives the
// same finding.
func (c *compiler) reportCycle(u *unit, steps []usage) {
	last := 0
	for i := range steps {
		if steps[i].name < steps[last].name {
			last = i
		}
	}
	steps = slices.Concat(steps[last+1:], steps[:last+1])
	kind, way := steps[0].kind, []string{steps[len(steps)-1].name}
	for _, use := range steps {
		way = append(way, use.name)
	}
	outer := c.uses
	c.uses = nil // the way says it all
	path, _ := (&shared{kind: kind}).words()
	d := u.report(kind+"-cycle", steps[0].at, path, "remove one of these uses", "the %s %q uses itself: %s", kind, way[0], strings.Join(way, " → "))
	c.uses = outer
	for _, use := range steps[1:] {
		d.Related = append(d.Related, spec.Related{Range: use.at.Range, Message: "then " + use.name + " is used here"})
	}
}
