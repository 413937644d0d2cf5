package lint

import (
	"slices"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// FixMode says which fixes are wanted.
type FixMode uint8

// The modes.
const (
	SafeFixes FixMode = iota + 1 // those that do not change what a definition means
	AllFixes                     // those too that may
)

// Fix applies the first wanted fix of each finding to one file and returns its
// new bytes and the findings that it mended. A fix is applied whole or not at
// all; of two that touch the same bytes the first in the file wins, and another
// run takes the second. Bytes that no fix names stay as they are.
func Fix(file string, source []byte, ds spec.Diagnostics, mode FixMode) ([]byte, spec.Diagnostics) {
	var edits []textedit.Edit
	var mended spec.Diagnostics
	for i := range ds {
		fix := wantedFix(ds[i].Fixes, mode)
		if fix == nil || !fits(fix, file, source, edits) {
			continue
		}
		for _, e := range fix.Edits {
			if e := bare(e); !slices.Contains(edits, e) { // two findings may want the same
				edits = append(edits, e)
			}
		}
		mended = append(mended, ds[i])
	}
	if len(edits) == 0 {
		return source, nil
	}
	return textedit.Apply(source, edits), mended
}

func wantedFix(fixes []spec.Fix, mode FixMode) *spec.Fix {
	for i := range fixes {
		if !fixes[i].Unsafe || mode == AllFixes {
			return &fixes[i]
		}
	}
	return nil
}

// fits tells whether a fix is one of this file alone, lies within it, and does
// not touch what is edited already.
func fits(fix *spec.Fix, file string, source []byte, edits []textedit.Edit) bool {
	if len(fix.Edits) == 0 {
		return false
	}
	for _, e := range fix.Edits {
		if e.File != file || e.Start < 0 || e.End < e.Start || e.End > len(source) {
			return false
		}
		for _, other := range edits {
			if bare(e) != other && textedit.Overlap(bare(e), other) {
				return false
			}
		}
	}
	return true
}

// bare is an edit without the name of its file.
func bare(e spec.Edit) textedit.Edit { return textedit.Edit{Start: e.Start, End: e.End, New: e.New} }

// Mendable reports whether a finding has a fix that the mode takes.
func Mendable(d *spec.Diagnostic, mode FixMode) bool { return wantedFix(d.Fixes, mode) != nil }
