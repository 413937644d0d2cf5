package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestPointersAt checks that every place of a file has the pointer of the value that a person sees
// there.
func TestPointersAt(t *testing.T) {
	t.Parallel()
	const text = `# top
version: 1
jobs:
  - &order
    name: order   # 订单
    arch: x86-64
    steps:
      - sh:
          name: Build
          inputs: {command: "make"}
      - mvn: {inputs: {command: mvn}}
      - module_id: m
        name: Raw
        properties:
          command: |
            set -e
            make
    parameters:
      - {name: p, default: x}
      - definition: d
        params: [{name: name, value: q}, {name: type, value: t}]
    scms: [{url: u}, {branch: main}]
  - <<: *order
    name: pay
    flavor: *anywhere
removed: [{job: old}]
`
	root, _ := ParseFile("f.yaml", []byte(strings.Replace(text, "*anywhere", "f", 1)))
	cases := []struct {
		line, column int
		want         string
	}{
		{1, 1, ""}, {2, 1, "version"}, {2, 10, "version"}, {3, 1, "jobs"}, {4, 5, "jobs[order]"}, {5, 5, "jobs[order].name"}, {5, 11, "jobs[order].name"},
		{8, 9, "jobs[order].steps[Build]"}, {9, 11, "jobs[order].steps[Build].name"}, {10, 29, "jobs[order].steps[Build].inputs.command"},
		{11, 9, "jobs[order].steps[mvn]"}, {11, 31, "jobs[order].steps[mvn].inputs.command"}, {12, 20, "jobs[order].steps[Raw].module_id"},
		{17, 14, "jobs[order].steps[Raw].properties.command"}, {19, 28, "jobs[order].parameters[p].default"},
		{21, 56, "jobs[order].parameters[q].params[type].value"}, {22, 18, "jobs[order].scms[0].url"}, {22, 30, "jobs[order].scms[1].branch"},
		{24, 5, "jobs[pay].name"}, {25, 13, "jobs[pay].flavor"}, {26, 17, "removed[old].job"}, {26, 1, "removed"},
	}
	for _, c := range cases {
		if have := PointersAt(root, []Pos{{"f.yaml", c.line, c.column}})[0]; have != c.want {
			t.Errorf("%d:%d has the pointer %q, want %q", c.line, c.column, have, c.want)
		}
	}
}

// TestPointersHoldWhenLinesMove draws a file, finds the pointer of every value
// and finds them again with other lines above and between.
func TestPointersHoldWhenLinesMove(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		jobs := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 1, 4, rapid.ID[string]).Draw(t, "jobs")
		write := func(gap string) string {
			text := gap + "version: 1\njobs:\n"
			for _, job := range jobs {
				text += gap + "  - name: " + job + "\n" + gap + "    steps:\n      - sh:\n" + gap + "          name: Build\n          inputs: {command: make}\n"
			}
			return text
		}
		all := func(text string) (list []string) {
			root, _ := ParseFile("f.yaml", []byte(text))
			eachScalarOf(root, func(n *Node) { list = append(list, n.Text+" "+PointersAt(root, []Pos{n.Range.Start})[0]) })
			return list
		}
		gap := rapid.SampledFrom([]string{"# comment\n", "\n\n", "  # 说明 &x *y\n"}).Draw(t, "gap")
		if diff := cmp.Diff(all(write("")), all(write(gap))); diff != "" {
			t.Fatalf("pointers (-before +after):\n%s", diff)
		}
	})
}

func eachScalarOf(n *Node, f func(*Node)) {
	if n.Kind == ScalarNode {
		f(n)
	}
	for _, field := range n.Fields {
		eachScalarOf(field.Value, f)
	}
	for _, item := range n.Items {
		eachScalarOf(item, f)
	}
}

// TestSharpenInto leads pointers on, and leaves those that say something else.
func TestSharpenInto(t *testing.T) {
	t.Parallel()
	root, _ := ParseFile("f.yaml", []byte("version: 1\njobs:\n  - name: a\n    parameters: [{name: p}]\n"))
	at := Range{Start: Pos{"f.yaml", 4, 25}}
	ds := Diagnostics{
		{Range: at, Pointer: "jobs[a].parameters[p]"}, {Range: at, Pointer: "jobs[a].para"}, {Range: at, Pointer: "jobs[b]"}, {Range: at},
		{Range: Range{Start: Pos{"other.yaml", 4, 25}}, Pointer: "jobs[a]"},
	}
	ds.SharpenInto(root)
	have := []string{}
	for _, d := range ds {
		have = append(have, d.Pointer)
	}
	want := []string{"jobs[a].parameters[p].name", "jobs[a].para", "jobs[b]", "jobs[a].parameters[p].name", "jobs[a]"}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("pointers (-want +got):\n%s", diff)
	}
}

// BenchmarkPointInto measures pointers, which are linear in the file and its findings.
func BenchmarkPointInto(b *testing.B) {
	for _, size := range []int{100, 1000, 10_000} {
		text := "version: 1\njobs:\n" + strings.Repeat("  - name: a\n    arch: arm\n", size)
		root, _ := ParseFile("f.yaml", []byte(text))
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				ds := make(Diagnostics, size)
				for i := range ds {
					ds[i].Range.Start = Pos{"f.yaml", 2*i + 4, 5}
				}
				ds.PointInto(root)
			}
		})
	}
}
