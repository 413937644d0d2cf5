package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
)

// BenchmarkCompute plans 1,000 jobs in step, of two steps with scripts each.
func BenchmarkCompute(b *testing.B) {
	var jobs []*compile.Job
	var live []*diff.LiveJob
	script := strings.Repeat("mvn -B package -Dmaven.test.skip=true\n", 20)
	for i := range 1000 {
		text := steps(step("Build", script), step("Upload", script))
		name := fmt.Sprintf("job%d", i)
		jobs, live = append(jobs, defined(b, name, text)), append(live, existing(b, name, text))
	}
	in := input(compiled(jobs...), compiled(jobs...), listed(live...))
	b.ReportAllocs()
	for b.Loop() {
		if p := diff.Compute(in); p.HasChanges() {
			b.Fatal("there is nothing to do")
		}
	}
}
