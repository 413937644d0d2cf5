package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

// TestParseWritten checks which part of a file belongs to which value.
func TestParseWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"a mapping", "a: b\nc: 构 # d\n", "map(a:b c:构)"},
		{"quotes", "'a': \"b\\\"c\"\n", `map('a':"b\"c")`},
		{"a list below its key", "a:\n- b\n-   c\n", "map(a:list(b c))"},
		{"brackets", "a: [b, {c : d}, ]\n", "map(a:[b {c:d}])"},
		{"a script", "a: |-\n  b\n\n  c\n\nd: e\n", "map(a:|-\n  b\n\n  c d:e)"},
		{"a folded text", "a: >\n  b\n  c\n", "map(a:>\n  b\n  c)"},
		{"a text on two lines", "a: b\n  c\nd: e\n", "map(a:b\n  c d:e)"},
		{"nothing", "a:\nb: ~\n-c:\n", "map(a:<> b:~ -c:<>)"},
		{"anchors and aliases", "a: &x !!str b\nc: *x\nd: &y\n  e: f\n", "map(a:&x !!str ·b c:*x d:&y\n  ·map(e:f))"},
		{"a merge key", "a: &x {b: c}\nd:\n  <<: *x\n", "map(a:&x ·{b:c} d:map(<<:*x))"},
		{"a byte-order mark", "\ufeffa: b\r\nc: d\r\n", "map(a:b c:d)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, root, found := spec.ParseWritten("a.yaml", []byte(c.in))
			if found.HasErrors() {
				t.Fatal(found)
			}
			have := written(c.in, root)
			if have != c.want {
				t.Errorf("have %s\nwant %s", have, c.want)
			}
		})
	}
	if _, root, found := spec.ParseWritten("a.yaml", nil); root != nil || len(found) > 0 {
		t.Errorf("an empty file is %v, %v", root, found)
	}
	if _, root, found := spec.ParseWritten("a.yaml", []byte("a: [")); root != nil || !found.HasErrors() {
		t.Errorf("a broken file is %v, %v", root, found)
	}
}

// written spells a node by the stretches of the source that belong to it.
func written(source string, n *spec.Written) string {
	properties := source[n.Start:n.Value]
	if properties != "" && n.Value < n.End {
		properties += "·"
	}
	if n.Kind == spec.ScalarNode {
		if n.End == n.Start {
			return "<>"
		}
		return properties + source[n.Value:n.End]
	}
	var parts []string
	for i, item := range n.Items {
		part := written(source, item)
		if n.Kind == spec.MappingNode && i%2 == 1 {
			parts[len(parts)-1] += ":" + part
		} else {
			parts = append(parts, part)
		}
	}
	inner := strings.Join(parts, " ")
	switch {
	case n.Flow:
		return fmt.Sprintf("%s%c%s%c", properties, source[n.Value], inner, source[n.End-1])
	case n.Kind == spec.MappingNode:
		return properties + "map(" + inner + ")"
	}
	return properties + "list(" + inner + ")"
}
