package yamltext

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/spec"
)

// pieces are parts of texts that some YAML reader or writer has changed.
var pieces = []string{
	"\n", "\n\n", "\r\n", "\r", "\t", " ", "  ", "a", "echo hi", "${name}", "${{ x }}", "$${{", "$file", "#", " # no comment", ": ",
	"-", "- a", "? ", "!tag", "&a", "*a", "|", ">", "%", "@", "`", "{", "}", "[", "]", ",", "'", `"`, `\`, "~", "null", "yes", "No", "on",
	"1.10", "0755", "0x1F", "1e3", "12:30:45", "2024-01-02", ".inf", ".nan", "<<", "=", "---", "...", "中文", "é", "\u00a0", "\u200b", "\u202e",
	"\u2028", "\u0085", "\ufeff", "\ufffe", "\uffff", "\x00", "\x07", "\x1b[31m", "\x7f", "😀", "\U000e0001", "if [ 1 ]; then", "\tmake all",
}

// hostileText draws texts like those of scripts, names and descriptions, and stranger ones.
func hostileText() *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.SampledFrom(pieces), rapid.StringOfN(rapid.Rune(), 0, 12, -1))
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
	})
}

// TestTextsSurvive writes random texts in every place of a text and reads them back.
func TestTextsSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		survives(t, everywhere(rapid.SliceOfN(hostileText(), 1, 10).Draw(t, "texts")))
	})
}

// TestManyTextsSurvive does as TestTextsSurvive for many texts, in parallel and in the styles of
// list items.
func TestManyTextsSurvive(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range manyTexts / 200 {
		texts := make([]string, 200)
		for i := range texts {
			for range random.IntN(7) {
				if random.IntN(4) == 0 {
					texts[i] += string(rune(random.IntN(0xd800)))
				} else {
					texts[i] += pieces[random.IntN(len(pieces))]
				}
			}
		}
		tree := Mapping(Entry("list", Sequence()), Entry("end", Literal("true")))
		for i, s := range texts {
			item := Text(s)
			if i%2 == 0 {
				item = OneLine(Mapping(Entry("k", item), Entry("l", OneLine(Sequence(item)))))
			}
			tree.Fields[0].Value.Items = append(tree.Fields[0].Value.Items, item)
		}
		survives(t, tree)
	}
}

// everywhere puts texts into every place of a text.
func everywhere(texts []string) *Node {
	list, flow, items, keys := Sequence(), OneLine(Sequence()), Sequence(), Mapping()
	for i, s := range texts {
		list.Items = append(list.Items, Text(s))
		items.Items = append(items.Items, OneLine(Mapping(Entry(s, Text(s)), Entry(s+"x", OneLine(Sequence(Text(s)))))))
		if keys.Get(s) == nil {
			keys.Add(s, Text(texts[(i*7+3)%len(texts)]))
		}
	}
	flow.Items = list.Items
	return Mapping(Entry("list", list), Entry("flow", flow), Entry("items", items), Entry("keys", keys), Entry("end", Literal("true")))
}

func survives(t interface{ Fatalf(string, ...any) }, tree *Node) {
	var out bytes.Buffer
	AppendBlock(&out, tree, "")
	root, diagnostics := spec.ParseFile("x.yaml", out.Bytes())
	if diagnostics.HasErrors() || root == nil {
		t.Fatalf("%v\n%s", diagnostics, out.Bytes())
	}
	if at := unlike(root, tree); at != "" {
		t.Fatalf("at %s\n%q\n%s", at, out.Bytes(), out.Bytes())
	}
}

// unlike describes the difference between the node that was read and the one that was written.
func unlike(have *spec.Node, want *Node) string {
	switch want.Kind {
	case TextNode:
		if have.Kind != spec.ScalarNode || have.Type != spec.StringType || have.Text != want.Text {
			return "." + have.Text
		}
	case LiteralNode:
		if have.Kind != spec.ScalarNode || have.Type == spec.StringType || have.Text != want.Text {
			return "." + have.Text
		}
	case SequenceNode:
		if have.Kind != spec.SequenceNode || len(have.Items) != len(want.Items) {
			return "[]"
		}
		for i, item := range want.Items {
			if at := unlike(have.Items[i], item); at != "" {
				return "[]" + at
			}
		}
	case MappingNode:
		if have.Kind != spec.MappingNode || len(have.Fields) != len(want.Fields) {
			return "{}"
		}
		for i, f := range want.Fields {
			if have.Fields[i].Key.Text != f.Key {
				return "key " + f.Key
			}
			if at := unlike(have.Fields[i].Value, f.Value); at != "" {
				return f.Key + at
			}
		}
	}
	return ""
}

// TestStyles checks the style of each kind of text.
func TestStyles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"word", "dev", "a: dev\n"},
		{"flavor", "4u8g", "a: 4u8g\n"},
		{"number", "1.10", "a: \"1.10\"\n"},
		{"word that some take for a boolean", "on", "a: \"on\"\n"},
		{"glob", "**/target/*.?ar", "a: \"**/target/*.?ar\"\n"},
		{"quotes inside", `{"a": 1}`, "a: '{\"a\": 1}'\n"},
		{"empty", "", "a: \"\"\n"},
		{"script", "make\nmake check\n", "a: |\n  make\n  make check\n"},
		{"script without a last line break", "make\n\nmake check", "a: |-\n  make\n\n  make check\n"},
		{"script with tabs", "all:\n\tmake", "a: |-\n  all:\n  \tmake\n"},
		{"blank at a line's end", "make \n  check\n", "a: |\n  make \n    check\n"},
		{"two last line breaks", "make\n\n", "a: |+\n  make\n\n"},
		{"blank first line", "\nmake\n", "a: |\n\n  make\n"},
		{"leading indent", "  make\n  check\n", "a: |2\n    make\n    check\n"},
		{"leading tab", "\tmake\ncheck", "a: |2-\n  \tmake\n  check\n"},
		{"blank first line and indent", "\n make\n\n", "a: |2+\n\n   make\n\n"},
		{"emoji", "echo 😀\nls\n", "a: |\n  echo 😀\n  ls\n"},
		{"joined emoji", "echo 👨‍👩‍👧\nls\n", "a: |\n  echo 👨‍👩‍👧\n  ls\n"},
		{"only a line break", "\n", "a: |+\n\n"},
		{"blanks at the end", "ls\n  ", "a: |-\n  ls\n    \n"},
		{"no-break space", "ls\u00a0-l\nls\n", "a: |\n  ls\u00a0-l\n  ls\n"},
		{"carriage return", "ls\r\nls\r\n", "a: \"ls\\r\\n\\\n  ls\\r\\n\"\n"},
		{"control", "a\x1b[0m\nb", "a: \"a\\x1b[0m\\n\\\n  b\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tree := Mapping(Entry("a", Text(c.text)))
			var out bytes.Buffer
			AppendBlock(&out, tree, "")
			if out.String() != c.want {
				t.Errorf("have %q\nwant %q", out.String(), c.want)
			}
			survives(t, tree)
		})
	}
}
