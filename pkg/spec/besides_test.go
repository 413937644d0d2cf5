package spec_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

// TestBesides checks that a list that was refused at its key is not refused again at its start.
// Findings at other places, or without a place, are kept.
func TestBesides(t *testing.T) {
	t.Parallel()
	_, loaded := spec.Load(spec.MapTree{
		"buildsync.yaml":     "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\n",
		"definitions/a.yaml": "version: 1\njobs:\n  - name: a\n    arch: x86-64\n    steps:\n      - module_id: [a, b]\n        name: B\n        properties: {}\n",
	}, spec.Options{})
	if len(loaded) != 1 {
		t.Fatalf("have %v, want one finding", loaded)
	}
	at := func(line, column int) spec.Diagnostic {
		pos := spec.Pos{File: "definitions/a.yaml", Line: line, Column: column}
		return spec.Diagnostic{Rule: "wrong-type", Severity: spec.Error, Range: spec.Range{Start: pos, End: pos}}
	}
	if loaded[0].Range.Start != at(6, 9).Range.Start {
		t.Errorf("the finding is at %s", loaded[0].Range.Start)
	}
	left := spec.Diagnostics{at(6, 9), at(6, 20), at(7, 15), {Rule: "unreadable-file"}}.Besides(loaded)
	if len(left) != 2 || left[0].Range.Start != at(7, 15).Range.Start || left[1].Rule != "unreadable-file" {
		t.Errorf("left: %v", left)
	}
}
