package lint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestFixTakesWhatTouchesNothing compares Fix with its definition: a fix is taken
// whole where none of its edits touches one that was taken before it.
func TestFixTakesWhatTouchesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Repeat("0123456789", 6)
		var ds spec.Diagnostics
		for i := range rapid.IntRange(0, 12).Draw(t, "fixes") {
			fix := spec.Fix{}
			at := 0
			for range rapid.IntRange(1, 3).Draw(t, "edits") {
				start := rapid.IntRange(at, len(source)).Draw(t, "start")
				end := rapid.IntRange(start, min(len(source), start+4)).Draw(t, "end")
				if len(fix.Edits) > 0 && start <= fix.Edits[len(fix.Edits)-1].End {
					continue
				}
				fix.Edits = append(fix.Edits, spec.Edit{File: "f", Start: start, End: end, New: rapid.SampledFrom([]string{"", "x", "yz"}).Draw(t, "new")})
				at = end
			}
			ds = append(ds, spec.Diagnostic{Rule: fmt.Sprint(i), Fixes: []spec.Fix{fix}})
		}
		var taken []textedit.Edit
		var want []string
		for _, d := range ds {
			touches := slices.ContainsFunc(d.Fixes[0].Edits, func(e spec.Edit) bool {
				own := textedit.Edit{Start: e.Start, End: e.End, New: e.New}
				return !slices.Contains(taken, own) && slices.ContainsFunc(taken, func(other textedit.Edit) bool { return textedit.Overlap(own, other) })
			})
			if touches {
				continue
			}
			want = append(want, d.Rule)
			for _, e := range d.Fixes[0].Edits {
				if own := (textedit.Edit{Start: e.Start, End: e.End, New: e.New}); !slices.Contains(taken, own) {
					taken = append(taken, own)
				}
			}
		}
		_, mended := lint.Fix("f", []byte(source), ds, lint.SafeFixes)
		var have []string
		for _, d := range mended {
			have = append(have, d.Rule)
		}
		if !slices.Equal(have, want) {
			t.Fatalf("took %v, want %v", have, want)
		}
	})
}
