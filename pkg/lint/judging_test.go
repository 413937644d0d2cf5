package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestBreachesHaveTheirPlacesInEveryBatch lints several batches of definitions: places of values are
// compiled only from the first breach on, and each finding must point at the value nevertheless.
func TestBreachesHaveTheirPlacesInEveryBatch(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml":     "version: 1\ndefinitions: [jobs/*.yaml]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\ndefault_project: shop\n",
		"policies/time.yaml": "version: 1\npolicies:\n  - {name: short, max: {timeout: 4h}}\n",
	}
	const files, each = 6, 40
	for i := range files {
		var text strings.Builder
		text.WriteString("version: 1\njobs:\n")
		for k := range each {
			hours := 1
			if i > 1 && k%10 == 3 {
				hours = 5
			}
			fmt.Fprintf(&text, "  - name: job-%d-%d\n    # %s\n    steps: [{sh: {name: Build, inputs: {command: make}}}]\n    timeout: %dh\n", i, k, strings.Repeat("x", 600), hours)
		}
		tree[fmt.Sprintf("jobs/%d.yaml", i)] = text.String()
	}
	have := 0
	for _, d := range lint.Check(tree, "", lint.Options{}) {
		if d.Rule != "policy/short" {
			t.Errorf("%s: %s: %s", d.Range.Start, d.Rule, d.Message)
			continue
		}
		have++
		line := strings.Split(tree[d.Range.Start.File], "\n")[d.Range.Start.Line-1]
		if at := line[d.Range.Start.Column-1:]; at != "5h" {
			t.Errorf("%s is at %q", d.Message, line)
		}
	}
	if want := (files - 2) * each / 10; have != want {
		t.Errorf("%d findings, want %d", have, want)
	}
}
