package lint_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// manyDefinitions makes a workspace of n files of 60 lines.
func manyDefinitions(b *testing.B, n int) spec.MapTree {
	text, err := os.ReadFile("../../test/bench/definition.txt")
	if err != nil {
		b.Fatal(err)
	}
	tree := spec.MapTree{"buildsync.yaml": `version: 1
definitions: ["jobs/**/*.yaml"]
projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: shop
vars: {maven_image: cloudbuild@maven3.9.5-jdk17}
`}
	for i := range n {
		tree[fmt.Sprintf("jobs/%02d/service-%05d.yaml", i%100, i)] = fmt.Sprintf(string(text), i, i, i, "notifications:\n      MAIL: [buildJobFail]\n    timeout: 1h")
	}
	return tree
}

// BenchmarkLint lints 10,000 definitions cold, and reports the live memory that
// the run held at most.
func BenchmarkLint(b *testing.B) {
	tree := manyDefinitions(b, 10_000)
	runtime.GC()
	b.ResetTimer()
	for b.Loop() {
		if found := lint.Check(tree, "", lint.Options{}); len(found) > 0 {
			b.Fatalf("%d findings, such as %s: %s", len(found), found[0].Range.Start, found[0].Message)
		}
	}
}
