package lint

import (
	"testing"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestBaselineHidesNoBlockingFinding checks that a baseline never hides a finding that keeps a file
// from being read.
func TestBaselineHidesNoBlockingFinding(t *testing.T) {
	t.Parallel()
	finding := spec.Diagnostic{Rule: "yaml-syntax", Pointer: "jobs[a]", Range: spec.Range{Start: spec.Pos{File: "a.yaml", Line: 1, Column: 1}}}
	for _, blocking := range []bool{false, true} {
		finding.Blocking = blocking
		b := &Baseline{counts: map[baselineKey]int{keyOf(&finding): 1}}
		if kept := b.Filter(spec.Diagnostics{finding}); (len(kept) == 1) != blocking {
			t.Errorf("blocking %t: %d findings are left", blocking, len(kept))
		}
	}
}

// TestAdjacentFixesWait checks that a fix next to an edit is made in the next pass.
func TestAdjacentFixesWait(t *testing.T) {
	t.Parallel()
	made := []textedit.Edit{{Start: 4, End: 8}}
	for at, want := range map[[2]int]bool{{0, 3}: true, {9, 12}: true, {7, 9}: false, {4, 8}: true, {5, 5}: false} {
		fix := spec.Fix{Edits: []spec.Edit{{File: "a", Start: at[0], End: at[1]}}}
		if have := fits(&fix, "a", make([]byte, 20), made); have != want {
			t.Errorf("an edit of %v beside one of 4 to 8: fits %t, want %t", at, have, want)
		}
	}
}
