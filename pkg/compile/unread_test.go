package compile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestFindUnread finds the jobs of files that fell out of the patterns: those that
// are written, those of a matrix, and those of a family that is declared elsewhere.
func TestFindUnread(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml":     workspace + "definitions: [definitions/*.yaml]\nvars: {v: x}\n",
		"definitions/a.yaml": "version: 1\nfamilies: [{name: f, inputs: {s: {}}, jobs: [{name: \"${{ inputs.s }}-check\"}, {name: \"${{ inputs.s }}-own\"}]}]\njobs: [{name: read}]\n",
		"definitions/sub/b.yaml": `version: 1
jobs:
  - name: plain
  - {name: "m-${{ matrix.a }}-${{ vars.v }}", matrix: {a: [1, 2]}}
  - {family: {name: f, inputs: {s: "${{ matrix.s }}"}}, matrix: {s: [p, q]}}
  - {family: {name: unknown}}
`,
		"definitions/sub/c.yaml": "version: 1\njobs: [{name: alone, timeout: \"${{ vars.none }}\"}]\n",
	}
	set, found := spec.Load(tree, spec.Options{})
	if found.HasErrors() {
		t.Fatal(describe(found))
	}
	const b, c = "definitions/sub/b.yaml", "definitions/sub/c.yaml"
	want := map[string]string{
		"plain": b, "m-${{ matrix.a }}-${{ vars.v }}": b, "m-1-x": b, "m-2-x": b, "p-check": b, "p-own": b, "q-check": b, "q-own": b, "alone": c,
	}
	if d := cmp.Diff(want, compile.FindUnread(tree, set.Workspace, compile.Options{}).Jobs); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
}
