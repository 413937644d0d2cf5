package export

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// reconcile gives the value of a key the meaning of want, with as few changes as possible.
func (ed *editor) reconcile(key, have *spec.Node, want *yamltext.Node) {
	switch {
	case ed.saysSame(have, want):
	case ed.IsAlias(key):
		ed.setValue(key, have, ed.kept(have, want))
	case ed.includes.set(have, want):
	case ed.IsFlow(have) && ed.needsLines(have, want):
		ed.setValue(key, have, ed.Carry(have, ed.kept(have, want), ed.includes.partnersOf))
	case have.Kind == spec.MappingNode && want.Kind == yamltext.MappingNode && sharesKey(have, want):
		ed.reconcileFields(have, want)
	case have.Kind == spec.SequenceNode && want.Kind == yamltext.SequenceNode && ed.reconcileItems(have, want, isSet(key.Text)):
	default:
		ed.setValue(key, have, ed.kept(have, want))
	}
}

// isSet reports whether the order of a list has no meaning.
func isSet(key string) bool { return key == "parameters" || key == "params" }

// needsLines reports whether the change needs a text of several lines, which would have to be
// escaped within brackets.
func (ed *editor) needsLines(have *spec.Node, want *yamltext.Node) bool {
	if have == nil {
		return holdsLines(want)
	}
	if ed.saysSame(have, want) || ed.includes.takes(have, want) {
		return false
	}
	if want.Kind == yamltext.TextNode {
		return holdsLines(want)
	}
	for _, f := range want.Fields {
		if ed.needsLines(have.Get(f.Key), f.Value) {
			return true
		}
	}
	for i, item := range want.Items {
		if i >= len(have.Items) && holdsLines(item) || i < len(have.Items) && ed.needsLines(have.Items[i], item) {
			return true
		}
	}
	return false
}

// holdsLines reports whether a text of several lines is in n.
func holdsLines(n *yamltext.Node) bool {
	if n.Kind == yamltext.TextNode {
		return strings.Contains(n.Text, "\n")
	}
	for _, f := range n.Fields {
		if holdsLines(f.Value) {
			return true
		}
	}
	for _, item := range n.Items {
		if holdsLines(item) {
			return true
		}
	}
	return false
}

// saysSame reports whether a node has the meaning of want according to its text: 1 and "1" are the
// same text for the API. If that is wrong, the edit is tried again in full.
func (ed *editor) saysSame(have *spec.Node, want *yamltext.Node) bool {
	if have.Kind == spec.ScalarNode && ed.keepReferences && spec.HasReference(have.Text) {
		return ed.differs == nil || ed.mayStay(have)
	}
	if have.Kind == spec.ScalarNode {
		return (want.Kind == yamltext.TextNode || want.Kind == yamltext.LiteralNode) &&
			(have.Text == want.Text && !have.IsNull() || have.IsNull() && want.Text == "null")
	}
	if included, is := ed.includes.text(have); is && want.Kind == yamltext.TextNode {
		return included == spec.UnescapeReferences(want.Text)
	}
	if len(have.Fields) != len(want.Fields) || len(have.Items) != len(want.Items) {
		return false
	}
	for _, f := range have.Fields {
		other := want.Get(f.Key.Text)
		if other == nil || !ed.saysSame(f.Value, other) {
			return false
		}
	}
	for i, item := range have.Items {
		if !ed.saysSame(item, want.Items[i]) {
			return false
		}
	}
	return want.Kind == yamltext.MappingNode && have.Kind == spec.MappingNode || want.Kind == yamltext.SequenceNode && have.Kind == spec.SequenceNode
}

func sharesKey(have *spec.Node, want *yamltext.Node) bool {
	for _, f := range have.Fields {
		if want.Get(f.Key.Text) != nil {
			return true
		}
	}
	return false
}

func (ed *editor) reconcileFields(have *spec.Node, want *yamltext.Node) {
	if want.Get("secret") != nil && have.Get("secret") == nil {
		was := ed.anew
		ed.anew = true // its value goes, though no comparison sees it
		defer func() { ed.anew = was }()
	}
	// With a key that is new, such as secret, what was beside it may not stay.
	grows := slices.ContainsFunc(want.Fields, func(f yamltext.Field) bool { return have.Get(f.Key) == nil })
	for _, f := range have.Fields {
		if want.Get(f.Key.Text) == nil && (grows || !ed.mayStay(f.Value)) {
			ed.DropKey(have, f.Key.Text)
		}
	}
	after := ""
	for _, f := range want.Fields {
		value := have.Get(f.Key)
		switch {
		case value != nil && ed.Owns(have, f.Key):
			ed.reconcile(have.Key(f.Key), value, f.Value)
			after = f.Key
		case value == nil || !ed.saysSame(value, f.Value): // merged in, and different
			ed.InsertKey(have, after, f.Key, f.Value)
		}
	}
}

// reconcileItems pairs the items of a list as a plan does, and reconciles each with its partner. It
// returns false, and changes nothing, if no item has one.
func (ed *editor) reconcileItems(have *spec.Node, want *yamltext.Node, anyOrder bool) bool {
	partners, paired := ed.includes.pairItems(have, want)
	if paired == 0 {
		return false
	}
	mark, included, replaced := ed.Mark(), ed.includes.mark(), len(ed.replaced)
	items := make([]yamledit.Item, 0, len(want.Items))
	for j, item := range want.Items {
		if i := partners[j]; i >= 0 {
			ed.reconcileItem(have, i, item)
			items = append(items, yamledit.Item{Have: i})
			continue
		}
		items = append(items, yamledit.Item{Have: -1, New: item})
	}
	if anyOrder {
		items = inOldOrder(items)
	}
	if !ed.Arrange(have, items) {
		ed.Revert(mark)
		ed.includes.revert(included)
		ed.replaced = ed.replaced[:replaced]
		return false
	}
	return true
}

// inOldOrder keeps the items that stay in the order that they have; a new one
// stays after the one that it stood after.
func inOldOrder(items []yamledit.Item) []yamledit.Item {
	behind := map[int][]yamledit.Item{} // by the item before, -1 for the first
	var stay []int
	last := -1
	for _, item := range items {
		if item.Have < 0 {
			behind[last] = append(behind[last], item)
			continue
		}
		last = item.Have
		stay = append(stay, last)
	}
	sorted := append([]yamledit.Item(nil), behind[-1]...)
	slices.Sort(stay)
	for _, i := range stay {
		sorted = append(append(sorted, yamledit.Item{Have: i}), behind[i]...)
	}
	return sorted
}

func (ed *editor) reconcileItem(list *spec.Node, i int, want *yamltext.Node) {
	have := list.Items[i]
	switch {
	case ed.saysSame(have, want):
	case ed.IsAliasItem(list, i), ed.IsFlow(have) && ed.needsLines(have, want) && !ed.IsFlow(list):
		ed.setItem(list, i, ed.Carry(have, ed.kept(have, want), ed.includes.partnersOf))
	case have.Kind == spec.MappingNode && want.Kind == yamltext.MappingNode && sharesKey(have, want):
		ed.reconcileFields(have, want)
	default:
		ed.setItem(list, i, ed.kept(have, want))
	}
}

// kept returns the node to write in the place of have: want with the references and included files
// of have.
func (ed *editor) kept(have *spec.Node, want *yamltext.Node) *yamltext.Node {
	switch {
	case have.IsFile() && ed.saysSame(have, want) || ed.includes.set(have, want):
		return fromSpec(have)
	case have.Kind == spec.ScalarNode && ed.keepReferences && spec.HasReference(have.Text) && ed.saysSame(have, want):
		return fromSpec(have)
	case have.Kind == spec.ScalarNode:
		return ed.referring(have.Text, want)
	case have.Kind == spec.MappingNode && want.Kind == yamltext.MappingNode:
		c := *want
		c.Fields = slices.Clone(want.Fields)
		for i, f := range c.Fields {
			if old := have.Get(f.Key); old != nil {
				c.Fields[i].Value = ed.kept(old, f.Value)
			}
		}
		return &c
	case have.Kind == spec.SequenceNode && want.Kind == yamltext.SequenceNode:
		c := *want
		c.Items = slices.Clone(want.Items)
		for j, i := range ed.includes.partnersOf(have, want) {
			if i >= 0 {
				c.Items[j] = ed.kept(have.Items[i], want.Items[j])
			}
		}
		return &c
	}
	return want
}
