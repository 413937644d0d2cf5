package format

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// differs checks the promises of the package on a result. No input is known
// that breaks them, but YAML has many special cases, and formatting must not
// damage a file.
func (l *layout) differs(name string, before *spec.Node, root *spec.Written, formatted string) string {
	after, written, found := spec.ParseWritten(name, []byte(formatted))
	if found.HasErrors() || !sameValue(before, after) {
		return "the canonical form would not mean the same"
	}
	have, want := comments(formatted, written), comments(l.src, root)
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		return "the canonical form would lose a comment"
	}
	return ""
}

// sameValue reports whether two values mean the same. It ignores the order of
// keys and the style of texts.
func sameValue(a, b *spec.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Type != b.Type || a.Text != b.Text || len(a.Items) != len(b.Items) || len(a.Fields) != len(b.Fields) {
		return false
	}
	for i := range a.Items {
		if !sameValue(a.Items[i], b.Items[i]) {
			return false
		}
	}
	if len(b.Fields) == 0 {
		return true
	}
	values := make(map[string]*spec.Node, len(b.Fields))
	for _, f := range b.Fields {
		values[f.Key.Text] = f.Value
	}
	for _, f := range a.Fields {
		other, there := values[f.Key.Text]
		if !there || !sameValue(f.Value, other) {
			return false
		}
	}
	return true
}

// Comments lists the comments of a file, in order; none where it cannot be read.
func Comments(name string, src []byte) []string {
	_, root, _ := spec.ParseWritten(name, src)
	if root == nil {
		return nil
	}
	return comments(string(src), root)
}

// comments lists the comments of a file, in order.
func comments(src string, root *spec.Written) []string {
	var found []string
	at := 0
	collect := func(to int) {
		for at < to {
			if src[at] == '#' && (at == 0 || strings.IndexByte(" \t\n", src[at-1]) >= 0) {
				end := min(lineEnd(src, at), to)
				found = append(found, strings.TrimRight(src[at:end], " \t"))
				at = end
			} else {
				at++
			}
		}
	}
	var visit func(n *spec.Written)
	visit = func(n *spec.Written) {
		for _, item := range n.Items {
			visit(item)
		}
		if n.Kind != spec.ScalarNode || n.Alias {
			return
		}
		collect(n.Value)
		if n.Style == spec.LiteralStyle || n.Style == spec.FoldedStyle {
			collect(lineEnd(src, n.Value))
		}
		at = max(at, n.End)
	}
	if root != nil {
		visit(root)
	}
	collect(len(src))
	return found
}
