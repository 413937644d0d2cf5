package format

import (
	"sort"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// flow writes a collection in brackets or braces: on one line with the usual
// blanks, or on the lines that it has. indent is that of the line it opens on.
func (l *layout) flow(n *spec.Written, indent int, s *shape) (first string, rest []string) {
	source := l.src[n.Value:n.End]
	if !strings.Contains(source, "\n") {
		return l.flowLine(n, s), nil
	}
	lines := strings.Split(source, "\n")
	outer := l.outer(n)
	at := n.Value
	for i, line := range lines {
		trimmed := strings.Trim(line, " \t")
		if i > 0 {
			start := at + strings.Index(line, trimmed)
			depth := enclosing(n, start)
			if depth == 0 && l.column(start) > outer {
				depth = 1 // other readers want the last bracket indented
			}
			if trimmed != "" {
				trimmed = spaces(indent+2*depth) + trimmed
			}
			rest = append(rest, trimmed)
		}
		at += len(line) + 1
	}
	return strings.TrimRight(lines[0], " \t"), rest
}

// outer returns the column of the key whose value n is, or of the line where n has
// none.
func (l *layout) outer(n *spec.Written) int {
	before := l.src[n.Start-l.column(n.Start) : n.Start]
	column := leadingBlanks(before)
	at := column
	for at < len(before) && before[at] == '-' && at+1 < len(before) && before[at+1] == ' ' {
		at += 1 + leadingBlanks(before[at+1:])
	}
	if at < len(before) {
		return at
	}
	return column
}

// enclosing counts the collections in which an offset lies, their last bracket
// left out.
func enclosing(n *spec.Written, at int) int {
	if !n.Flow || at <= n.Value || at >= n.End-1 {
		return 0
	}
	i := sort.Search(len(n.Items), func(i int) bool { return n.Items[i].End > at })
	if i < len(n.Items) && n.Items[i].Value <= at {
		return 1 + enclosing(n.Items[i], at)
	}
	return 1
}

// flowLine writes a collection on one line.
func (l *layout) flowLine(n *spec.Written, s *shape) string {
	source := l.src[n.Value:n.End]
	if !l.isRegular(n) {
		return source
	}
	if n.Kind == spec.SequenceNode {
		parts := make([]string, 0, len(n.Items))
		for _, item := range n.Items {
			parts = append(parts, l.inline(item, yamltext.InFlow, s.item()))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	parts := make([]string, 0, len(n.Items)/2)
	for _, i := range s.sorted(n) {
		key, value := n.Items[2*i], n.Items[2*i+1]
		parts = append(parts, l.inline(key, yamltext.AsKey, nil)+": "+l.inline(value, yamltext.InFlow, s.key(key.Text)))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// isRegular reports whether a collection on one line has nothing but items, or
// keys that have values: no value left out, no bare pair, no "? key".
func (l *layout) isRegular(n *spec.Written) bool {
	for i, item := range n.Items {
		if item.Value == item.End && item.Kind == spec.ScalarNode {
			return false
		}
		if item.Kind != spec.ScalarNode && (!item.Flow || strings.IndexByte("[{", l.src[item.Value]) < 0) {
			return false
		}
		if n.Kind != spec.MappingNode {
			continue
		}
		before, previous := n.Value+1, ","
		if i > 0 {
			before = n.Items[i-1].End
		}
		switch {
		case i == 0:
			previous = ""
		case i%2 == 1:
			previous = ":"
		}
		if strings.TrimSpace(l.src[before:item.Start]) != previous {
			return false
		}
	}
	return true
}

// inline writes a node of a collection on one line.
func (l *layout) inline(n *spec.Written, in yamltext.Place, s *shape) string {
	switch {
	case n.Alias:
		if in == yamltext.AsKey {
			return l.src[n.Start:n.End] + " " // or the colon would belong to the name
		}
		return l.src[n.Start:n.End]
	case n.Kind == spec.ScalarNode:
		properties, _ := l.properties(n)
		return properties + l.oneLine(n, l.src[n.Value:n.End], in)
	}
	properties, _ := l.properties(n)
	return properties + l.flowLine(n, s)
}

// properties returns the anchor and the tag of a node with a blank after them, and
// where they end.
func (l *layout) properties(n *spec.Written) (words string, end int) {
	at := n.Start
	end = at
	for at < n.Value && (l.src[at] == '&' || l.src[at] == '!') {
		for end = at; end < n.Value && strings.IndexByte(" \t\n", l.src[end]) < 0; end++ {
		}
		words += l.src[at:end] + " "
		at = end
		for at < n.Value && strings.IndexByte(" \t\n", l.src[at]) >= 0 {
			at++
		}
	}
	return words, end
}
