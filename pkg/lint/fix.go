package lint

import (
	"bytes"
	"cmp"
	"slices"

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
	var edits []spec.Edit
	var mended spec.Diagnostics
	for i := range ds {
		fix := wantedFix(ds[i].Fixes, mode)
		if fix == nil || !fits(fix, file, source, edits) {
			continue
		}
		for _, e := range fix.Edits {
			if !slices.Contains(edits, e) { // two findings may want the same
				edits = append(edits, e)
			}
		}
		mended = append(mended, ds[i])
	}
	if len(edits) == 0 {
		return source, nil
	}
	slices.SortStableFunc(edits, func(a, b spec.Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	var out bytes.Buffer
	last := 0
	for _, e := range edits {
		out.Write(source[last:e.Start])
		out.WriteString(e.New)
		last = e.End
	}
	out.Write(source[last:])
	return out.Bytes(), mended
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
func fits(fix *spec.Fix, file string, source []byte, edits []spec.Edit) bool {
	if len(fix.Edits) == 0 {
		return false
	}
	for _, e := range fix.Edits {
		if e.File != file || e.Start < 0 || e.End < e.Start || e.End > len(source) {
			return false
		}
		for _, other := range edits {
			if e != other && e.Start <= other.End && other.Start <= e.End {
				return false
			}
		}
	}
	return true
}
