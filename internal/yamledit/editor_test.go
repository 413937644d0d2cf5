package yamledit_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// edit parses a file, edits it and checks that it can still be read.
func edit(t testing.TB, src string, change func(e *yamledit.Editor, root *spec.Node)) string {
	t.Helper()
	root, found := spec.ParseFile("a.yaml", []byte(src))
	if found.HasErrors() {
		t.Fatalf("%v\n%s", found, src)
	}
	e := yamledit.New("a.yaml", []byte(src))
	change(e, root)
	after := string(e.Apply())
	if _, found := spec.ParseFile("a.yaml", []byte(after)); found.HasErrors() {
		t.Fatalf("%v\n%s\nof\n%s", found, after, src)
	}
	return after
}

func text(s string) *yamltext.Node { return yamltext.Text(s) }

func TestEdits(t *testing.T) {
	t.Parallel()
	step := func(name string) *yamltext.Node { return yamltext.Mapping(yamltext.Entry("name", text(name))) }
	for _, c := range []struct {
		name, src, want string
		change          func(e *yamledit.Editor, root *spec.Node)
	}{
		{"a value beside a comment", "a: 1 # one\nb: 2\n", "a: two # one\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("two")) }},
		{"a script beside a comment", "a: make # all\nb: 2\n", "a: | # all\n  x\n  y\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("x\ny\n")) }},
		{"a script with a comment on its header", "a: |- # all\n  x\nb: 2\n", "a: | # all\n  x\n  y\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("x\ny\n")) }},
		{"a script that becomes a word", "a: | # all\n  x\n  y\nb: 2\n", "a: x # all\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("x")) }},
		{"a key that goes takes its comments along", "# about a\na: 1 # one\n# about b\nb: 2\n", "# about b\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", nil) }},
		{"a script above a deeper comment", "a: make\n  # why\nb: 2\n", "# why\na: |\n  x\n  y\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("x\ny\n")) }},
		{"an escaped text beside a comment", "a: make # all\nb: 2\n", "# all\na: \"x\\r\\n\\\n  y\"\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("x\r\ny")) }},
		{"a list that is replaced takes the comments within along", "a:\n  - x\n  # end of x\n  # and more\nb: 2\n", "a: []\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", yamltext.Sequence()) }},
		{"the last key goes with the blank line before it", "a: 1\n\nb: 2\n# the end\n", "a: 1\n# the end\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "b", nil) }},
		{"keys after a script at the end of a file without a line break", "a: |\n  x\n  y", "a: |-\n  x\n  y\nb: 1\nc: 2\n",
			func(e *yamledit.Editor, n *spec.Node) {
				e.InsertKey(n, "a", "b", yamltext.Literal("1"))
				e.InsertKey(n, "a", "c", yamltext.Literal("2"))
			}},
		{"a script that moves away from the end of a file without a line break", "a:\n  - x\n  - |\n    y\n    z", "a:\n  - |-\n    y\n    z\n  - x\n",
			func(e *yamledit.Editor, n *spec.Node) { e.Arrange(n.Get("a"), []yamledit.Item{{Have: 1}, {Have: 0}}) }},
		{"a script that goes from there", "a:\n  - x\n  - |\n    y", "a:\n  - x\n",
			func(e *yamledit.Editor, n *spec.Node) { e.Arrange(n.Get("a"), []yamledit.Item{{Have: 0}}) }},
		{"no edit adds no line break", "a: |\n  x", "a: |\n  x", func(*yamledit.Editor, *spec.Node) {}},
		{"flow: a script takes the comments out of the brackets", "a: {\n  # about b\n  b: 1, # beside b\n  c: [ # list\n    x, # of x\n    # about z\n    z\n    # the last\n  ] # beside c\n} # beside a\n",
			"a: # beside a\n  # about b\n  b: | # beside b\n    x\n    y\n  c: # beside c\n    # list\n    - x # of x\n    # about z\n    - z\n      # the last\n",
			func(e *yamledit.Editor, n *spec.Node) {
				want := yamltext.Mapping(yamltext.Entry("b", text("x\ny\n")), yamltext.Entry("c", yamltext.Sequence(text("x"), text("z"))))
				all := func(*spec.Node, *yamltext.Node) []int { return []int{0, 1} }
				e.SetKey(n, "a", e.Carry(n.Get("a"), want, all))
			}},
		{"flow: a long key", "a: {b: 1}\n", "a: {b: 1, ? " + strings.Repeat("k", 1100) + " : 2}\n",
			func(e *yamledit.Editor, n *spec.Node) {
				e.InsertKey(n.Get("a"), "b", strings.Repeat("k", 1100), yamltext.Literal("2"))
			}},
		{"a heading stays", "x: 0\n\n# heading\n\n# about a\na: 1\nb: 2\n", "x: 0\n\n# heading\n\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", nil) }},
		{"the key after a dash", "- a: 1 # one\n  # about b\n  b: 2\n", "  # about b\n- b: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n.Items[0], "a", nil) }},
		{"a key after another with a deeper comment", "a:\n  - 1\n  # end of a\nb: 2\n", "a:\n  - 1\n  # end of a\nc: x\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.InsertKey(n, "a", "c", text("x")) }},
		{"flow: a value", "a: {b: 1, c: [x, y]} # d\n", "a: {b: \"2\", c: [x, y]} # d\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n.Get("a"), "b", text("2")) }},
		{"flow: a key", "a: {b: 1} # d\n", "a: {b: 1, c: x} # d\n",
			func(e *yamledit.Editor, n *spec.Node) { e.InsertKey(n.Get("a"), "", "c", text("x")) }},
		{"flow: a key of an empty mapping", "a: {}\n", "a: {c: {d: x}}\n",
			func(e *yamledit.Editor, n *spec.Node) {
				e.InsertKey(n.Get("a"), "", "c", yamltext.Mapping(yamltext.Entry("d", text("x"))))
			}},
		{"flow: a key goes", "a: {b: 1, c: 2, d: 3}\n", "a: {b: 1, d: 3}\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n.Get("a"), "c", nil) }},
		{"flow: the last key goes", "a: {b: 1, c: 2}\n", "a: {b: 1}\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n.Get("a"), "c", nil) }},
		{"flow: a script", "a: {b: 1}\n", "a: {b: \"x\\ny\\n\"}\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n.Get("a"), "b", text("x\ny\n")) }},
		{"flow over lines: an item goes with its comment", "a: [\n  # about x\n  x, # X\n  # about y\n  y # Y\n]\n", "a: [\n  # about x\n  x, # X\n]\n",
			func(e *yamledit.Editor, n *spec.Node) { e.Arrange(n.Get("a"), []yamledit.Item{{Have: 0}}) }},
		{"flow over lines: items change places", "a: [\n  # about x\n  x, # X\n  # about y\n  y # Y\n]\n", "a: [\n  # about y\n  y, # Y\n  # about x\n  x, # X\n]\n",
			func(e *yamledit.Editor, n *spec.Node) { e.Arrange(n.Get("a"), []yamledit.Item{{Have: 1}, {Have: 0}}) }},
		{"an alias becomes a value", "a: &x {b: 1}\nc: *x # beside\n", "a: &x {b: 1}\nc: word # beside\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetValue(n.Key("c"), n.Get("c"), text("word")) }},
		{"an anchor stays", "a: &x 1 # beside\nc: *x\n", "a: &x word # beside\nc: *x\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("word")) }},
		{"a merged key is laid over", "a: &x {b: 1}\nc:\n  <<: *x # base\n  d: 2\n", "a: &x {b: 1}\nc:\n  <<: *x # base\n  d: 2\n  b: null\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n.Get("c"), "b", nil) }},
		{"a key over a merged one goes", "a: &x {b: 1}\nc:\n  <<: [*x]\n  b: 2 # why\n", "a: &x {b: 1}\nc:\n  <<: [*x]\n  b: null # why\n",
			func(e *yamledit.Editor, n *spec.Node) { e.DropKey(n.Get("c"), "b") }},
		{"a key over one of another anchor of that name goes", "y: &x {b: 1}\na: &x {d: 1}\nc:\n  <<: *x\n  b: 2\nz: &x {b: 1}\n", "y: &x {b: 1}\na: &x {d: 1}\nc:\n  <<: *x\nz: &x {b: 1}\n",
			func(e *yamledit.Editor, n *spec.Node) { e.DropKey(n.Get("c"), "b") }},
		{"a text of final line breaks above a blank line", "a: x\n\n\nb: 2\n", "a: |+\n  x\n\nb: 2\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("x\n\n")) }},
		{"what is below a text of final line breaks goes", "a: |+\n  x\n\nb: 2\nc: 3\n\n\nd: 4\n", "a: |+\n  x\n\nd: 4\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "b", nil); e.SetKey(n, "c", nil) }},
		{"a step is inserted", "steps:\n  # about A\n  - name: A\n  # about B\n  - name: B\n  # end of B\nx: 1\n",
			"steps:\n  # about A\n  - name: A\n  - name: New\n  # about B\n  - name: B\n  # end of B\nx: 1\n",
			func(e *yamledit.Editor, n *spec.Node) {
				e.Arrange(n.Get("steps"), []yamledit.Item{{Have: 0}, {Have: -1, New: step("New")}, {Have: 1}})
			}},
		{"steps change places", "steps:\n  # about A\n  - name: A # a\n  # about B\n  - name: B\n  # end of B\nx: 1\n",
			"steps:\n  # about B\n  - name: B\n  # end of B\n  # about A\n  - name: A # a\nx: 1\n",
			func(e *yamledit.Editor, n *spec.Node) {
				e.Arrange(n.Get("steps"), []yamledit.Item{{Have: 1}, {Have: 0}})
			}},
		{"steps at the column of their key", "steps:\n- name: A\n# about B\n- name: B\n# about x\nx: 1\n",
			"steps:\n# about B\n- name: B\n- name: A\n# about x\nx: 1\n",
			func(e *yamledit.Editor, n *spec.Node) {
				e.Arrange(n.Get("steps"), []yamledit.Item{{Have: 1}, {Have: 0}})
			}},
		{"a changed step moves", "steps:\n  # about A\n  - name: A\n    v: 1 # one\n  - name: B\n",
			"steps:\n  - name: B\n  # about A\n  - name: A\n    v: two # one\n    w: x\n",
			func(e *yamledit.Editor, n *spec.Node) {
				e.SetKey(n.Get("steps").Items[0], "v", text("two"))
				e.SetKey(n.Get("steps").Items[0], "w", text("x"))
				e.Arrange(n.Get("steps"), []yamledit.Item{{Have: 1}, {Have: 0}})
			}},
		{"CRLF", "a: 1 # one\r\nb: 2\r\n", "a: | # one\r\n  x\r\n  y\r\nb: 2\r\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "a", text("x\ny\n")) }},
		{"no line break at the end", "a: 1", "a: 1\nb: x\n",
			func(e *yamledit.Editor, n *spec.Node) { e.SetKey(n, "b", text("x")) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if have := edit(t, c.src, c.change); have != c.want {
				t.Errorf("have:\n%s\nwant:\n%s", have, c.want)
			}
		})
	}
}

// TestKeysInBracketsGoAndComeTogether removes each set of keys of a mapping in brackets and adds two
// after each key, in both orders: no edit loses another, and the commas are right.
func TestKeysInBracketsGoAndComeTogether(t *testing.T) {
	t.Parallel()
	all := []string{"a: [a]", "b: [b]", "c: [c]", "d: [d]"}
	for count := range len(all) + 1 {
		entries := all[:count]
		src := "k: {" + strings.Join(entries, ", ") + "}\n"
		for gone := range 1 << count {
			for after := range count + 1 { // count: no such key, so at the end
				for _, addFirst := range []bool{true, false} {
					var want []string
					for i, entry := range entries {
						if gone&(1<<i) == 0 {
							want = append(want, entry)
						}
						if i == min(after, count-1) {
							want = append(want, "x: 9", "z: 9")
						}
					}
					have := edit(t, src, func(e *yamledit.Editor, root *spec.Node) {
						add := func() {
							for _, key := range []string{"x", "z"} {
								e.InsertKey(root.Get("k"), "abcd"[min(after, 3):min(after+1, 4)], key, yamltext.Literal("9"))
							}
						}
						if addFirst && count > 0 {
							add()
						}
						for i, entry := range entries {
							if gone&(1<<i) != 0 {
								e.SetKey(root.Get("k"), entry[:1], nil)
							}
						}
						if !addFirst && count > 0 {
							add()
						}
					})
					if want := "k: {" + strings.Join(want, ", ") + "}\n"; have != want {
						t.Errorf("%s without %04b, more after the key %d:\nhave %swant %s", src, gone, after, have, want)
					}
				}
			}
		}
	}
}
