package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// mostWritten bounds the steps that a declaration stands for, and the uses that lead to them:
// longer ones are not looked for in jobs.
const mostWritten = 500

// writer writes out the steps of templates and fragments that use other fragments, as jobs of the
// service hold them.
type writer struct {
	fragments map[string]*spec.Node
	constants map[string]*yamltext.Node // variables that mean the same in every environment
	uses      int                       // of fragments, in the declaration under way
}

func (f *factorer) writer() *writer {
	w := &writer{fragments: map[string]*spec.Node{}, constants: constants(f.set.Workspace)}
	for _, file := range f.set.Files {
		for _, n := range file.Fragments {
			w.fragments[n.Str("name")] = n
		}
	}
	return w
}

// constants returns the variables of a workspace that no environment changes, and that refer to
// nothing.
func constants(w *spec.Workspace) map[string]*yamltext.Node {
	all := map[string]*yamltext.Node{}
	if w == nil || w.Root == nil {
		return all
	}
	for _, v := range fieldsOf(w.Root.Get("vars")) {
		if v.Value.Kind == spec.ScalarNode && !v.Value.IsNull() && !strings.Contains(v.Value.Text, spec.ReferenceStart) {
			all[v.Key.Text] = fromSpec(v.Value)
		}
	}
	for _, environment := range fieldsOf(w.Root.Get("environments")) {
		for _, v := range fieldsOf(environment.Value.Get("vars")) {
			delete(all, v.Key.Text)
		}
	}
	return all
}

// declared returns the steps of a template or fragment with the fragments written out; ok is false
// if that cannot be done or comes to too many.
func (w *writer) declared(steps *spec.Node) ([]*yamltext.Node, bool) {
	w.uses = 0
	return w.steps(fromSpec(steps).Items)
}

func (w *writer) steps(items []*yamltext.Node) (steps []*yamltext.Node, ok bool) {
	for _, item := range items {
		name := item.Get("use")
		if name == nil || item.Get("module_id") != nil {
			steps = append(steps, item)
			continue
		}
		w.uses++
		fragment := w.fragments[name.Text]
		if fragment == nil || w.uses > mostWritten {
			return nil, false
		}
		inside, ok := w.within(fragment, item.Get("inputs"))
		if steps = append(steps, inside...); !ok || len(steps) > mostWritten {
			return nil, false
		}
	}
	return steps, true
}

// within returns the steps of a fragment for the inputs of one use.
func (w *writer) within(fragment *spec.Node, given *yamltext.Node) ([]*yamltext.Node, bool) {
	inputs := map[string]*yamltext.Node{}
	for _, declared := range fieldsOf(fragment.Get("inputs")) {
		value := given.Get(declared.Key.Text)
		if value == nil {
			value = fromSpec(declared.Value.Get("default"))
		}
		if value == nil {
			return nil, false
		}
		inputs[declared.Key.Text] = value
	}
	var items []*yamltext.Node
	for _, item := range itemsIn(fragment.Get("steps")) {
		filled, ok := filledIn(fromSpec(item), inputs)
		if !ok {
			return nil, false
		}
		items = append(items, filled)
	}
	return w.steps(items)
}

// filledIn returns n with the inputs in the place of their references.
func filledIn(n *yamltext.Node, inputs map[string]*yamltext.Node) (filled *yamltext.Node, ok bool) {
	c := *n
	c.Fields, c.Items = slices.Clone(n.Fields), slices.Clone(n.Items)
	for i := range c.Fields {
		if c.Fields[i].Value, ok = filledIn(c.Fields[i].Value, inputs); !ok {
			return nil, false
		}
	}
	for i := range c.Items {
		if c.Items[i], ok = filledIn(c.Items[i], inputs); !ok {
			return nil, false
		}
	}
	if n.Kind != yamltext.TextNode {
		return &c, true
	}
	return replaced(n, "inputs", inputs)
}

// replaced returns a text with values in the place of the references to group. ok is false if one
// is unknown, or is not a text and is within the text.
func replaced(n *yamltext.Node, group string, values map[string]*yamltext.Node) (*yamltext.Node, bool) {
	refs := references(n.Text, group)
	if len(refs) == 1 && refs[0].start == 0 && refs[0].end == len(n.Text) {
		value := values[refs[0].name]
		return value, value != nil
	}
	var text strings.Builder
	last := 0
	for _, ref := range refs {
		value := values[ref.name]
		if value == nil || value.Kind == yamltext.MappingNode || value.Kind == yamltext.SequenceNode {
			return nil, false
		}
		text.WriteString(n.Text[last:ref.start] + value.Text)
		last = ref.end
	}
	c := *n
	c.Text = text.String() + n.Text[last:]
	return &c, true
}

// withConstants returns a text of a declaration with the variables written out that are the same in
// every environment.
func withConstants(n *yamltext.Node, constants map[string]*yamltext.Node) *yamltext.Node {
	known := maps.Clone(constants)
	for _, ref := range references(n.Text, "vars") {
		if known[ref.name] == nil {
			known[ref.name] = yamltext.Text(n.Text[ref.start:ref.end])
		}
	}
	out, ok := replaced(n, "vars", known)
	if !ok {
		return n
	}
	return out
}
