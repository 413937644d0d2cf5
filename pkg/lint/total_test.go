package lint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestBatchesShareOneLimit checks that lint refuses what plan refuses: definitions that fit file by
// file but not together.
func TestBatchesShareOneLimit(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{"buildsync.yaml": "version: 1\ndefinitions: [jobs/*.yaml]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\ndefault_project: shop\n"}
	const files = 4
	for i := range files {
		tree[fmt.Sprintf("jobs/%d.yaml", i)] = fmt.Sprintf("version: 1\njobs:\n  - name: job-%d\n    arch: x86-64\n    steps: [{sh: {name: Build, inputs: {command: make}}}]\n    # %s\n", i, strings.Repeat("x", batchBytes))
	}
	lintAfter := func(spent int) (spec.Diagnostics, int) {
		reading, found := spec.OpenReading(tree, spec.Options{})
		if found.HasErrors() {
			t.Fatal(found)
		}
		c := &checker{linter: newLinter(&spec.Set{Tree: tree, Workspace: reading.Workspace}, Options{}), tree: tree, spent: spent}
		c.loadPolicies()
		c.run(reading)
		return c.decide(c.front), c.spent - spent
	}
	found, values := lintAfter(0)
	if len(found) > 0 || values == 0 {
		t.Fatalf("%d values: %v", values, found)
	}
	if found, _ := lintAfter(compile.MaxTotal - values); len(found) > 0 {
		t.Errorf("all that fits is refused: %v", found)
	}
	for spent, at := range map[int]string{compile.MaxTotal - values + 1: "jobs/3.yaml:3:11", compile.MaxTotal - values/files: "jobs/1.yaml:3:11"} {
		found, _ := lintAfter(spent)
		if len(found) != 1 || found[0].Rule != "expansion-limit" || found[0].Range.Start.String() != at {
			t.Errorf("want one expansion-limit at %s, have %v", at, found)
		}
	}
}
