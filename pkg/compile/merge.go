package compile

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// merge merges over into a copy of base: mappings key by key, deeply; everything else, also lists
// and explicit nulls, is replaced. A reference to a mapping is merged as that mapping; referred
// returns it, and other nodes as they are.
func merge(base, over *spec.Node, referred func(*spec.Node) *spec.Node) *spec.Node {
	if base == nil {
		return over
	}
	if over == nil {
		return base
	}
	mapping := func(n *spec.Node) *spec.Node {
		if n = referred(n); n.Kind == spec.MappingNode && !n.IsFile() {
			return n
		}
		return nil
	}
	below, above := mapping(base), mapping(over)
	if below == nil || above == nil {
		return over
	}
	below, above = spec.UnescapedPair(below, above)
	c := *above
	c.Fields = slices.Clone(below.Fields)
	index := make(map[string]int, len(c.Fields))
	for i, f := range c.Fields {
		index[f.Key.Text] = i
	}
	for _, f := range above.Fields {
		i, both := index[f.Key.Text]
		if !both {
			c.Fields = append(c.Fields, f)
			continue
		}
		c.Fields[i] = spec.Field{Key: f.Key, Value: merge(c.Fields[i].Value, f.Value, referred)}
	}
	return &c
}

// asWritten is for merge where all references are resolved.
func asWritten(n *spec.Node) *spec.Node { return n }

// mergeParameters merges a job's parameters by name into those of its template: known ones key by
// key in their place, new ones at the end. An empty list or explicit null makes the whole list
// empty, as for other lists.
func mergeParameters(base, over *spec.Node) *spec.Node {
	switch {
	case over == nil:
		return base
	case base == nil || base.Kind != spec.SequenceNode || over.Kind != spec.SequenceNode || len(over.Items) == 0:
		return over
	}
	c := *over
	c.Items = slices.Clone(base.Items)
	index := make(map[string]int, len(c.Items))
	for i, p := range c.Items {
		index[parameterName(p)] = i
	}
	for _, p := range over.Items {
		name := parameterName(p)
		if i, both := index[name]; both && name != "" {
			c.Items[i] = mergeParameter(c.Items[i], p)
			delete(index, name) // a second one of that name is a mistake to report, not to merge
			continue
		}
		c.Items = append(c.Items, p)
	}
	return &c
}

// mergeParameter merges two declarations of one parameter. If either is raw, the later one replaces
// the other, because their keys differ in meaning. A secret and a literal default also replace each
// other.
func mergeParameter(base, over *spec.Node) *spec.Node {
	if isRawParameter(base) || isRawParameter(over) {
		return over
	}
	c := merge(base, over, asWritten)
	drop := ""
	switch {
	case over.Get("secret") != nil && over.Get("default") == nil:
		drop = "default"
	case over.Get("default") != nil && over.Get("secret") == nil:
		drop = "secret"
	}
	if drop != "" && c.Get(drop) != nil {
		without := *c
		without.Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f spec.Field) bool { return f.Key.Text == drop })
		return &without
	}
	return c
}

// parameterName returns the name of a parameter in either form.
func parameterName(n *spec.Node) string {
	if name := n.Str("name"); name != "" {
		return name
	}
	if params := n.Get("params"); params != nil {
		for _, p := range params.Items {
			if p.Str("name") == "name" {
				return p.Str("value")
			}
		}
	}
	return ""
}

func isRawParameter(n *spec.Node) bool { return n.Get("params") != nil || n.Get("definition") != nil }
