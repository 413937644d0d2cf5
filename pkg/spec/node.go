package spec

import "strings"

// NodeKind distinguishes scalars, mappings and sequences.
type NodeKind uint8

// The kinds of node. Aliases and merge keys are resolved while nodes are built.
const (
	ScalarNode NodeKind = iota + 1
	MappingNode
	SequenceNode
)

// ScalarType is the type of a scalar in the core schema of YAML 1.2: dates,
// "on" and "yes" are strings. Numbers with a leading zero are strings too,
// because readers disagree whether they are octal.
type ScalarType uint8

// The types of scalar.
const (
	StringType ScalarType = iota + 1
	IntType
	FloatType
	BoolType
	NullType
)

// FileKey is the only key of a mapping that stands for the text of a file.
const FileKey = "$file"

// IsFile reports whether n is {$file: PATH}. n is not nil.
func (n *Node) IsFile() bool {
	return n.Kind == MappingNode && len(n.Fields) == 1 && n.Fields[0].Key.Text == FileKey
}

// IsIncludeKey reports whether a lone key would be read as an include, or as an escaped one: $file,
// $$file and so on.
func IsIncludeKey(key string) bool {
	return strings.HasPrefix(key, "$") && "$"+strings.TrimLeft(key, "$") == FileKey
}

// Unescaped removes one $ from {$$file: …}, the way to write a mapping whose only key really is
// $file.
func (n *Node) Unescaped() *Node {
	if len(n.Fields) != 1 || !IsIncludeKey(n.Fields[0].Key.Text) || n.Fields[0].Key.Text == FileKey {
		return n
	}
	key := *n.Fields[0].Key
	key.Text = key.Text[1:]
	c := *n
	c.Fields = []Field{{Key: &key, Value: n.Fields[0].Value}}
	return &c
}

// UnescapedPair is Unescaped for two mappings to be merged. Where the merged one will have a lone
// key too, because the other is empty or has the same key, it stays escaped.
func UnescapedPair(a, b *Node) (*Node, *Node) {
	if len(a.Fields) == 0 || len(b.Fields) == 0 || len(a.Fields) == 1 && len(b.Fields) == 1 && a.Fields[0].Key.Text == b.Fields[0].Key.Text {
		return a, b
	}
	return a.Unescaped(), b.Unescaped()
}

// Style is the way in which a scalar is written in the file.
type Style uint8

// The styles of scalar.
const (
	PlainStyle Style = iota + 1
	SingleQuotedStyle
	DoubleQuotedStyle
	LiteralStyle
	FoldedStyle
)

// Node is a value in a definition file with its position. Nodes never change after loading:
// merging, expanding and substituting make new nodes, with an Origin.
type Node struct {
	Kind   NodeKind
	Type   ScalarType // of a scalar
	Style  Style      // of a scalar
	Text   string     // of a scalar, as written: 1.10, 0755, on; quotes and escapes resolved
	Range  Range
	Fields []Field // of a mapping, in the order written, merge keys resolved
	Items  []*Node // of a sequence
	Origin *Origin // nil: the value is in the file as it is
}

// Field is one key of a mapping with its value.
type Field struct{ Key, Value *Node }

// Get returns the value of the key called name, nil if there is none.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Fields {
		if n.Fields[i].Key.Text == name {
			return n.Fields[i].Value
		}
	}
	return nil
}

// Key returns the node of the key called name, for diagnostics about the key;
// nil if there is none.
func (n *Node) Key(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Fields {
		if n.Fields[i].Key.Text == name {
			return n.Fields[i].Key
		}
	}
	return nil
}

// Str returns the text of the scalar at the key called name, "" otherwise.
func (n *Node) Str(name string) string {
	if v := n.Get(name); v != nil && v.Kind == ScalarNode && v.Type != NullType {
		return v.Text
	}
	return ""
}

// IsNull reports whether n is an explicit null.
func (n *Node) IsNull() bool { return n != nil && n.Kind == ScalarNode && n.Type == NullType }

// Pos returns where n starts; the zero Pos for nil.
func (n *Node) Pos() Pos {
	if n == nil {
		return Pos{}
	}
	return n.Range.Start
}

// OriginKind is the way in which a value got to its place.
type OriginKind string

// The ways in which a value gets to its place. A value without an Origin was written there.
const (
	FromDefault     OriginKind = "default"     // defaults.job of the workspace
	FromEnvironment OriginKind = "environment" // environments.<name> of the workspace
	FromTemplate    OriginKind = "template"    // a template's parameters or steps
	FromFragment    OriginKind = "fragment"    // the steps of a fragment, at its use
	FromFamily      OriginKind = "family"      // a job of a family, at its use
	FromInput       OriginKind = "input"       // an input of a template, fragment or family
	FromMatrix      OriginKind = "matrix"      // a matrix combination
	FromVariable    OriginKind = "variable"    // ${{ vars.X }} or --var
	FromFile        OriginKind = "file"        // {$file: path}
	FromCatalogue   OriginKind = "catalogue"   // the step-module catalogue
	FromCompiler    OriginKind = "compiler"    // a fixed value of the friendly form
)

// Origin is one step of a value's way, with the last step first.
type Origin struct {
	Kind OriginKind
	Name string // the template, variable, matrix key, environment or file
	Pos  Pos    // where that station is
	From *Origin

	Use  Range // of the ${{ }} that put the value in its place, if one did
	Part bool  // the value is a part of what that ${{ }} stands for
}

// Shown returns where to show a mistake in n, and the other end of the reference that put n there.
// A wrong value is shown where it is used, a wrong part of it where it is defined.
func (n *Node) Shown() (at Range, others []Related) {
	o := n.Origin
	if o == nil || o.Use == (Range{}) {
		return n.Range, nil
	}
	if o.Part {
		return n.Range, []Related{{Range: o.Use, Message: "used here"}}
	}
	if o.Pos.IsValid() {
		others = []Related{{Range: Range{o.Pos, o.Pos}, Message: o.reference() + " is defined here"}}
	}
	return o.Use, others
}

// reference returns the words with which a message names o.
func (o *Origin) reference() string {
	space := map[OriginKind]string{FromVariable: "vars.", FromMatrix: "matrix.", FromInput: "inputs."}[o.Kind]
	return space + o.Name
}
