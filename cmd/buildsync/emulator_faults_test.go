package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFaultsOfAFlag(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, tc := range []struct {
		name, text, file string
		want             int // faults; -1 is an error
	}{
		{"one in the flag", "ListJobs:kind=throttle", "", 1},
		{"a list in a file", "", `[{"op":"ListJobs","kind":"throttle"},{"op":"CreateJob","kind":"reset","nth":2}]`, 2},
		{"one in a file", "", `{"op":"ListJobs","kind":"throttle"}`, 1},
		{"a file that is no JSON", "", `ListJobs:kind=throttle`, -1},
		{"no such file", "@" + filepath.Join(dir, "missing"), "", -1},
		{"no fault", "nonsense", "", -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := tc.text
			if text == "" {
				file := filepath.Join(t.TempDir(), "faults.json")
				if err := os.WriteFile(file, []byte(tc.file), 0o600); err != nil {
					t.Fatal(err)
				}
				text = "@" + file
			}
			faults, err := faultsOf(text)
			if (err != nil) != (tc.want < 0) || err == nil && len(faults) != tc.want {
				t.Errorf("%d faults, %v; want %d", len(faults), err, tc.want)
			}
		})
	}
}
