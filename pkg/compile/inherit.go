package compile

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// inherit merges a job over what it takes of defaults.job. Mappings that are behind a reference
// are merged as written ones are.
func (u *unit) inherit(own *spec.Node) *spec.Node {
	key := ""
	referred := func(n *spec.Node) *spec.Node {
		value := u.referred(n)
		if value != n && !slices.Contains(u.merged, key) {
			u.merged = append(u.merged, key)
		}
		return value
	}
	defaults := u.inherited.defaults(u.c.defaults, u.referred)
	if defaults == nil {
		return own
	}
	whole := *own
	whole.Fields = slices.Clone(defaults.Fields)
	for _, f := range own.Fields {
		key = f.Key.Text
		i := slices.IndexFunc(whole.Fields, func(of spec.Field) bool { return of.Key.Text == key })
		if i < 0 {
			whole.Fields = append(whole.Fields, f)
			continue
		}
		whole.Fields[i] = spec.Field{Key: f.Key, Value: merge(whole.Fields[i].Value, f.Value, referred)}
	}
	return &whole
}

// referred returns the mapping or list that n refers to, and n itself if it refers to nothing of
// that kind. What cannot be resolved is reported later, where the value is compiled.
func (u *unit) referred(n *spec.Node) *spec.Node {
	space, name, dotted := strings.Cut(n.Reference(), ".")
	if !dotted {
		return n
	}
	s := u.scope.outside(space, n)
	value, origin, _ := s.lookup(space, name)
	if value == nil || value.Kind == spec.ScalarNode {
		return n
	}
	origin.Use = n.Range
	derived := s.derived(value, origin, n.Origin)
	escape(derived)
	return derived
}

// escape writes the texts of a resolved value, which is compiled again, as a user would write them.
func escape(n *spec.Node) {
	for _, f := range n.Fields {
		f.Key.Text = spec.EscapeReferences(f.Key.Text)
		escape(f.Value)
	}
	if n.IsFile() {
		n.Fields[0].Key.Text = "$" + n.Fields[0].Key.Text
	}
	for _, item := range n.Items {
		escape(item)
	}
	if n.Kind == spec.ScalarNode {
		n.Text = spec.EscapeReferences(n.Text)
	}
}
