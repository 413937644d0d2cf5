package export

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// node is a piece of a definition that is to be written.
type node struct {
	kind   nodeKind
	text   string // of a text, or the literal of a number, boolean or null
	fields []field
	items  []*node
	flow   bool // on one line where it fits
}

type field struct {
	key   string
	value *node
}

type nodeKind uint8

const (
	textNode    nodeKind = iota + 1
	literalNode          // a number, boolean or null
	mappingNode
	sequenceNode
)

func text(s string) *node       { return &node{kind: textNode, text: s} }
func literal(s string) *node    { return &node{kind: literalNode, text: s} }
func sequence(n ...*node) *node { return &node{kind: sequenceNode, items: n} }
func mapping(f ...field) *node  { return &node{kind: mappingNode, fields: f} }

// add appends a field, unless there is no value.
func (n *node) add(key string, value *node) *node {
	if value != nil {
		n.fields = append(n.fields, field{key, value})
	}
	return n
}

// get returns the value of a key, nil where there is none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// oneLine marks n to be written on one line where it fits.
func oneLine(n *node) *node {
	n.flow = true
	return n
}

// equal tells whether two nodes say the same, fields in any order.
func equal(a, b *node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.kind != b.kind || a.text != b.text || len(a.fields) != len(b.fields) || len(a.items) != len(b.items) {
		return false
	}
	for _, f := range a.fields {
		if !equal(f.value, b.get(f.key)) {
			return false
		}
	}
	return slices.EqualFunc(a.items, b.items, equal)
}

// isInclude tells whether n is {$file: NAME}.
func (n *node) isInclude() bool {
	return n.kind == mappingNode && len(n.fields) == 1 && n.fields[0].key == "$file"
}

// verbatim writes a value as the compiler reads it back: YAML's types stand for
// JSON's, ${{ is escaped, and so is an object whose only key is $file.
func verbatim(v *jsontree.Value) *node {
	switch v.Kind() {
	case jsontree.KindString:
		return text(escaped(v.Text()))
	case jsontree.KindArray:
		n := sequence()
		for _, item := range v.Items() {
			n.items = append(n.items, small(verbatim(item)))
		}
		return n
	case jsontree.KindObject:
		n := mapping()
		for _, m := range v.Members() {
			n.fields = append(n.fields, field{m.Key, small(verbatim(m.Value))})
		}
		if len(n.fields) == 1 && isIncludeKey(n.fields[0].key) {
			n.fields[0].key = "$" + n.fields[0].key
		}
		return n
	case jsontree.KindBool, jsontree.KindNumber:
		return literal(v.Text())
	}
	return literal("null")
}

// small marks a collection of single values to be written on one line.
func small(n *node) *node {
	for _, f := range n.fields {
		n.flow = n.flow || f.value.kind != mappingNode && f.value.kind != sequenceNode
	}
	for _, item := range n.items {
		n.flow = n.flow || item.kind != mappingNode && item.kind != sequenceNode
	}
	return n
}

// isIncludeKey tells whether a lone key would be read as an include, or as an
// escaped one.
func isIncludeKey(key string) bool {
	return strings.HasPrefix(key, "$") && strings.TrimLeft(key, "$") == "file"
}

// escaped keeps the compiler from taking ${{ for a reference.
func escaped(s string) string { return strings.ReplaceAll(s, "${{", "$${{") }
