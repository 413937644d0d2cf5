package lint

import (
	"slices"
	"sort"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// FixMode selects the fixes to apply.
type FixMode uint8

// The modes.
const (
	SafeFixes FixMode = iota + 1 // those that do not change what a definition means
	AllFixes                     // those too that may
)

// Fix applies the first selected fix of each finding to one file, and returns the new bytes and the
// fixed findings. A fix is applied as a whole or not at all. Of two that touch the same bytes the
// first in the file wins; the next run applies the second. All other bytes stay.
func Fix(file string, source []byte, ds spec.Diagnostics, mode FixMode) ([]byte, spec.Diagnostics) {
	var edits chosenEdits
	var mended spec.Diagnostics
	for i := range ds {
		fix := wantedFix(ds[i].Fixes, mode)
		if fix == nil || !fits(fix, file, source, edits) {
			continue
		}
		for _, e := range fix.Edits {
			edits.add(bare(e))
		}
		mended = append(mended, ds[i])
	}
	if len(edits) == 0 {
		return source, nil
	}
	return textedit.Apply(source, edits), mended
}

// chosenEdits are edits of one file, sorted by where they start.
type chosenEdits []textedit.Edit

// before returns how many edits start at a place or before it.
func (c chosenEdits) before(place int) int {
	return sort.Search(len(c), func(i int) bool { return c[i].Start > place })
}

// add takes an edit; two findings may want the same.
func (c *chosenEdits) add(e textedit.Edit) {
	if !c.has(e) {
		*c = slices.Insert(*c, c.before(e.Start), e)
	}
}

func (c chosenEdits) has(e textedit.Edit) bool {
	for i := c.before(e.Start) - 1; i >= 0 && c[i].Start == e.Start; i-- {
		if c[i] == e {
			return true
		}
	}
	return false
}

// touched reports whether an edit touches a chosen one. Those do not overlap, so only the last one
// that starts no later than e ends can.
func (c chosenEdits) touched(e textedit.Edit) bool {
	last := c.before(e.End) - 1
	return !c.has(e) && last >= 0 && textedit.Overlap(e, c[last])
}

func wantedFix(fixes []spec.Fix, mode FixMode) *spec.Fix {
	for i := range fixes {
		if !fixes[i].Unsafe || mode == AllFixes {
			return &fixes[i]
		}
	}
	return nil
}

// fits reports whether a fix concerns only this file, is inside it, and touches no earlier edit.
func fits(fix *spec.Fix, file string, source []byte, edits chosenEdits) bool {
	if len(fix.Edits) == 0 {
		return false
	}
	for _, e := range fix.Edits {
		if e.File != file || e.Start < 0 || e.End < e.Start || e.End > len(source) {
			return false
		}
		if edits.touched(bare(e)) {
			return false
		}
	}
	return true
}

// bare returns an edit without the name of its file.
func bare(e spec.Edit) textedit.Edit { return textedit.Edit{Start: e.Start, End: e.End, New: e.New} }

// Mendable reports whether a finding has a fix in the mode.
func Mendable(d *spec.Diagnostic, mode FixMode) bool { return wantedFix(d.Fixes, mode) != nil }
