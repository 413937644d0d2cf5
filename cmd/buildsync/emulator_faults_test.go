package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/buildsync/buildsync/internal/emulatorserver"
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
		{"any operation", "", `{"op":"*","kind":"throttle"}`, 1},
		{"an unknown kind in a file", "", `[{"op":"ListJobs","kind":"throttle"},{"op":"CreateJob","kind":"strange"}]`, -1},
		{"an unknown operation in a file", "", `{"op":"ListJbos","kind":"throttle"}`, -1},
		{"an unknown member in a file", "", `{"op":"ListJobs","knd":"throttle"}`, -1},
		{"neither a fault nor a list", "", `"throttle"`, -1},
		{"two documents", "", `{"op":"ListJobs","kind":"throttle"}{}`, -1},
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
			faults, err := emulatorserver.ParseFaults(text)
			if (err != nil) != (tc.want < 0) || err == nil && len(faults) != tc.want {
				t.Errorf("%d faults, %v; want %d", len(faults), err, tc.want)
			}
			// A mistake in what was given is invalid input, wherever it was given.
			if tc.want < 0 {
				if got := runWith(t, "", nil, "emulator", "--data", "", "--listen", "127.0.0.1:0", "--fault", text); got.code != exitInvalid || got.stdout != "" {
					t.Errorf("emulator --fault %s: %+v", text, got)
				}
			}
		})
	}
}
