package emulator_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestTimeNeverRunsBack checks that objects of a process with a clock that was moved ahead are not
// in the future for the next process.
func TestTimeNeverRunsBack(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "emulator.db")
	today := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tc := range []struct{ starts, atLeast time.Time }{
		{today.Add(time.Hour), today.Add(time.Hour)},
		{today, today.Add(time.Hour)},
		{today.Add(2 * time.Hour), today.Add(2 * time.Hour)},
	} {
		e, err := emulator.New(emulator.Options{Path: file, Seed: emulator.Seed{Jobs: 1}, Now: func() time.Time { return tc.starts }})
		if err != nil {
			t.Fatal(err)
		}
		if e.Now().Before(tc.atLeast) {
			t.Errorf("started at %v the emulator's time is %v, before what it holds", tc.starts, e.Now())
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnEndedBuildStaysEnded checks that a build that ended under a moved clock is ended for the
// next process too.
func TestAnEndedBuildStaysEnded(t *testing.T) {
	t.Parallel()
	options := emulator.Options{
		Path: filepath.Join(t.TempDir(), "emulator.db"),
		Now:  func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	}
	for _, advance := range []time.Duration{time.Hour, time.Minute, 0} {
		e, err := emulator.New(options)
		if err != nil {
			t.Fatal(err)
		}
		before := e.Now()
		e.Advance(advance)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if e, err = emulator.New(options); err != nil {
			t.Fatal(err)
		}
		if want := before.Add(advance); e.Now().Before(want) {
			t.Errorf("the time is %v after it was %v", e.Now(), want)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
