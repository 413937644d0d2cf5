package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/spec"
)

const maxScalar = 1 << 20 // bytes of one expanded text, as of one included file

// expand returns n with its references and includes resolved, n itself if there
// are none. New nodes have an Origin. Nil stays nil.
func (u *unit) expand(n *spec.Node) *spec.Node { return u.scope.expand(n) }

func (s *scope) expand(n *spec.Node) *spec.Node {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case spec.MappingNode:
		if n.IsFile() {
			return s.include(n)
		}
		return s.expandFields(n.Unescaped())
	case spec.SequenceNode:
		var items []*spec.Node
		for i, item := range n.Items {
			expanded := s.expand(item)
			if expanded != item && items == nil {
				items = slices.Clone(n.Items)
			}
			if items != nil {
				items[i] = expanded
			}
		}
		if items == nil {
			return n
		}
		c := *n
		c.Items = items
		return &c
	}
	if n.Type == spec.StringType && strings.Contains(n.Text, spec.ReferenceStart) {
		return s.expandText(n)
	}
	return n
}

func (s *scope) expandFields(n *spec.Node) *spec.Node {
	var fields []spec.Field
	for i, f := range n.Fields {
		expanded := s.expand(f.Value)
		if expanded != f.Value && fields == nil {
			fields = slices.Clone(n.Fields)
		}
		key := f.Key
		if strings.Contains(key.Text, spec.ReferenceStart) {
			key = s.expandKey(key)
		}
		if key != f.Key && fields == nil {
			fields = slices.Clone(n.Fields)
		}
		if fields != nil {
			fields[i] = spec.Field{Key: key, Value: expanded}
		}
	}
	if fields == nil {
		return n
	}
	fields = s.distinct(fields)
	c := *n
	c.Fields = fields
	return &c
}

// expandKey resolves the references of a key; nil if that is not text.
func (s *scope) expandKey(key *spec.Node) *spec.Node {
	expanded := s.expandText(key)
	if isPoison(expanded) {
		return nil
	}
	if expanded.Kind != spec.ScalarNode || expanded.Text == "" {
		s.c.reportAt("expression", key.Range, s.unit.at(), "a key is a text", "%s as a key is %s", key.Text, describe(expanded))
		return nil
	}
	resolved := *key
	resolved.Text, resolved.Origin = expanded.Text, expanded.Origin
	return &resolved
}

// distinct reports keys that have become equal and drops those that could not be resolved.
func (s *scope) distinct(fields []spec.Field) []spec.Field {
	kept, seen := fields[:0], map[string]*spec.Node{}
	for _, f := range fields {
		switch {
		case f.Key == nil:
		case seen[f.Key.Text] != nil:
			d := s.c.reportAt("duplicate-key", f.Key.Range, s.unit.at(), "remove one of the two", "the key %q is repeated once references are resolved", f.Key.Text)
			d.Related = append(d.Related, spec.Related{Range: seen[f.Key.Text].Range, Message: "first here"})
		default:
			seen[f.Key.Text] = f.Key
			kept = append(kept, f)
		}
	}
	return kept
}

// expandText resolves the references of one text. A text that is exactly one
// reference becomes the value that it refers to, of any type.
func (s *scope) expandText(n *spec.Node) *spec.Node {
	parts, err := spec.SplitReferences(n.Text)
	if err != nil {
		s.reportIn(n, parts[len(parts)-1], "expression", "close it with }}, or write $${{ for a literal ${{", "%v", err)
		return poison(n)
	}
	if len(parts) == 1 && parts[0].IsReference {
		target, ok := s.resolve(n, parts[0])
		if !ok {
			return poison(n)
		}
		via := target.origin
		via.Use = n.Range
		value := s.derived(target.value, via, n.Origin)
		if value.Kind == spec.ScalarNode {
			value.Range = n.Range
		}
		return value
	}
	c := &spec.Node{Kind: spec.ScalarNode, Type: spec.StringType, Style: n.Style, Range: n.Range, Origin: n.Origin}
	var text strings.Builder
	failed := false
	for _, p := range parts {
		if !p.IsReference {
			text.WriteString(p.Text)
			continue
		}
		target, ok := s.resolve(n, p)
		switch {
		case !ok:
			failed = true
			continue
		case isPoison(target.value):
			failed = true
		case target.value.Kind != spec.ScalarNode:
			d := s.reportIn(n, p, "expression", "use it alone, as the whole value", "%s is %s and cannot be a part of a text", p.Text, describe(target.value))
			d.Related = append(d.Related, spec.Related{Range: spec.Range{Start: target.origin.Pos, End: target.origin.Pos}, Message: p.Text + " is defined here"})
			failed = true
		case target.value.Type != spec.NullType:
			text.WriteString(target.value.Text)
		}
		if !isLong(c.Origin) {
			c.Origin = &spec.Origin{Kind: target.origin.Kind, Name: target.origin.Name, Pos: target.origin.Pos, From: chain(target.value.Origin, c.Origin), Use: n.Range}
		}
		if text.Len() > maxScalar {
			s.reportIn(n, p, "expansion-limit", fewerReferences, "the text grows beyond %d bytes", maxScalar)
			return poison(n)
		}
	}
	if failed {
		return poison(n)
	}
	c.Text = text.String()
	return c
}

// derived copies the target of a reference and records the reference in its origin.
func (s *scope) derived(n *spec.Node, via spec.Origin, user *spec.Origin) *spec.Node {
	c := *n
	if isPoison(n) {
		return &c
	}
	s.unit.values++
	if s.unit.values > maxValues {
		if s.unit.values == maxValues+1 {
			s.c.report("expansion-limit", n, s.unit.at(), fewerReferences, "the references multiply to more than %d values", maxValues)
		}
		return poison(n)
	}
	origin := via
	origin.From = chain(n.Origin, user)
	c.Origin = &origin
	via.Part = true
	c.Fields, c.Items = nil, nil
	if len(n.Fields) > 0 {
		part := origin
		part.Part = true
		for _, f := range n.Fields {
			key := *f.Key
			key.Origin = &part
			c.Fields = append(c.Fields, spec.Field{Key: &key, Value: s.derived(f.Value, via, user)})
		}
	}
	for _, item := range n.Items {
		c.Items = append(c.Items, s.derived(item, via, user))
	}
	return &c
}

// maxOrigins bounds the way that a text of several references keeps: where each level uses the one
// below twice, the way doubles as the text does.
const maxOrigins = 1000

// isLong reports whether the way of an origin is at its limit.
func isLong(o *spec.Origin) bool {
	n := 0
	for ; o != nil && n < maxOrigins; o = o.From {
		n++
	}
	return n == maxOrigins
}

// chain returns the origin first, extended by next.
func chain(first, next *spec.Origin) *spec.Origin {
	if first == nil {
		return next
	}
	if next == nil {
		return first
	}
	c := *first
	c.From = chain(first.From, next)
	return &c
}

// marked copies a tree and adds kind and name to its origins.
func marked(n *spec.Node, kind spec.OriginKind, name string) *spec.Node {
	c := *n
	c.Origin = &spec.Origin{Kind: kind, Name: name, Pos: n.Pos(), From: n.Origin}
	c.Fields, c.Items = slices.Clone(n.Fields), slices.Clone(n.Items)
	for i := range c.Fields {
		c.Fields[i].Value = marked(c.Fields[i].Value, kind, name)
	}
	for i := range c.Items {
		c.Items[i] = marked(c.Items[i], kind, name)
	}
	return &c
}

// include is a file that definitions take text from.
type include struct {
	text string
	err  error
}

// include returns the text of the file in {$file: path}. The text is not expanded: a script may
// contain ${{ for its own purposes.
func (s *scope) include(n *spec.Node) *spec.Node {
	path := s.expand(n.Fields[0].Value)
	if isPoison(path) {
		return poison(n)
	}
	if path.Kind != spec.ScalarNode || path.Type == spec.NullType || path.Text == "" {
		s.c.report("include", path, s.unit.at(), "", "$file needs the path of a file in the workspace, not %s", describe(path))
		return poison(n)
	}
	s.c.noteInclude(path.Text)
	file, known := s.c.includes[path.Text]
	if !known {
		file = &include{}
		file.text, file.err = spec.ReadInclude(s.c.set.Tree, path.Pos().File, path.Text)
		s.c.includes[path.Text] = file
	}
	if file.err != nil {
		s.c.report("include", path, s.unit.at(), "", "$file: %v", file.err)
		return poison(n)
	}
	from := spec.Pos{File: path.Text, Line: 1, Column: 1}
	origin := path.Origin // what marked the mapping has marked its path too
	if origin == nil {
		origin = n.Origin
	}
	return &spec.Node{
		Kind: spec.ScalarNode, Type: spec.StringType, Style: spec.LiteralStyle, Text: file.text, Range: n.Range,
		Origin: &spec.Origin{Kind: spec.FromFile, Name: path.Text, Pos: from, From: origin},
	}
}

// reportIn reports a finding about a part of a text.
func (s *scope) reportIn(n *spec.Node, p spec.TextPart, rule, hint, format string, args ...any) *spec.Diagnostic {
	return s.c.reportAt(rule, s.c.textRange(n, p.Start, p.End), s.unit.at(), hint, "%s", fmt.Sprintf(format, args...))
}

// textRange returns the range of a part of a scalar's text. It is the whole scalar if the file does
// not contain the text literally.
func (c *compiler) textRange(n *spec.Node, start, end int) spec.Range {
	if n.Style == 0 {
		return n.Range
	}
	lines := c.lines(n.Range.Start.File)
	if lines == nil {
		return n.Range
	}
	if c.placesFor != n {
		c.placesFor, c.places = n, n.TextPlaces(lines)
	}
	at := spec.Range{Start: c.places.At(start), End: c.places.At(end)}
	if at.Start == n.Range.Start || at.End.Compare(at.Start) <= 0 {
		at.End = n.Range.End
	}
	return at
}

// lines returns the indexed lines of a definition file; nil if it cannot be read.
func (c *compiler) lines(name string) *textedit.Lines {
	lines, known := c.indexes[name]
	if !known {
		if source := c.source(name); source != nil {
			lines = textedit.Index(source)
		}
		if c.indexes == nil {
			c.indexes = map[string]*textedit.Lines{}
		}
		c.indexes[name] = lines
	}
	return lines
}

// source returns the text of a definition file, nil if it cannot be read.
func (c *compiler) source(name string) []byte {
	source, known := c.sources[name]
	if !known && name == spec.WorkspaceFile && c.set.Tree != nil {
		// The set keeps the definition files' texts alone.
		source, _ = c.set.Tree.ReadFile(name, spec.MaxFileBytes)
		c.sources[name] = source
	}
	return source
}
