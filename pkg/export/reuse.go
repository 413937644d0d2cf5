package export

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// An estate that follows a standard has templates and fragments already, of its own or of a source.
// Steps that one of them says are replaced by a use of it, before new ones are made.

// declaration is a template or fragment of the workspace that jobs can use.
type declaration struct {
	name       string
	node       *spec.Node
	steps      *yamltext.Node
	jobs       int // that use it now and did not before
	parameters []*yamltext.Node
	constants  map[string]*yamltext.Node
}

// declarations reads templates or fragments, those with the most steps first. The fragments that
// they use are written out: jobs hold the steps themselves.
func (f *factorer) declarations(nodes []*spec.Node) (list []*declaration) {
	w := f.writer()
	for _, n := range nodes {
		steps := n.Get("steps")
		if steps == nil || len(itemsIn(steps)) == 0 || len(itemsIn(steps)) != len(steps.Items) {
			continue
		}
		written, ok := w.declared(steps)
		if !ok || len(written) == 0 {
			continue
		}
		d := &declaration{name: n.Str("name"), node: n, steps: yamltext.Sequence(written...), constants: w.constants}
		for _, p := range itemsIn(n.Get("parameters")) {
			d.parameters = append(d.parameters, fromSpec(p))
		}
		list = append(list, d)
	}
	slices.SortStableFunc(list, func(a, b *declaration) int { return len(b.steps.Items) - len(a.steps.Items) })
	return list
}

// reference matches a reference to an input or a variable.
var reference = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\$\{\{\s*(inputs|vars)\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}`)
})

// ref is a reference in a text.
type ref struct {
	start, end int
	name       string
}

// references finds the references of a text to group, without those that $${{ makes literal.
func references(text, group string) (refs []ref) {
	for _, at := range reference().FindAllStringSubmatchIndex(text, -1) {
		if text[at[2]:at[3]] == group && (at[0] == 0 || text[at[0]-1] != '$') {
			refs = append(refs, ref{at[0], at[1], text[at[4]:at[5]]})
		}
	}
	return refs
}

// matching compares steps with those of a declaration, and finds the inputs that make them equal.
type matching struct {
	inputs    map[string]*yamltext.Node
	constants map[string]*yamltext.Node
	fixed     int // values that the declaration says itself, apart from names
}

// inputsFor returns the inputs with which d says the steps, without those that have the default.
func (d *declaration) inputsFor(steps []*yamltext.Node) (inputs *yamltext.Node, ok bool) {
	if len(steps) != len(d.steps.Items) {
		return nil, false
	}
	m := &matching{inputs: map[string]*yamltext.Node{}, constants: d.constants}
	for i, step := range steps {
		if !m.match(d.steps.Items[i], step, "") {
			return nil, false
		}
	}
	inputs = yamltext.Mapping()
	for _, declared := range fieldsOf(d.node.Get("inputs")) {
		value, byDefault := m.inputs[declared.Key.Text], declared.Value.Get("default")
		switch {
		case value == nil && byDefault == nil:
			return nil, false
		case value == nil || byDefault != nil && yamltext.Equal(fromSpec(byDefault), value):
		default:
			c := *value
			inputs.Add(declared.Key.Text, &c)
		}
		delete(m.inputs, declared.Key.Text)
	}
	// With more inputs than values of its own, it would say nothing of the steps.
	return yamltext.OneLine(inputs), len(m.inputs) == 0 && len(inputs.Fields) <= min(m.fixed, mostInputs)
}

func fieldsOf(n *spec.Node) []spec.Field {
	if n == nil || n.Kind != spec.MappingNode {
		return nil
	}
	return n.Fields
}

func (m *matching) match(pattern, have *yamltext.Node, key string) bool {
	if pattern.IsInclude() || have.IsInclude() {
		m.fixed++
		return yamltext.Equal(pattern, have)
	}
	switch pattern.Kind {
	case yamltext.MappingNode:
		return have.Kind == yamltext.MappingNode && len(have.Fields) == len(pattern.Fields) && !slices.ContainsFunc(pattern.Fields, func(f yamltext.Field) bool {
			other := have.Get(f.Key)
			return other == nil || !m.match(f.Value, other, f.Key)
		})
	case yamltext.SequenceNode:
		if have.Kind != yamltext.SequenceNode || len(have.Items) != len(pattern.Items) {
			return false
		}
		for i, item := range pattern.Items {
			if !m.match(item, have.Items[i], "") {
				return false
			}
		}
		return true
	}
	if have.Kind == yamltext.MappingNode || have.Kind == yamltext.SequenceNode {
		return false
	}
	return m.text(pattern, have, key)
}

// text matches a single value: as the declaration writes it, or with its variables written out.
func (m *matching) text(pattern, have *yamltext.Node, key string) bool {
	if m.literally(pattern, have, key) {
		return true
	}
	written := withConstants(pattern, m.constants)
	return !yamltext.Equal(written, pattern) && m.literally(written, have, key)
}

// literally matches a single value. The texts around the references must be those of have.
func (m *matching) literally(pattern, have *yamltext.Node, key string) bool {
	refs := references(pattern.Text, "inputs")
	if len(refs) == 0 {
		if !yamltext.Equal(pattern, have) {
			return false
		}
		if key != "name" {
			m.fixed++
		}
		return true
	}
	if len(refs) == 1 && refs[0].start == 0 && refs[0].end == len(pattern.Text) {
		return m.bind(refs[0].name, have)
	}
	var expression strings.Builder
	expression.WriteString(`\A(?s:`)
	last := 0
	for _, ref := range refs {
		expression.WriteString(regexp.QuoteMeta(pattern.Text[last:ref.start]) + "(.*?)")
		last = ref.end
	}
	expression.WriteString(regexp.QuoteMeta(pattern.Text[last:]) + `)\z`)
	found := regexp.MustCompile(expression.String()).FindStringSubmatch(have.Text)
	if found == nil {
		return false
	}
	m.fixed++
	for i, ref := range refs {
		if !m.bind(ref.name, yamltext.Text(found[i+1])) {
			return false
		}
	}
	return true
}

func (m *matching) bind(name string, value *yamltext.Node) bool {
	if bound := m.inputs[name]; bound != nil {
		return yamltext.Equal(bound, value)
	}
	m.inputs[name] = value
	return true
}

// mayReuse reports whether the steps of a job may be replaced by uses of what exists.
func (f *factorer) mayReuse(job *sharing) bool { return !f.onlyNew && !f.kept[job.node] }

// reuseTemplates makes jobs use the templates that say their steps.
func (f *factorer) reuseTemplates() {
	var nodes []*spec.Node
	for _, file := range f.set.Files {
		nodes = append(nodes, file.Templates...)
	}
	list := f.declarations(nodes)
	for _, job := range f.jobs {
		steps := job.node.Get("steps")
		if !job.plain || !f.mayReuse(job) || steps == nil || steps.Kind != spec.SequenceNode || f.editors[job.file.Name].hasComments(job.node, "steps") {
			continue
		}
		for _, d := range list {
			inputs, ok := d.inputsFor(fromSpec(steps).Items)
			if !ok {
				continue
			}
			f.use(job, d.name, inputs, f.parametersLike(job, d))
			job.reused, f.reuses = true, true
			d.jobs++
			break
		}
	}
	for _, d := range list {
		if d.jobs > 0 {
			f.out.Templates = append(f.out.Templates, SharedTemplate{Name: d.name, Jobs: d.jobs})
		}
	}
}

// parametersLike returns the parameters of a job that a template has alike, none if they cannot be
// edited.
func (f *factorer) parametersLike(job *sharing, d *declaration) *yamltext.Node {
	like := f.commonParameters([]*sharing{job})
	like.Items = slices.DeleteFunc(like.Items, func(p *yamltext.Node) bool { return !containsNode(d.parameters, p) })
	return like
}

// reuseFragments makes hosts use the fragments that say some of their steps.
func (f *factorer) reuseFragments(hosts []*host) {
	var nodes []*spec.Node
	for _, file := range f.set.Files {
		nodes = append(nodes, file.Fragments...)
	}
	for _, d := range f.declarations(nodes) {
		for _, h := range hosts {
			if h.job != nil && !f.mayReuse(h.job) {
				continue
			}
			if h.reuse(d) {
				d.jobs += h.jobs
				f.reuses = true
				if h.job != nil {
					h.job.reused = true
				}
			}
		}
		if d.jobs > 0 {
			f.out.Fragments = append(f.out.Fragments, SharedTemplate{Name: d.name, Jobs: d.jobs})
		}
	}
}

// reuse replaces the steps of h that d says, and reports whether there are some.
func (h *host) reuse(d *declaration) (used bool) {
	var steps []hostStep
	n := len(d.steps.Items)
	for i := 0; i < len(h.steps); {
		if i+n <= len(h.steps) {
			if inputs, ok := d.inputsFor(nodesOf(h.steps[i : i+n])); ok {
				use := yamltext.Mapping(yamltext.Entry("use", yamltext.Text(d.name)))
				if len(inputs.Fields) > 0 {
					use.Add("inputs", inputs)
				}
				steps, used = append(steps, hostStep{node: use, have: -1}), true
				i += n
				continue
			}
		}
		steps = append(steps, h.steps[i])
		i++
	}
	h.steps = steps
	return used
}

func nodesOf(steps []hostStep) (nodes []*yamltext.Node) {
	for _, s := range steps {
		nodes = append(nodes, s.node)
	}
	return nodes
}
