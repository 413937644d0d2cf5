package spec

import (
	"bytes"
	"strings"

	"gopkg.in/yaml.v3"
)

// mapping builds a mapping with its merge keys resolved. A written key wins over a merged one, and
// the first merged one over later ones. Merged keys take the place of the merge key.
func (b *builder) mapping(n *yaml.Node, start, content, depth int) (*Node, int) {
	b.checkTag(n, "!!map", start, content)
	if pairs := len(n.Content) / 2; pairs > maxKeys {
		b.stop("file-limit", b.src.at(content, content), "", "one mapping has %d keys; at most %d are read", pairs, maxKeys)
		return nil, content
	}
	built := b.make(MappingNode)
	built.Fields = make([]Field, 0, len(n.Content)/2)
	keys := newKeySet(len(n.Content) / 2)
	w, end := weight{nodes: 1}, content
	var merges []merge
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, keyEnd := b.node(n.Content[i], depth+1, true)
		keyWeight := b.last
		if b.stopped {
			return nil, end
		}
		b.checkKeySpace(key)
		value, valueEnd := b.node(n.Content[i+1], depth+1, namesSomething(key))
		if b.stopped {
			return nil, end
		}
		end = max(keyEnd, valueEnd)
		w.add(keyWeight)
		w.add(b.last)
		if isMergeKey(n.Content[i]) {
			merges = append(merges, merge{len(built.Fields), value})
			b.isNewKey(&keys, key)
		} else if b.usableKey(key, content) && b.isNewKey(&keys, key) {
			built.Fields = append(built.Fields, Field{key, value})
		}
	}
	if len(merges) > 0 {
		built.Fields = b.mergeFields(built.Fields, &keys, merges, &w)
	}
	if n.Style&yaml.FlowStyle != 0 && !isBarePair(n) {
		end = closing(b.src.text, max(end, content), content, '{', '}')
	}
	built.Range = b.span(n, end)
	b.checkWeight(built.Range, w)
	b.last = w
	return built, end
}

// isMergeKey reports whether a key is a plain <<.
func isMergeKey(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Tag == "!!merge" && key.Value == "<<"
}

// isBarePair reports whether a flow mapping is the single pair of a sequence, as
// in [a: b], which has no brackets of its own.
func isBarePair(n *yaml.Node) bool {
	return len(n.Content) == 2 && n.Content[0].Line == n.Line && n.Content[0].Column == n.Column
}

// namesSomething reports whether a key's value names or identifies something, so that an invisible
// character in it could imitate another name.
func namesSomething(key *Node) bool {
	switch key.Text {
	case "name", "id", "job", "project", "module_id", "secret", "default_project", "project_id", "definition", "region":
		return true
	}
	return false
}

// usableKey reports a key that is not a text, in a mapping that starts at content.
func (b *builder) usableKey(key *Node, content int) bool {
	switch {
	case key.Kind == MappingNode && bytes.HasPrefix(b.src.text[content:], []byte("{{")):
		where := b.src.at(content, content+len("{{"))
		b.out.errorf("yaml-syntax", where, "put the value in quotes", "YAML reads the braces of {{ }} as a mapping")
	case key.Kind != ScalarNode:
		b.out.errorf("yaml-syntax", key.Range, "", "a key must be a text, not a %s", kindName(key))
	case key.Type == NullType:
		b.out.errorf("yaml-syntax", key.Range, "", "a key is missing before the colon")
	default:
		return true
	}
	return false
}

// kindName returns the kind of a node in words.
func kindName(n *Node) string {
	switch n.Kind {
	case MappingNode:
		return "mapping"
	case SequenceNode:
		return "list"
	}
	switch n.Type {
	case IntType, FloatType:
		return "number"
	case BoolType:
		return "boolean"
	case NullType:
		return "null"
	}
	return "text"
}

// keySet finds repeated keys in linear time.
type keySet struct {
	few   [fewKeys]*Node
	count int // of few
	many  map[string]*Node
}

const fewKeys = 16

func newKeySet(size int) keySet {
	if size > fewKeys {
		return keySet{many: make(map[string]*Node, size)}
	}
	return keySet{}
}

// add returns the earlier key with the same text, or nil.
func (s *keySet) add(key *Node) *Node {
	if s.many != nil {
		first, there := s.many[key.Text]
		if !there {
			s.many[key.Text] = key
		}
		return first
	}
	for _, k := range s.few[:s.count] {
		if k.Text == key.Text {
			return k
		}
	}
	if s.count < fewKeys {
		s.few[s.count] = key
		s.count++
		return nil
	}
	s.many = make(map[string]*Node, 2*fewKeys)
	for _, k := range s.few {
		s.many[k.Text] = k
	}
	s.many[key.Text] = key
	return nil
}

// isNewKey reports a repeated key. The first value is kept.
func (b *builder) isNewKey(keys *keySet, key *Node) bool {
	first := keys.add(key)
	if first == nil {
		return true
	}
	hint := "remove one of the two"
	if key.Text == "<<" {
		hint = "write one merge key with a list: <<: [*a, *b]"
	}
	b.out.add(Diagnostic{
		Rule: "duplicate-key", Severity: Error, Range: key.Range,
		Message: "key " + quoted(key.Text) + " is repeated in this mapping", Hint: hint,
		Related: []Related{{Range: first.Range, Message: "first written here"}}, Pointer: "." + key.Text,
	})
	return false
}

// merge is a merge key's value and the index at which its fields go.
type merge struct {
	index int
	value *Node
}

func (b *builder) mergeFields(own []Field, keys *keySet, merges []merge, w *weight) []Field {
	out := make([]Field, 0, len(own)+8)
	done := 0
	for _, m := range merges {
		out = append(out, own[done:m.index]...)
		done = m.index
		sources := []*Node{m.value}
		if m.value.Kind == SequenceNode {
			sources = m.value.Items
		}
		for _, from := range sources {
			if from.Kind != MappingNode {
				b.out.errorf("yaml-syntax", m.value.Range, "", "a merge key takes a mapping or a list of mappings, not a %s", kindName(from))
				continue
			}
			for _, field := range from.Fields {
				if keys.add(field.Key) == nil {
					out = append(out, field)
				}
			}
		}
		if len(out)+len(own)-done > maxKeys {
			b.stop("file-limit", m.value.Range, "", "with its merge keys one mapping has more than %d keys", maxKeys)
			return nil
		}
	}
	return append(out, own[done:]...)
}

// skipProperties skips the anchor and the tag before a value. It returns where the value starts and
// where the last property ends.
func skipProperties(src []byte, start int) (content, afterProperties int) {
	pos, after := start, start
	for pos < len(src) && (src[pos] == '&' || src[pos] == '!') {
		inProperty := inTag
		if src[pos] == '&' {
			inProperty = inAnchor
		}
		for pos++; pos < len(src) && inProperty(src[pos]); pos++ {
		}
		after = pos
		pos = skipSpace(src, pos)
	}
	return pos, after
}

// inTag and inAnchor report whether the library reads a byte as part of a tag or an anchor.
func inTag(c byte) bool { return strings.IndexByte(" \t\r\n,]}", c) < 0 }

func inAnchor(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// skipSpace steps over blanks, line breaks and comments.
func skipSpace(src []byte, pos int) int {
	for pos < len(src) {
		switch src[pos] {
		case ' ', '\t', '\r', '\n':
			pos++
		case '#':
			pos += len(blockLine(src, pos))
		default:
			return pos
		}
	}
	return pos
}

// closing finds the bracket that ends a flow collection whose last value ends at pos. Without one
// the collection ends there.
func closing(src []byte, pos, start int, open, shut byte) int {
	if start >= len(src) || src[start] != open {
		return pos
	}
	i := max(pos, start+1)
	for {
		i = skipSpace(src, i)
		switch {
		case i >= len(src):
			return pos
		case src[i] == shut:
			return i + 1
		case src[i] == ',' || src[i] == '?' || src[i] == ':':
			i++
		default:
			return pos
		}
	}
}

// gluedField is a field of a mapping without the space after its colon, which
// YAML reads as one text.
var gluedField = pattern(`^([A-Za-z_][\w.-]*):([^\s/:].*)$`)

// gluedKey is a key with a collection or a quoted text right after its colon,
// which YAML takes for a part of the key.
var gluedKey = pattern(`^([A-Za-z_][\w.-]*):[\[{"']`)

// checkKeySpace reports a key without a space after its colon. If the line has another colon, it is
// valid YAML, and no other check would name the cause.
func (b *builder) checkKeySpace(key *Node) {
	if key.Kind != ScalarNode || key.Style != PlainStyle || !strings.Contains(key.Text, ":") {
		return
	}
	match := gluedKey().FindStringSubmatch(key.Text)
	if match == nil {
		return
	}
	at := key.Range.Start
	at.Column += len(match[1])
	end := at
	end.Column++
	b.out.errorf("yaml-syntax", Range{at, end}, "write a space after it; a key that holds a colon is put in quotes", "there is no space after the colon of %s", quoted(match[1]))
}
