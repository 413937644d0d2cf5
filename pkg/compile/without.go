package compile

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// dropped is one entry of a job's `without`: something that the job does not inherit.
type dropped struct {
	node *spec.Node
	path valuepath.Path
	used bool
}

// without reads what a job does not inherit from defaults.job and its template.
func (u *unit) without(n *spec.Node) []*dropped {
	list := u.get(n, keyWithout)
	if list == nil || list.IsNull() || list.Kind != spec.SequenceNode {
		return nil // the schema has reported it
	}
	var entries []*dropped
	for _, item := range list.Items {
		if item.Kind != spec.ScalarNode || isPoison(item) || item.Text == "" {
			continue
		}
		path, err := valuepath.Parse(item.Text)
		if err != nil {
			u.report("without", item, keyWithout, "write it as a plan prints it, such as notifications.MAIL", "%v", err)
			continue
		}
		entries = append(entries, &dropped{node: item, path: path})
	}
	return entries
}

// inheritance removes what a job drops from what it inherits.
type inheritance struct {
	entries []*dropped
	names   []string // of what could have been dropped
}

// drops reports whether the job drops name.
func (h *inheritance) drops(name string) bool {
	h.names = append(h.names, name)
	path, err := valuepath.Parse(name)
	if err != nil {
		path = valuepath.Own(name)
	}
	found := false
	for _, e := range h.entries {
		if e.path.Matches(path) {
			e.used, found = true, true
		}
	}
	return found
}

// fields returns a mapping without the dropped fields, whose paths begin with prefix.
func (h *inheritance) fields(n *spec.Node, path func(key string) string) *spec.Node {
	if n == nil || n.Kind != spec.MappingNode {
		return n
	}
	c := *n
	c.Fields = slices.DeleteFunc(slices.Clone(n.Fields), func(f spec.Field) bool { return h.drops(path(f.Key.Text)) })
	return &c
}

// parameters returns a list of parameters without the dropped ones.
func (h *inheritance) parameters(n *spec.Node) *spec.Node {
	if n == nil || n.Kind != spec.SequenceNode || len(h.entries) == 0 {
		return n
	}
	c := *n
	c.Items = slices.DeleteFunc(slices.Clone(n.Items), func(p *spec.Node) bool { return h.drops(ParameterPath(parameterName(p))) })
	return &c
}

// defaults returns defaults.job without what the job drops. referred is as for merge.
func (h *inheritance) defaults(n *spec.Node, referred func(*spec.Node) *spec.Node) *spec.Node {
	if n == nil || len(h.entries) == 0 {
		return n
	}
	c := h.fields(n, func(key string) string { return key })
	for i, f := range c.Fields {
		key := f.Key.Text
		switch key {
		case wire.KeyParameters:
			c.Fields[i].Value = h.parameters(referred(f.Value))
		case "notifications":
			c.Fields[i].Value = h.fields(referred(f.Value), NoticePath)
		case "extra":
			c.Fields[i].Value = h.fields(referred(f.Value), func(field string) string { return "extra" + valuepath.Member(field) })
		case keyLabels:
			c.Fields[i].Value = h.fields(referred(f.Value), func(label string) string { return keyLabels + valuepath.Member(label) })
		}
	}
	return c
}

// reportUnused reports entries of without that drop nothing.
func (u *unit) reportUnused() {
	h := &u.inherited
	for _, e := range h.entries {
		if e.used {
			continue
		}
		hint := "remove it"
		if near := e.path.Nearest(h.names, spec.Nearest); near != "" {
			hint = spec.DidYouMeanOneOf(near, []string{near})
		} else if name, _ := e.path.First(); name == wire.KeySteps {
			hint = "write the steps of the job out, with `- use: template` or the fragments that it takes"
		}
		u.report("without", e.node, keyWithout, hint, "neither defaults.job nor the template gives the job %s", describe(e.node))
	}
}
