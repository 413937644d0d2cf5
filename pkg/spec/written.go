package spec

import "gopkg.in/yaml.v3"

// Written is a value as the file has it, with anchors, tags, aliases and merge keys unresolved.
// Formatters edit at its offsets, which count bytes from the start of the file.
type Written struct {
	Kind  NodeKind // ScalarNode of an alias
	Alias bool
	Style Style // of a scalar
	Flow  bool  // of a collection: in brackets or braces
	Text  string
	Start int // of the anchor or tag, else of the value
	Value int // of the value itself
	End   int // after the value; -1 where a scalar's end was not found
	Items []*Written
	// Items of a mapping are its keys and values in turn.
}

// ParseWritten is ParseFile that also returns the document as it is written,
// nil for an empty file and where there are errors.
func ParseWritten(name string, text []byte) (*Node, *Written, Diagnostics) {
	root, document, found := parse(name, text)
	if document == nil || len(document.Content) == 0 || found.HasErrors() {
		return root, nil, found
	}
	src, _ := newSource(name, text, &report{file: name})
	return root, written(src, document.Content[0]), found
}

func written(src *source, n *yaml.Node) *Written {
	w := &Written{Kind: ScalarNode, Text: n.Value, Start: src.seek(n.Line, n.Column)}
	afterProperties := w.Start
	w.Value = w.Start
	if n.Kind == yaml.AliasNode {
		w.Alias = true
		w.End = min(w.Start+1+len(n.Value), len(src.text))
		return w
	}
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || w.Start < len(src.text) && src.text[w.Start] == '!' {
		w.Value, afterProperties = skipProperties(src.text, w.Start)
	}
	if n.Kind == yaml.ScalarNode {
		w.Style = scalarStyle(n.Style)
		w.scalarEnd(src.text, afterProperties)
		return w
	}
	w.Kind = SequenceNode
	open, shut := byte('['), byte(']')
	if n.Kind == yaml.MappingNode {
		w.Kind, open, shut = MappingNode, '{', '}'
	}
	w.Flow = n.Style&yaml.FlowStyle != 0
	w.End = w.Value
	for _, child := range n.Content {
		item := written(src, child)
		w.Items = append(w.Items, item)
		w.End = max(w.End, item.End)
	}
	if w.Flow {
		w.End = closing(src.text, w.End, w.Value, open, shut)
	}
	return w
}

func (w *Written) scalarEnd(text []byte, afterProperties int) {
	if w.Text == "" && w.Style == PlainStyle {
		w.Value, w.End = afterProperties, afterProperties
		return
	}
	w.End = -1
	if end, ok := align(text, w.Value, w.Style, w.Text); ok {
		w.End = end
	}
}
