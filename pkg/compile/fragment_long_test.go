//go:build long

package compile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestFragmentsCountInTotal checks that uses of fragments count for the limit of values, even if
// the fragments are empty.
func TestFragmentsCountInTotal(t *testing.T) {
	t.Parallel()
	many := strings.Replace(fragmentChain.of(16, 2, ""), "jobs: [{name: j, ", "jobs: [{name: \"j-${{ matrix.a }}-${{ matrix.b }}\", matrix: {a: [1, 2, 3, 4, 5, 6, 7, 8], b: [1, 2, 3, 4, 5, 6, 7, 8]}, ", 1)
	result, found := loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": many}, compile.Options{})
	if !hasRule(found, "expansion-limit") || len(result.Jobs) > 40 {
		t.Errorf("%d jobs, diagnostics:\n%s", len(result.Jobs), describe(found))
	}
}

// TestFamiliesCountInTotal checks that a family of very many jobs, used very many times, ends at
// the limit of all values, with jobs and without.
func TestFamiliesCountInTotal(t *testing.T) {
	t.Parallel()
	axis := "[" + strings.TrimSuffix(strings.Repeat("1, ", 1000), ", ") + "]"
	for name, jobs := range map[string]string{
		"jobs":       strings.TrimSuffix(strings.Repeat("{name: a, arch: arm}, ", 5000), ", "),
		"bad names":  strings.TrimSuffix(strings.Repeat("{name: \"${{ inputs.bad }}\"}, ", 5000), ", "),
		"more of it": strings.TrimSuffix(strings.Repeat("{family: {name: none}, matrix: {a: "+axis+"}}, ", 50), ", "),
	} {
		definitions := "version: 1\nfamilies: [{name: none, jobs: []}, {name: f, inputs: {bad: {default: \"a b\"}}, jobs: [" + jobs + "]}]\njobs:\n" +
			strings.Repeat("  - {family: {name: f}, matrix: {a: "+axis+"}}\n", 60)
		began := time.Now()
		result, found := loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": definitions}, compile.Options{})
		if !hasRule(found, "expansion-limit") || len(result.Jobs) > 2_000_000 || time.Since(began) > 2*time.Minute {
			t.Errorf("%s: %d jobs after %s, diagnostics:\n%.2000s", name, len(result.Jobs), time.Since(began), describe(found))
		}
	}
}
