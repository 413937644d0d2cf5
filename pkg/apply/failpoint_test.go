//go:build failpoint

package apply_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/buildsync/buildsync/internal/failpoint"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestKilledAtEveryPoint kills the process at each failpoint, during each kind of write, with and
// without the journal. It needs -tags failpoint.
func TestKilledAtEveryPoint(t *testing.T) {
	t.Parallel()
	for _, op := range killables() {
		// In the order in which a write reaches them.
		points := []string{
			"begun", "checked", "intent", "headers out", "request out", "headers in", "answer in", "answered", "verified", "recorded", "swept",
		}
		if op.id == "TR" { // whose second write deletes the old template
			for _, point := range points[1:8] {
				points = append(points, point+":2")
			}
		}
		// Between a replacement's create and its delete.
		lost := []string{"headers out", "request out", "headers in", "answer in", "answered", "checked:2", "intent:2", "headers out:2", "request out:2"}
		for _, point := range points {
			for _, journalled := range []bool{true, false} {
				if op.id == "TR" && !journalled && slices.Contains(lost, point) {
					continue // a person decides about two templates of one name
				}
				t.Run(fmt.Sprintf("%s/%s/journal %t", op.id, point, journalled), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, emulator.Legacy())
					w.converge(startOf(op))
					prior := w.MustTruth(t)
					journal := t.TempDir() + "/journal"
					w.child(op, journal, failpoint.Variable+"="+point).killed(t)
					if !journalled {
						journal = ""
					}
					w.recoverFrom(t, op, prior, journal)
				})
			}
		}
	}
}
