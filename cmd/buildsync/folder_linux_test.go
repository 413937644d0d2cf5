package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFoldersAreClosed checks that a command closes every descriptor of the workspace's folder.
// Some systems cannot rename an open folder.
func TestFoldersAreClosed(t *testing.T) {
	dir := t.TempDir()
	writeTestFile(t, filepath.Join(dir, "buildsync.yaml"), "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefinitions: [jobs.yaml]\n")
	writeTestFile(t, filepath.Join(dir, "jobs.yaml"), "version: 1\njobs: []\n")
	for _, args := range [][]string{
		{"compile"}, {"lint"}, {"query", "name"}, {"fmt", "--check"}, {"plan", "--offline"}, {"policy"}, {"doctor", "--offline"}, {"job", "list"},
	} {
		r := runWith(t, "", nil, append(args, "-C", dir)...)
		for _, open := range openUnder(t, dir) {
			t.Errorf("%v (code %d) left %s open", args, r.code, open)
		}
	}
}

// openUnder lists what this process has open at or below a folder.
func openUnder(t *testing.T, dir string) []string {
	t.Helper()
	const table = "/proc/self/fd"
	entries, err := os.ReadDir(table)
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(table, entry.Name()))
		if err != nil {
			continue // closed since the list was read
		}
		if rel, err := filepath.Rel(dir, target); err == nil && filepath.IsLocal(rel) {
			open = append(open, target)
		}
	}
	return open
}
