package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mustParse parses text that has no errors.
func mustParse(t *testing.T, text string) *Node {
	t.Helper()
	root, found := ParseFile("a.yaml", []byte(text))
	for _, d := range found {
		if d.Severity == Error {
			t.Fatalf("%s: %s\n%s", d.Range.Start, d.Message, text)
		}
	}
	if root == nil {
		t.Fatalf("no node for\n%s", text)
	}
	return root
}

func TestScalarTypes(t *testing.T) {
	t.Parallel()
	// What readers of YAML disagree about: the text is always what was written.
	for _, test := range []struct {
		written string
		text    string
		want    ScalarType
	}{
		{"no", "no", StringType},
		{"on", "on", StringType},
		{"y", "y", StringType},
		{"Yes", "Yes", StringType},
		{"off", "off", StringType},
		{"true", "true", BoolType},
		{"TRUE", "TRUE", BoolType},
		{"tRUE", "tRUE", StringType},
		{"False", "False", BoolType},
		{"null", "null", NullType},
		{"~", "~", NullType},
		{"Null", "Null", NullType},
		{"nULL", "nULL", StringType},
		{"012", "012", StringType},
		{"0755", "0755", StringType},
		{"-012", "-012", StringType},
		{"08", "08", StringType},
		{"0o17", "0o17", IntType},
		{"0o18", "0o18", StringType},
		{"0x1F", "0x1F", IntType},
		{"0xg", "0xg", StringType},
		{"0b11", "0b11", StringType},
		{"1_000", "1_000", StringType},
		{"1:30", "1:30", StringType},
		{"190:20:30", "190:20:30", StringType},
		{"0", "0", IntType},
		{"+5", "+5", IntType},
		{"-0", "-0", IntType},
		{"1.10", "1.10", FloatType},
		{"1.", "1.", FloatType},
		{".5", ".5", FloatType},
		{".", ".", StringType},
		{"1e3", "1e3", FloatType},
		{"1e", "1e", StringType},
		{"7e08", "7e08", FloatType},
		{"1.2.3", "1.2.3", StringType},
		{".inf", ".inf", FloatType},
		{"-.Inf", "-.Inf", FloatType},
		{".NaN", ".NaN", FloatType},
		{"-.nan", "-.nan", StringType},
		{"NaN", "NaN", StringType},
		{"2001-01-23", "2001-01-23", StringType},
		{"2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00", StringType},
		{`"1"`, "1", StringType},
		{`'true'`, "true", StringType},
		{`!!str 1.10`, "1.10", StringType},
		{`!!float 1`, "1", FloatType},
		{"=", "=", StringType},
		{"12345678901234567890123", "12345678901234567890123", IntType},
	} {
		root := mustParse(t, "a: "+test.written+"\n")
		got := root.Get("a")
		if got.Text != test.text || got.Type != test.want {
			t.Errorf("%s: have text %q of type %d, want %q of type %d", test.written, got.Text, got.Type, test.text, test.want)
		}
	}
}

func TestRefusedValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"binary tag", "a: !!binary aGk=\n", `1:4 yaml-syntax tag "!!binary" is not supported`},
		{"timestamp tag", "a: !!timestamp 2001-01-01\n", `1:4`},
		{"local tag", "a: !secret x\n", `tag "!secret" is not supported`},
		{"local tag on a mapping", "a: !ref {b: 1}\n", `1:4 yaml-syntax tag "!ref"`},
		{"set tag", "a: !!set {b}\n", `tag "!!set" is not supported`},
		{"verbatim tag", "a: !<tag:x,2000:y> b\n", "is not supported"},
		{"wrong tag", "a: !!int x\n", `"x" does not match its tag "!!int"`},
		{"mapping as key", "? {a: b}\n: c\n", "a key must be a text, not a mapping"},
		{"list as key", "? [a]\n: c\n", "a key must be a text, not a list"},
		{"no key", ": c\n", "a key is missing before the colon"},
		{"merge of a text", "a: x\n<<: y\n", "a merge key takes a mapping"},
	} {
		_, found := ParseFile("a.yaml", []byte(test.text))
		if !found.HasErrors() || !strings.Contains(listing(found), test.want) {
			t.Errorf("%s: have\n%swant %s", test.name, listing(found), test.want)
		}
	}
}

// listing writes diagnostics one a line.
func listing(ds Diagnostics) string {
	var out strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&out, "%s %s %s\n", strings.TrimPrefix(d.Range.Start.String(), d.Range.Start.File+":"), d.Rule, d.Message)
	}
	return out.String()
}

func TestRanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, path, want string }{
		{"plain", "a: bc  # c\n", "a", "1:4-1:6"},
		{"after Chinese text", "名: [订单, b]\n", "名.1", "1:9-1:10"},
		{"beyond the BMP", "a: [😀😀, b]\n", "a.1", "1:9-1:10"},
		{"single-quoted", "a: 'it''s' # c\n", "a", "1:4-1:11"},
		{"double-quoted", "a: \"x\\\"\\u4e2d\" # c\n", "a", "1:4-1:15"},
		{"literal", "a: |\n  x\n  yy\nb: 1\n", "a", "1:4-3:5"},
		{"literal kept", "a: |+\n  x\n\nb: 1\n", "a", "1:4-3:1"},
		{"literal with indicator", "a: |2-\n    x\n  y\n", "a", "1:4-3:4"},
		{"empty literal", "a: |\nb: 1\n", "a", "1:4-1:5"},
		{"folded", "a: >\n  x\n  y\n\n  z\nb: 1\n", "a", "1:4-5:4"},
		{"plain over lines", "a: x\n  y\n\n  z\nb: 1\n", "a", "1:4-4:4"},
		{"quoted over lines", "a: \"x\n  y\"\nb: 1\n", "a", "1:4-2:5"},
		{"null", "a:\nb: 1\n", "a", "1:3-1:3"},
		{"tag and anchor", "a: &x !!str yy\nb: *x\n", "a", "1:13-1:15"},
		{"flow sequence", "a: [b, 'c' ] # d\n", "a", "1:4-1:13"},
		{"flow sequence over lines", "a: [b, # ]\n  c,\n  ]\n", "a", "1:4-3:4"},
		{"flow mapping", "a: {b: c, d: }\n", "a", "1:4-1:15"},
		{"nested flow", "a: [[b], {c: [d]}]\n", "a.1", "1:10-1:18"},
		{"bare pair", "a: [b: c]\n", "a.0", "1:5-1:9"},
		{"block mapping", "a:\n  b: c\n  d: ee\nf: 1\n", "a", "2:3-3:8"},
		{"block sequence", "a:\n  - b\n  - ccc\n", "a", "2:3-3:8"},
		{"CRLF", "a: |\r\n  x\r\n  yy\r\nb: c\r\n", "a", "1:4-3:5"},
		{"after CRLF", "a: |\r\n  x\r\nb: c\r\n", "b", "3:4-3:5"},
		{"byte-order mark", "\ufeffa: b\n", "a", "1:4-1:5"},
	} {
		n := mustParse(t, test.text)
		for part := range strings.SplitSeq(test.path, ".") {
			if n.Kind == SequenceNode {
				n = n.Items[int(part[0]-'0')]
			} else {
				n = n.Get(part)
			}
		}
		have := fmt.Sprintf("%d:%d-%d:%d", n.Range.Start.Line, n.Range.Start.Column, n.Range.End.Line, n.Range.End.Column)
		if have != test.want {
			t.Errorf("%s: have %s, want %s", test.name, have, test.want)
		}
	}
}

func TestTextPos(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		offset     int
		want       string
	}{
		{"plain", "a: echo x\n", 5, "1:9"},
		{"plain, folded", "a: echo\n  x\n", 5, "2:3"},
		{"plain, the fold itself", "a: echo\n  x\n", 4, "1:8"},
		{"literal", "a: |\n  one\n  two\n", 4, "3:3"}, // byte 3 is the line feed
		{"folded", "a: >\n  one\n  two\n", 4, "3:3"},
		{"folded, more indented", "a: >\n  one\n    two\n  three\n", 6, "3:5"},
		{"double-quoted, after escapes", `a: "x\ty\u4e2dz"` + "\n", 6, "1:15"},
		{"double-quoted, continued", "a: \"x \\\n    y\"\n", 2, "2:5"},
		{"single-quoted", "a: 'x''y'\n", 2, "1:8"},
		{"end of the text", "a: 'xy'\n", 2, "1:7"},
		{"beyond the text", "a: 'xy'\n", 9, "1:4"},
		{"Chinese before", "a: |\n  订单 x\n", 7, "2:6"},
	} {
		n := mustParse(t, test.text).Get("a")
		at := n.TextPos([]byte(test.text), test.offset)
		if have := fmt.Sprintf("%d:%d", at.Line, at.Column); have != test.want {
			t.Errorf("%s: have %s, want %s", test.name, have, test.want)
		}
	}
}

// render writes a node compactly, for comparison.
func render(n *Node) string {
	switch {
	case n == nil:
		return "none"
	case n.Kind == MappingNode:
		var parts []string
		for _, f := range n.Fields {
			parts = append(parts, f.Key.Text+": "+render(f.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case n.Kind == SequenceNode:
		var parts []string
		for _, item := range n.Items {
			parts = append(parts, render(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return n.Text
}

func TestAliasesAndMergeKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"alias", "a: &x {b: 1}\nc: *x\n", "{a: {b: 1}, c: {b: 1}}"},
		{"alias of a scalar", "a: &x 1.10\nc: [*x, *x]\n", "{a: 1.10, c: [1.10, 1.10]}"},
		{"merge", "a: &x {b: 1, c: 2}\nd: {<<: *x, e: 3}\n", "{a: {b: 1, c: 2}, d: {b: 1, c: 2, e: 3}}"},
		{"own key wins", "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 9\n", "{a: {b: 1, c: 2}, d: {c: 2, b: 9}}"},
		{"own key before wins", "a: &x {b: 1}\nd:\n  b: 9\n  <<: *x\n", "{a: {b: 1}, d: {b: 9}}"},
		{"first of a list wins", "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n", "{a: {b: 1}, c: {b: 2, d: 3}, e: {b: 1, d: 3}}"},
		{"merged from a merge", "a: &x {b: 1}\nc: &y {<<: *x, d: 2}\ne: {<<: *y}\n", "{a: {b: 1}, c: {b: 1, d: 2}, e: {b: 1, d: 2}}"},
		{"quoted << is a key", "a: {'<<': 1}\n", "{a: {<<: 1}}"},
		{"anchor used again", "a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "{a: 1, b: 1, c: 2, d: 2}"},
	} {
		if diff := cmp.Diff(test.want, render(mustParse(t, test.text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestDuplicateKeys(t *testing.T) {
	t.Parallel()
	many := "a: 1\n" + strings.Repeat("a: 1\n", 500)
	for _, test := range []struct{ name, text, want, related string }{
		{"plain", "a: 1\nb: 2\na: 3\n", "3:1", "1:1"},
		{"quoted and plain", "a: 1\n\"a\": 2\n", "2:1", "1:1"},
		{"number and text", "1: a\n\"1\": b\n", "2:1", "1:1"},
		{"in flow", "x: {a: 1, a: 2}\n", "1:11", "1:5"},
		{"two merge keys", "x: &x {a: 1}\ny: &y {b: 1}\nz:\n  <<: *x\n  <<: *y\n", "5:3", "4:3"},
		{"beyond the short list", keys(40) + "k7: 2\n", "41:1", "8:1"},
		{"escaped", "a: 1\n\"\\x61\": 2\n", "2:1", "1:1"},
		{"very many", many, "2:1", "1:1"},
	} {
		_, found := ParseFile("a.yaml", []byte(test.text))
		if len(found) == 0 || found[0].Rule != "duplicate-key" {
			t.Errorf("%s: have\n%s", test.name, listing(found))
			continue
		}
		d := found[0]
		have := strings.TrimPrefix(d.Range.Start.String(), "a.yaml:") + " " + strings.TrimPrefix(d.Related[0].Range.Start.String(), "a.yaml:")
		if have != test.want+" "+test.related {
			t.Errorf("%s: have %s, want %s %s", test.name, have, test.want, test.related)
		}
	}
	_, found := ParseFile("a.yaml", []byte(many))
	if len(found) != maxMessagesPerRule+1 || !strings.Contains(listing(found), "480 more of this kind") {
		t.Errorf("500 repetitions give %d messages:\n%s", len(found), listing(found))
	}
	if root, _ := ParseFile("a.yaml", []byte("a: 1\na: 2\n")); len(root.Fields) != 1 || root.Str("a") != "1" {
		t.Errorf("of two equal keys the first is kept, have %s", render(root))
	}
}

// keys returns a mapping of n distinct keys.
func keys(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "k%d: 1\n", i)
	}
	return out.String()
}

func TestUnusedAnchor(t *testing.T) {
	t.Parallel()
	_, found := ParseFile("a.yaml", []byte("a: &used 1\nb: &unused {c: *used}\n"))
	if have := listing(found); have != "2:4 unused-anchor anchor \"&unused\" is never used\n" {
		t.Errorf("have\n%s", have)
	}
}

func TestEmptyFile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# only a comment\n", "\ufeff", "---\n", "--- ~\n"} {
		root, found := ParseFile("a.yaml", []byte(text))
		if !root.IsNull() || len(found) > 0 {
			t.Errorf("%q: have %v and\n%s", text, root, listing(found))
		}
	}
}

// TestJoinedEmoji checks that the joiner within an emoji sequence is not an invisible character,
// but is one anywhere else.
func TestJoinedEmoji(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"a: 👨\u200d👩\u200d👧 # 👩🏽\u200d💻 ❤\ufe0f\u200d🔥\n": 0, "a: x\u200dy\n": 1, "a: 👨\u200dx\n": 1, "a: x\u200d👨\n": 1, "a: \u200d\n": 1, "a: 👨\u200b👩\n": 1,
	} {
		if _, found := ParseFile("f.yaml", []byte(text)); len(found) != want {
			t.Errorf("%q: %d findings, want %d: %s", text, len(found), want, details(found))
		}
	}
}
