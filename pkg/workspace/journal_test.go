package workspace

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestJournalsAreFoundWhateverTheFolder covers folders whose names would be
// patterns.
func TestJournalsAreFoundWhateverTheFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"w8", "w[7]", "w{a,b}", "w[7", "w*"} {
		folder := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		want := []string{filepath.Join(folder, "journal-1.jsonl"), filepath.Join(folder, "journal-2.jsonl")}
		for _, file := range append(want, filepath.Join(folder, "other")) {
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := journalsIn(folder); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s holds %v, %v; want %v", name, got, err, want)
		}
	}
}
