//go:build failpoint

package apply_test

import (
	"fmt"
	"testing"

	"github.com/buildsync/buildsync/internal/failpoint"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// The process is killed at each named place, during each kind of write, with
// and without the journal surviving. Run with -tags failpoint.
func TestKilledAtEveryPoint(t *testing.T) {
	t.Parallel()
	points := []string{"begun", "checked", "intent", "answered", "verified", "recorded", "swept"}
	for _, op := range killables() {
		if op.id == "TR" { // whose second write deletes the old template
			points = append(points, "intent:2", "answered:2")
		}
		for _, point := range points {
			for _, journalled := range []bool{true, false} {
				lost := point == "answered" || point == "intent:2" // between a replacement's create and its delete
				if op.id == "TR" && !journalled && lost {
					continue
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
