package export

import (
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// verbatim writes a value so that the compiler reads it back: YAML's types for JSON's, with ${{ and
// an object with only the key $file escaped.
func verbatim(v *jsontree.Value) *yamltext.Node {
	switch v.Kind() {
	case jsontree.KindString:
		return yamltext.Text(spec.EscapeReferences(v.Text()))
	case jsontree.KindArray:
		n := yamltext.Sequence()
		for _, item := range v.Items() {
			n.Items = append(n.Items, small(verbatim(item)))
		}
		return n
	case jsontree.KindObject:
		n := yamltext.Mapping()
		for _, m := range v.Members() {
			n.Fields = append(n.Fields, yamltext.Entry(spec.EscapeReferences(m.Key), small(verbatim(m.Value))))
		}
		return guardedKey(n)
	case jsontree.KindBool, jsontree.KindNumber:
		return yamltext.Literal(v.Text())
	}
	return yamltext.Literal("null")
}

// small marks a collection of single values to be written on one line.
func small(n *yamltext.Node) *yamltext.Node {
	for _, f := range n.Fields {
		n.Flow = n.Flow || f.Value.Kind != yamltext.MappingNode && f.Value.Kind != yamltext.SequenceNode
	}
	for _, item := range n.Items {
		n.Flow = n.Flow || item.Kind != yamltext.MappingNode && item.Kind != yamltext.SequenceNode
	}
	return n
}

// guardedKey escapes a lone key that would be read as an include.
func guardedKey(n *yamltext.Node) *yamltext.Node {
	if len(n.Fields) == 1 && spec.IsIncludeKey(n.Fields[0].Key) {
		n.Fields[0].Key = "$" + n.Fields[0].Key
	}
	return n
}

// bareKey returns the reverse of guardedKey, for a mapping that may get further keys.
func bareKey(n *yamltext.Node) *yamltext.Node {
	if len(n.Fields) == 1 && spec.IsIncludeKey(n.Fields[0].Key) && n.Fields[0].Key != spec.FileKey {
		n.Fields[0].Key = n.Fields[0].Key[1:]
	}
	return n
}
