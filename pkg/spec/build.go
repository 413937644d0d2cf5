package spec

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/internal/textedit"
)

// builder turns the library's nodes into ours in one walk. On the way it checks limits, duplicate
// keys, aliases, merge keys, tags and types, and finds the exact range of each value.
type builder struct {
	src *source
	out *report

	spare    []Node // made together, which is cheaper than one by one
	nodes    int
	aliases  int
	anchored map[*yaml.Node]*anchor
	stopped  bool   // a limit was exceeded: the file is refused
	strict   []span // where an invisible character is an error
	last     weight // of the node built last
}

// anchor is the value that an alias stands for.
type anchor struct {
	node   *Node // nil while it is being built
	weight weight
	used   bool
	at     Range
}

// weight is the number of nodes under a node, aliases expanded.
type weight struct{ nodes, bytes, height int }

func (w *weight) add(part weight) {
	w.nodes += part.nodes
	w.bytes += part.bytes
	w.height = max(w.height, part.height+1)
}

type span struct{ start, end int }

func (b *builder) document(document *yaml.Node) *Node {
	if len(document.Content) == 0 {
		return nil
	}
	root, _ := b.node(document.Content[0], 1, false)
	if b.stopped {
		return nil
	}
	b.reportUnusedAnchors()
	return root
}

// stop refuses the file: what follows is neither built nor reported.
func (b *builder) stop(rule string, at Range, hint, format string, args ...any) {
	if !b.stopped {
		b.out.errorf(rule, at, hint, format, args...)
	}
	b.stopped = true
}

// node builds n at depth. name is true if n names or identifies something. It returns the offset
// after n.
func (b *builder) node(n *yaml.Node, depth int, name bool) (built *Node, end int) {
	if b.stopped {
		return nil, 0
	}
	start := b.src.seek(n.Line, n.Column)
	if b.nodes++; b.nodes > maxNodes {
		b.stop("file-limit", b.src.at(start, start), "split the file", "the file has more than %d values", maxNodes)
		return nil, start
	}
	if depth > maxDepth {
		b.stop("file-limit", b.src.at(start, start), "", "values are nested more than %d deep", maxDepth)
		return nil, start
	}
	if n.Kind == yaml.AliasNode {
		return b.alias(n, start, depth)
	}
	var a *anchor
	if n.Anchor != "" {
		a = b.declare(n, start)
	}
	content, afterProperties := start, start
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || start < len(b.src.text) && b.src.text[start] == '!' {
		content, afterProperties = skipProperties(b.src.text, start)
	}
	switch n.Kind {
	case yaml.MappingNode:
		built, end = b.mapping(n, start, content, depth)
	case yaml.SequenceNode:
		built, end = b.sequence(n, start, content, depth)
	default:
		built, end = b.scalar(n, content, afterProperties, name)
	}
	if a != nil {
		a.node, a.weight = built, b.last
	}
	return built, end
}

// slabNodes is how many nodes are allocated together: few enough that a node
// which outlives its file keeps little else alive. So many fill 4 KiB.
const slabNodes = 28

func (b *builder) make(kind NodeKind) *Node {
	if len(b.spare) == 0 {
		b.spare = make([]Node, slabNodes)
	}
	built := &b.spare[0]
	b.spare = b.spare[1:]
	built.Kind = kind
	return built
}

func (b *builder) declare(n *yaml.Node, start int) *anchor {
	if b.anchored == nil {
		b.anchored = map[*yaml.Node]*anchor{}
	}
	a := &anchor{at: b.src.at(start, min(start+1+len(n.Anchor), len(b.src.text)))}
	b.anchored[n] = a
	return a
}

func (b *builder) alias(n *yaml.Node, start, depth int) (*Node, int) {
	end := min(start+1+len(n.Value), len(b.src.text))
	at := b.src.at(start, end)
	if b.aliases++; b.aliases > maxAliases {
		b.stop("alias-limit", at, "use a template or a matrix instead", "the file has more than %d aliases", maxAliases)
		return nil, end
	}
	a := b.anchored[n.Alias]
	if a == nil || a.node == nil {
		b.stop("alias-limit", at, "", "alias %s is inside the value that it refers to", quoted("*"+n.Value))
		return nil, end
	}
	a.used = true
	if depth+a.weight.height > maxDepth {
		b.stop("alias-limit", at, "", "with alias %s expanded, values are nested more than %d deep", quoted("*"+n.Value), maxDepth)
		return nil, end
	}
	b.last = a.weight
	b.last.nodes++
	return a.node, end
}

// checkWeight refuses aliases that expand too far. own is the weight without expansion.
func (b *builder) checkWeight(at Range, w weight) {
	switch {
	case w.nodes > maxExpandedNodes+b.nodes:
		b.stop("alias-limit", at, "", "aliases expand to more than %d values here", maxExpandedNodes)
	case w.bytes > maxExpandedBytes+len(b.src.text):
		b.stop("alias-limit", at, "", "aliases expand to more than %d MiB of text here", maxExpandedBytes>>20)
	}
}

func (b *builder) sequence(n *yaml.Node, start, content, depth int) (*Node, int) {
	b.checkTag(n, "!!seq", start, content)
	built := b.make(SequenceNode)
	if len(n.Content) > 0 {
		built.Items = make([]*Node, 0, len(n.Content))
	}
	w, end := weight{nodes: 1}, content
	for _, item := range n.Content {
		child, childEnd := b.node(item, depth+1, false)
		if b.stopped {
			return nil, end
		}
		built.Items = append(built.Items, child)
		end = childEnd
		w.add(b.last)
	}
	if n.Style&yaml.FlowStyle != 0 {
		end = closing(b.src.text, max(end, content), content, '[', ']')
	}
	built.Range = b.span(n, end)
	b.checkWeight(built.Range, w)
	b.last = w
	return built, end
}

// span returns the range from the start of n, as the library has it, to the offset end.
func (b *builder) span(n *yaml.Node, end int) Range {
	to := b.src.pos(end)
	return Range{Pos{b.src.name, n.Line, n.Column}, to}
}

func (b *builder) scalar(n *yaml.Node, content, afterProperties int, name bool) (*Node, int) {
	built := b.make(ScalarNode)
	built.Text, built.Style = n.Value, scalarStyle(n.Style)
	end := afterProperties
	if n.Value == "" && built.Style == PlainStyle {
		content = afterProperties
	} else if to, ok := align(b.src.text, content, built.Style, n.Value); ok {
		end = to
	} else {
		end = content
	}
	from := b.src.pos(content)
	built.Range = Range{from, b.src.pos(end)}
	built.Type = b.scalarType(n, built, afterProperties)
	if name {
		b.strictSpan(content, end)
		if built.Style == DoubleQuotedStyle {
			b.checkEscaped(built)
		}
	}
	b.last = weight{nodes: 1, bytes: len(n.Value)}
	return built, end
}

func scalarStyle(style yaml.Style) Style {
	switch {
	case style&yaml.SingleQuotedStyle != 0:
		return SingleQuotedStyle
	case style&yaml.DoubleQuotedStyle != 0:
		return DoubleQuotedStyle
	case style&yaml.LiteralStyle != 0:
		return LiteralStyle
	case style&yaml.FoldedStyle != 0:
		return FoldedStyle
	}
	return PlainStyle
}

// scalarType resolves a scalar by its tag, else by its text.
func (b *builder) scalarType(n *yaml.Node, built *Node, afterTag int) ScalarType {
	t := StringType
	if built.Style == PlainStyle {
		t = coreType(n.Value)
	}
	if n.Style&yaml.TaggedStyle == 0 {
		return t
	}
	want, known := map[string]ScalarType{
		"!!str": StringType, "!!int": IntType, "!!float": FloatType, "!!bool": BoolType, "!!null": NullType,
	}[n.Tag]
	switch resolved := coreType(n.Value); {
	case !known:
		b.customTag(n, b.span(n, afterTag))
		return t
	case want == StringType || want == resolved || want == FloatType && resolved == IntType:
		return want
	}
	b.out.errorf("yaml-syntax", built.Range, "", "%s does not match its tag %s", quoted(n.Value), quoted(n.Tag))
	return t
}

func (b *builder) checkTag(n *yaml.Node, want string, start, content int) {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != want {
		b.customTag(n, b.src.at(start, content))
	}
}

func (b *builder) customTag(n *yaml.Node, at Range) {
	b.out.errorf("yaml-syntax", at, "remove the tag", "tag %s is not supported: values are plain YAML", quoted(n.Tag))
}

func (b *builder) reportUnusedAnchors() {
	for n, a := range b.anchored {
		if !a.used {
			b.out.add(Diagnostic{
				Rule: "unused-anchor", Severity: Warning, Range: a.at,
				Message: fmt.Sprintf("anchor %s is never used", quoted("&"+n.Anchor)), Hint: "remove it",
			})
		}
	}
}

// strictSpan records the range of a name if the file has invisible characters.
func (b *builder) strictSpan(start, end int) {
	if len(b.src.odd) > 0 {
		b.strict = append(b.strict, span{start, end})
	}
}

// checkEscaped warns about invisible characters that a name contains as escapes. This is not an
// error, because a reviewer sees the escape, and every live name must be expressible. reportOdd
// reports unescaped ones.
func (b *builder) checkEscaped(n *Node) {
	var places *TextPlaces
	for i, char := range n.Text {
		if char < ' ' || char == 0x7f || isOdd(char) {
			if places == nil {
				places = n.TextPlaces(textedit.Index(b.src.text))
			}
			where := Range{places.At(i), places.At(i + utf8.RuneLen(char))}
			if at, ok := places.lines.Offset(where.Start.Line, where.Start.Column); ok && isOdd(char) && bytes.HasPrefix(b.src.text[at:], utf8.AppendRune(nil, char)) {
				continue
			}
			b.out.add(Diagnostic{
				Rule: "invisible-char", Severity: Warning, Range: where, Message: "a name contains a " + charName(char), Hint: "remove it",
			})
			return
		}
	}
}

// reportOdd reports the invisible characters: an error in keys and names, a
// warning in scripts, descriptions and comments.
func (b *builder) reportOdd(root *Node) {
	if len(b.src.odd) == 0 {
		return
	}
	sent := scalarRanges(root)
	sort.Slice(b.strict, func(i, j int) bool { return b.strict[i].start < b.strict[j].start })
	for _, odd := range b.src.odd {
		i := sort.Search(len(b.strict), func(i int) bool { return b.strict[i].end > odd.offset })
		severity, where := Warning, "there is a"
		if i < len(b.strict) && b.strict[i].start <= odd.offset {
			severity, where = Error, "a name contains a"
		}
		size := len(string(odd.char))
		at := b.src.at(odd.offset, odd.offset+size)
		fix := oddFix(b.src.name, odd, size)
		fix.Unsafe = root == nil || holds(sent, at.Start)
		b.out.add(Diagnostic{
			Rule: "invisible-char", Severity: severity, Range: at,
			Message: fmt.Sprintf("%s %s", where, charName(odd.char)), Hint: "remove it",
			Fixes: []Fix{fix},
		})
	}
}

// scalarRanges lists the ranges of keys and values, sorted by start. All other text is a comment or
// blank, which is never sent.
func scalarRanges(root *Node) []Range {
	var ranges []Range
	seen := map[*Node]bool{}
	var visit func(n *Node)
	visit = func(n *Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		if n.Kind == ScalarNode {
			ranges = append(ranges, n.Range)
		}
		for _, item := range n.Items {
			visit(item)
		}
		for _, f := range n.Fields {
			visit(f.Key)
			visit(f.Value)
		}
	}
	visit(root)
	slices.SortFunc(ranges, func(a, b Range) int { return a.Start.Compare(b.Start) })
	return ranges
}

// holds reports whether a place lies in one of the ranges, which are sorted.
func holds(ranges []Range, at Pos) bool {
	i, found := slices.BinarySearchFunc(ranges, at, func(r Range, at Pos) int { return r.Start.Compare(at) })
	return found || i > 0 && at.Compare(ranges[i-1].End) < 0
}

// oddFix replaces an invisible character by the one that was most likely meant.
func oddFix(file string, odd oddChar, size int) Fix {
	with, message := "", "remove it"
	if odd.char == 0xa0 || odd.char == 0x202f {
		with, message = " ", "replace it by a space"
	}
	return Fix{Message: message, Edits: []Edit{{File: file, Start: odd.offset, End: odd.offset + size, New: with}}}
}
