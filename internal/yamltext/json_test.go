package yamltext_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestYAMLIsTheSameBody writes random bodies as YAML and reads them back with
// the strict reader of definitions.
func TestYAMLIsTheSameBody(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.StringMatching(`[a-z]{0,6}`), rapid.StringOfN(rapid.RuneFrom([]rune("a \n\t#:-|>'\"é中\u2028{}[]&*!%@`,?0")), 0, 12, -1),
		rapid.SampledFrom([]string{"yes", "no", "on", "NULL", "~", "1.10", "0755", "1e3", "2026-01-01", "- a", "a: b", "a\nb\n", "a\nb", "\na", "a\n\nb\n", " a\nb"}),
	)
	var value func(depth int) *rapid.Generator[*jsontree.Value]
	value = func(depth int) *rapid.Generator[*jsontree.Value] {
		return rapid.Custom(func(t *rapid.T) *jsontree.Value {
			kind := rapid.IntRange(0, 5).Draw(t, "kind")
			if depth == 0 {
				kind %= 4
			}
			switch kind {
			case 0:
				return jsontree.Null()
			case 1:
				return jsontree.Bool(rapid.Bool().Draw(t, "bool"))
			case 2:
				return jsontree.Int(rapid.Int64().Draw(t, "int"))
			case 3:
				return jsontree.String(text.Draw(t, "text"))
			case 4:
				return jsontree.Array(rapid.SliceOfN(value(depth-1), 0, 3).Draw(t, "items")...)
			}
			var members []jsontree.Member
			// The reader refuses names with invisible characters.
			key := rapid.StringMatching(`[a-zA-Z0-9~:#? -]{1,6}`)
			for _, key := range rapid.SliceOfNDistinct(key, 0, 3, rapid.ID).Draw(t, "keys") {
				members = append(members, jsontree.Member{Key: key, Value: value(depth-1).Draw(t, "member")})
			}
			return jsontree.Object(members...)
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		want := jsontree.Object(jsontree.Member{Key: "body", Value: value(3).Draw(t, "body")})
		var out bytes.Buffer
		yamltext.AppendJSON(&out, want, 0)
		node, problems := spec.ParseFile("body.yaml", out.Bytes())
		if problems.HasErrors() {
			t.Fatalf("%v\n%s", problems, out.Bytes())
		}
		if diff := cmp.Diff(string(want.AppendJSON(nil)), string(nodeJSON(node).AppendJSON(nil))); diff != "" {
			t.Fatalf("(-want +got):\n%s\n%s", diff, out.Bytes())
		}
	})
}

// nodeJSON returns what a JSON reader would read from a node.
func nodeJSON(n *spec.Node) *jsontree.Value {
	switch n.Kind {
	case spec.MappingNode:
		var members []jsontree.Member
		for _, field := range n.Fields {
			members = append(members, jsontree.Member{Key: field.Key.Text, Value: nodeJSON(field.Value)})
		}
		return jsontree.Object(members...)
	case spec.SequenceNode:
		var items []*jsontree.Value
		for _, item := range n.Items {
			items = append(items, nodeJSON(item))
		}
		return jsontree.Array(items...)
	}
	switch n.Type {
	case spec.NullType:
		return jsontree.Null()
	case spec.BoolType:
		return jsontree.Bool(n.Text == "true")
	case spec.IntType:
		return jsontree.Number(n.Text)
	}
	return jsontree.String(n.Text)
}
