//go:build long

package compile_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestFragmentsCountInTotal holds that uses of fragments count in what all jobs
// compile to, even if the fragments are empty.
func TestFragmentsCountInTotal(t *testing.T) {
	t.Parallel()
	many := strings.Replace(chainOf(16, 2, ""), "jobs: [{name: j, ", "jobs: [{name: \"j-${{ matrix.a }}-${{ matrix.b }}\", matrix: {a: [1, 2, 3, 4, 5, 6, 7, 8], b: [1, 2, 3, 4, 5, 6, 7, 8]}, ", 1)
	result, found := loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": many}, compile.Options{})
	if !hasRule(found, "expansion-limit") || len(result.Jobs) > 40 {
		t.Errorf("%d jobs, diagnostics:\n%s", len(result.Jobs), describe(found))
	}
}
