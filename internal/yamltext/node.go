package yamltext

import "slices"

// Node is a value that is to be written.
type Node struct {
	Kind   Kind
	Text   string // of a text, or the literal of a number, boolean or null
	Fields []Field
	Items  []*Node
	Flow   bool // on one line where it fits

	Comments Comments // about the entry or item; only in block style
}

// Comments are the comments about an entry or item, each with its #.
type Comments struct {
	Above, Below []string
	Beside       string
}

func (c *Comments) isEmpty() bool { return len(c.Above)+len(c.Below)+len(c.Beside) == 0 }

// Field is one key of a mapping with its value.
type Field struct {
	Key   string
	Value *Node
}

// Kind is the kind of a Node.
type Kind uint8

// The kinds of node.
const (
	TextNode    Kind = iota + 1
	LiteralNode      // a number, boolean or null
	MappingNode
	SequenceNode
)

// Text returns a text.
func Text(s string) *Node { return &Node{Kind: TextNode, Text: s} }

// Literal returns a number, a boolean or null.
func Literal(s string) *Node { return &Node{Kind: LiteralNode, Text: s} }

// Sequence returns a list.
func Sequence(n ...*Node) *Node { return &Node{Kind: SequenceNode, Items: n} }

// Mapping returns a mapping.
func Mapping(f ...Field) *Node { return &Node{Kind: MappingNode, Fields: f} }

// Entry returns a field.
func Entry(key string, value *Node) Field { return Field{Key: key, Value: value} }

// Add appends a field, unless there is no value.
func (n *Node) Add(key string, value *Node) *Node {
	if value != nil {
		n.Fields = append(n.Fields, Field{key, value})
	}
	return n
}

// Get returns the value of a key, nil if there is none.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, f := range n.Fields {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// OneLine marks n to be written on one line where it fits.
func OneLine(n *Node) *Node {
	n.Flow = true
	return n
}

// Equal reports whether two nodes say the same, fields in any order.
func Equal(a, b *Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Fields) != len(b.Fields) || len(a.Items) != len(b.Items) {
		return false
	}
	for _, f := range a.Fields {
		if !Equal(f.Value, b.Get(f.Key)) {
			return false
		}
	}
	return slices.EqualFunc(a.Items, b.Items, Equal)
}

// IsInclude reports whether n is {$file: NAME}.
func (n *Node) IsInclude() bool {
	return n.Kind == MappingNode && len(n.Fields) == 1 && n.Fields[0].Key == "$file"
}
