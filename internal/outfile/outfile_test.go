package outfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestWriteFile checks that a file is replaced completely or not at all.
func TestWriteFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "plan.json")
	for _, content := range []string{"first", "second, longer", ""} {
		if err := outfile.Write(name, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != content {
			t.Errorf("read %q, %v; want %q", got, err, content)
		}
	}
	info, err := os.Stat(name)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; others must not read it", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("temporary files are left: %v", entries)
	}
}

// TestReadSource checks that what is not a file, or is too large, is refused before it is read.
func TestReadSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "jobs.yaml")
	if err := outfile.Write(source, []byte("kind: Job\n")); err != nil {
		t.Fatal(err)
	}
	huge := filepath.Join(dir, "huge.yaml")
	if err := outfile.Write(huge, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, spec.MaxFileBytes+1); err != nil {
		t.Fatal(err)
	}
	text, mode, err := outfile.ReadSource(source)
	if err != nil || string(text) != "kind: Job\n" || runtime.GOOS != "windows" && mode != 0o600 {
		t.Errorf("a source: %q, %v, %v", text, mode, err)
	}
	for _, test := range []struct{ name, want string }{
		{dir, "not a regular file"},
		{huge, "at most"},
		{filepath.Join(dir, "none.yaml"), "none.yaml"},
	} {
		if _, _, err := outfile.ReadSource(test.name); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q", test.name, err, test.want)
		}
	}
}
