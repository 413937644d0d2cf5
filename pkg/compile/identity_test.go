package compile_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestOneIDIsOneJob checks that two definitions cannot be pinned to one id, in one project or in two,
// and that compile and lint say the same.
func TestOneIDIsOneJob(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef0123456789abcdef"
	for _, jobs := range []string{
		"  - {name: a, arch: arm, steps: [], id: " + id + "}\n  - {name: b, arch: arm, steps: [], id: " + id + "}\n",
		"  - {name: a, arch: arm, steps: [], id: " + id + "}\n  - {name: b, project: other, arch: arm, steps: [], id: " + id + "}\n",
		"  - {name: a, arch: arm, steps: [], id: " + id + "}\n  - {name: a, project: other, arch: arm, steps: [], id: " + id + "}\n",
		"  - {name: \"${{ matrix.n }}\", matrix: {n: [a, c]}, arch: arm, steps: [], id: " + id + "}\n",
	} {
		tree := spec.MapTree{
			spec.WorkspaceFile:   "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582, other: 8391ec48637849f384dd3db5c8d61aaa}\ndefault_project: shop\n",
			"definitions/a.yaml": "version: 1\njobs:\n" + jobs,
		}
		_, compiled := compile.Load(tree, "", compile.Options{})
		for what, found := range map[string]spec.Diagnostics{"compile": compiled, "lint": lint.Check(tree, "", lint.Options{})} {
			n := 0
			for _, d := range found {
				if d.Rule == "duplicate-job" && strings.Contains(d.Message, "pinned to one id") && len(d.Related) == 1 {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s of\n%s\nfinds %s", what, jobs, describe(found))
			}
		}
	}
}

// TestFormerNameIsPointedAt checks that compile, plan and apply place a finding at the wrong entry
// of renamed_from, as lint does.
func TestFormerNameIsPointedAt(t *testing.T) {
	t.Parallel()
	for _, jobs := range []string{
		"  - {name: a, arch: arm, steps: [], renamed_from: [x, b]}\n  - {name: c, arch: arm, steps: [], renamed_from: [y, b]}\n",
		"  - {name: a, arch: arm, steps: [], renamed_from: [x, a]}\n",
		"  - {name: a, arch: arm, steps: [], renamed_from: [b]}\n  - {name: b, arch: arm, steps: []}\n",
		"  - {name: \"${{ matrix.n }}\", matrix: {n: [a, c]}, arch: arm, steps: [], renamed_from: [\"b-${{ matrix.n }}\", b]}\n",
		"  - {name: a, arch: arm, steps: [], renamed_from: \"${{ vars.own }}\"}\n",
		"  - {name: a, arch: arm, steps: [], renamed_from: [\"${{ vars.name }}\"]}\n",
	} {
		tree := spec.MapTree{
			spec.WorkspaceFile:   "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\nvars: {own: [x, a], name: a}\n",
			"definitions/a.yaml": "version: 1\njobs:\n" + jobs,
		}
		set, found := spec.Load(tree, spec.Options{})
		if found.HasErrors() {
			t.Fatal(found)
		}
		_, compiled := compile.Compile(set, compile.Options{})
		places := func(ds spec.Diagnostics) string {
			var out []string
			for _, d := range ds {
				if d.Rule == "renamed-from" {
					line := d.Range.Start.String() + " " + d.Message
					for _, other := range d.Related {
						line += "; " + other.Range.Start.String() + " " + other.Message
					}
					out = append(out, line)
				}
			}
			return strings.Join(out, "\n")
		}
		have, linted := places(compiled), places(lint.Check(tree, "", lint.Options{}))
		if have != linted || have == "" {
			t.Errorf("%s: compile says\n%s\nlint says\n%s", jobs, have, linted)
		}
		for _, line := range strings.Split(have, "\n") {
			if strings.HasPrefix(line, "definitions/a.yaml:3:12 ") {
				t.Errorf("%s: it points at the name: %s", jobs, line)
			}
			if strings.Contains(jobs, "vars") && (!strings.Contains(line, "definitions/a.yaml") || !strings.Contains(line, "buildsync.yaml")) {
				t.Errorf("%s: it shows only one of use and definition: %s", jobs, line)
			}
		}
	}
}
