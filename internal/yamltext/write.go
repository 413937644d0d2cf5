package yamltext

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// lineWidth is how long a line may become before a list or mapping is written
// over several.
const lineWidth = 100

// longKey is how long a written key may be before it needs the explicit form:
// YAML readers look no further than 1,024 characters for a key's colon.
const longKey = 1000

const indentStep = "  "

// AppendBlock writes n in block style, each line indented by indent. n must be a
// mapping or sequence that is not empty.
func AppendBlock(out *bytes.Buffer, n *Node, indent string) {
	for _, f := range n.Fields {
		end := beginComments(out, f.Value, indent)
		out.WriteString(indent)
		key := Inline(f.Key, AsKey)
		if len(key) > longKey {
			out.WriteString("? " + key + "\n" + indent + ":")
		} else {
			out.WriteString(key + ":")
		}
		appendValue(out, f.Value, indent, names[f.Key])
		end()
	}
	for _, item := range n.Items {
		end := beginComments(out, item, indent)
		out.WriteString(indent + "-")
		if len(item.Fields) == 0 || OneLineOf(item, len(indent)+2) != "" {
			appendValue(out, item, indent, false)
			end()
			continue
		}
		// The first key is after the dash.
		var block bytes.Buffer
		AppendBlock(&block, item, indent+indentStep)
		out.WriteByte(' ')
		out.Write(block.Bytes()[len(indent)+len(indentStep):])
		end()
	}
}

// beginComments writes the comments above an entry or item, and returns what
// writes those beside and below it. A text of several lines would take in a
// comment beside or below it: those go above.
func beginComments(out *bytes.Buffer, n *Node, indent string) (end func()) {
	c := n.Comments
	if c.isEmpty() {
		return func() {}
	}
	if n.Kind == TextNode && strings.Contains(n.Text, "\n") {
		c.Above = slices.Concat(c.Above, c.Below)
		c.Below = nil
		if c.Beside != "" && !fitsBlock(n.Text) {
			c.Above, c.Beside = append(c.Above, c.Beside), ""
		}
	}
	for _, line := range c.Above {
		out.WriteString(indent + line + "\n")
	}
	from := out.Len()
	return func() {
		if c.Beside != "" {
			first, rest, _ := strings.Cut(string(out.Bytes()[from:]), "\n")
			out.Truncate(from)
			out.WriteString(first + " " + c.Beside + "\n" + rest)
		}
		for _, line := range c.Below {
			out.WriteString(indent + indentStep + line + "\n")
		}
	}
}

// hasComments reports whether comments are within n.
func hasComments(n *Node) bool {
	return slices.ContainsFunc(n.Fields, func(f Field) bool { return !f.Value.Comments.isEmpty() || hasComments(f.Value) }) ||
		slices.ContainsFunc(n.Items, func(item *Node) bool { return !item.Comments.isEmpty() || hasComments(item) })
}

// names are the keys whose values name or identify something: pkg/spec takes no
// invisible character there as it is.
var names = map[string]bool{
	"name": true, "id": true, "job": true, "project": true, "module_id": true, "secret": true, "default_project": true,
	"project_id": true, "definition": true, "region": true,
}

// AppendValue writes what is after a key or a dash, and ends the line.
func AppendValue(out *bytes.Buffer, key string, n *Node, indent string) {
	appendValue(out, n, indent, names[key])
}

func appendValue(out *bytes.Buffer, n *Node, indent string, isName bool) {
	if n.Kind == TextNode && strings.Contains(n.Text, "\n") {
		out.WriteByte(' ')
		appendLines(out, n.Text, indent+indentStep, isName)
		return
	}
	column := out.Len() - bytes.LastIndexByte(out.Bytes(), '\n')
	if line := OneLineOf(n, column); line != "" {
		out.WriteString(" " + line + "\n")
		return
	}
	out.WriteByte('\n')
	AppendBlock(out, n, indent+indentStep)
}

// OneLineOf writes n on one line, "" if it must be over several.
func OneLineOf(n *Node, column int) string {
	switch {
	case n.Kind == LiteralNode:
		return n.Text
	case n.Kind == TextNode && !strings.Contains(n.Text, "\n"):
		return Inline(n.Text, InBlock)
	case n.Kind == MappingNode && len(n.Fields) == 0:
		return "{}"
	case n.Kind == SequenceNode && len(n.Items) == 0:
		return "[]"
	case !n.Flow || hasComments(n):
		return ""
	}
	line, ok := flowOf(n)
	if !ok || column+utf8.RuneCountInString(line) > lineWidth {
		return ""
	}
	return line
}

// flowOf writes n in flow style; ok is false if a text of several lines or a
// long key is in the way.
func flowOf(n *Node) (line string, ok bool) {
	switch n.Kind {
	case LiteralNode:
		return n.Text, true
	case TextNode:
		return Inline(n.Text, InFlow), !strings.Contains(n.Text, "\n")
	case SequenceNode:
		parts := make([]string, 0, len(n.Items))
		for _, item := range n.Items {
			part, ok := flowOf(item)
			if !ok {
				return "", false
			}
			parts = append(parts, part)
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	}
	parts := make([]string, 0, len(n.Fields))
	for _, f := range n.Fields {
		part, ok := flowOf(f.Value)
		key := Inline(f.Key, AsKey)
		if !ok || len(key) > longKey {
			return "", false
		}
		parts = append(parts, key+": "+part)
	}
	return "{" + strings.Join(parts, ", ") + "}", true
}

// Compact writes n in flow style on one line, texts of several lines escaped: for
// a place within brackets, where no block may be.
func Compact(n *Node) string {
	switch n.Kind {
	case LiteralNode:
		return n.Text
	case TextNode:
		return Inline(n.Text, InFlow)
	case SequenceNode:
		parts := make([]string, 0, len(n.Items))
		for _, item := range n.Items {
			parts = append(parts, Compact(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	parts := make([]string, 0, len(n.Fields))
	for _, f := range n.Fields {
		parts = append(parts, CompactEntry(f.Key, f.Value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// CompactEntry is Compact for an entry of a mapping.
func CompactEntry(key string, value *Node) string {
	key = Inline(key, AsKey)
	if len(key) > longKey {
		key = "? " + key + " "
	}
	return key + ": " + Compact(value)
}
