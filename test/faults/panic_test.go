package faults

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestPanicAtEachPoint panics at each failpoint of an apply. No value of the panic is shown, the
// exit code fits what was done, writes under way end, and the next run does the rest.
func TestPanicAtEachPoint(t *testing.T) {
	t.Parallel()
	for point, code := range map[string]int{
		"begun": 6, "checked": 6, "intent": 6, "answered": 6, "verified": 6, "recorded": 6, "swept": 6, "intent:2": 6,
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, emulator.Options{}, map[string]string{"jobs/j.yaml": jobFile("echo new", "a", "b", "c")})
			b.live("echo old", "a", "b", "c")
			exe, err := programs.buildFailing()
			if err != nil {
				t.Fatal(err)
			}
			b.exe = []string{exe}
			trap := newTrap(canaries())
			got := b.runWith([]string{"BUILDSYNC_FAILPOINT=" + point, "BUILDSYNC_FAILPOINT_PANIC=" + canarySecret}, "apply", "--yes", "--parallelism", "2")
			if got.code != code || !strings.Contains(got.stderr, "bug in buildsync") || !strings.Contains(got.stderr, "failpoint.At") {
				t.Errorf("want code %d and a stack: %v", code, got)
			}
			if found := trap.in(got.stdout + got.stderr); len(found) > 0 {
				t.Errorf("it shows %v", found)
			}
			b.must(0, "apply", "--yes")
			for _, name := range []string{"a", "b", "c"} {
				if b.runs(name) != "echo new" {
					t.Errorf("%s runs %q", name, b.runs(name))
				}
			}
			b.must(0, "plan", "--detailed-exitcode")
			b.noTemporaryFiles()
		})
	}
}

// TestReleaseHoldsNoFailpoints checks that the released program contains no failpoint, and the test
// program contains all.
func TestReleaseHoldsNoFailpoints(t *testing.T) {
	t.Parallel()
	release, err := programs.build()
	if err != nil {
		t.Fatal(err)
	}
	failing, err := programs.buildFailing()
	if err != nil {
		t.Fatal(err)
	}
	for name, inIt := range map[string]bool{release: false, failing: true} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range []string{"BUILDSYNC_FAILPOINT", "file.rename", "journal.sync", "journal.open"} {
			if bytes.Contains(content, []byte(place)) != inIt {
				t.Errorf("%s holds %q: %t", name, place, !inIt)
			}
		}
	}
}
