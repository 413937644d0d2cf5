package spec

import (
	"bytes"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"
)

// ParseFile reads one YAML document into nodes with positions. It reports everything that is wrong,
// at most 20 findings of a kind. The node is nil if the file is not readable as YAML or exceeds a
// limit. An empty file is an explicit null.
func ParseFile(name string, text []byte) (*Node, Diagnostics) {
	root, _, found := parse(name, text)
	return root, found
}

// parse is ParseFile with the library's nodes.
func parse(name string, text []byte) (root *Node, document *yaml.Node, found Diagnostics) {
	out := &report{file: name}
	src, fatal := newSource(name, text, out)
	if fatal {
		return nil, nil, out.done()
	}
	document, err := decode(bytes.TrimPrefix(text, byteOrderMark))
	if err != nil {
		explainSyntax(src, err, out)
		return nil, nil, out.done()
	}
	if document == nil {
		at := Pos{File: name, Line: 1, Column: 1}
		return &Node{Kind: ScalarNode, Type: NullType, Style: PlainStyle, Range: Range{at, at}}, nil, out.done()
	}
	b := &builder{src: src, out: out}
	root = b.document(document)
	b.reportOdd(root)
	out.root = root
	return root, document, out.done()
}

// errSeveralDocuments points at the second document of a file.
type errSeveralDocuments struct{ line, column int }

func (e *errSeveralDocuments) Error() string { return "a second document" }

// decode parses text to the library's nodes. A nil node is an empty file.
func decode(text []byte) (document *yaml.Node, err error) {
	document, err = decodePlainly(text)
	if err == nil || !isEscapeError().MatchString(err.Error()) {
		return document, err
	}
	rewritten, restore := jsonEscapes(text)
	if restore == nil {
		return nil, err
	}
	if document, err = decodePlainly(rewritten); document != nil {
		restore(document)
	}
	return document, err
}

// decodePlainly parses to nodes, and to nothing else: any other target costs
// quadratic time and memory in the number of keys.
func decodePlainly(text []byte) (document *yaml.Node, err error) {
	// The library is archived and has known inputs on which it panics.
	defer func() {
		if problem := recover(); problem != nil {
			document, err = nil, fmt.Errorf("yaml: %v", problem)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	document, second := new(yaml.Node), new(yaml.Node)
	switch err := decoder.Decode(document); {
	case err == io.EOF:
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := decoder.Decode(second); {
	case err == io.EOF:
		return document, nil
	case err != nil:
		return nil, err
	}
	return nil, &errSeveralDocuments{second.Line, second.Column}
}
