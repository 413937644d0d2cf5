package linting_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/buildsync/buildsync/pkg/linting"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestHookDefinitions checks that of the files of a commit hook only those remain that a workspace
// reads.
func TestHookDefinitions(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	for name, text := range map[string]string{
		"a/buildsync.yaml":  "version: 1\ndefinitions: [jobs/*.yaml]\nprojects: {p: 0123456789abcdef0123456789abcdef}\n",
		"a/jobs/pay.yaml":   "jobs: {}\n",
		"a/other.yaml":      "x: 1\n",
		"b/buildsync.yaml":  "[\n",
		"b/jobs/order.yaml": "jobs: {}\n",
		"outside.yaml":      "x: 1\n",
	} {
		path := filepath.Join(top, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	groups := linting.HookDefinitions(top, "", []string{
		"outside.yaml", "a/other.yaml", "a/jobs/pay.yaml", "b/jobs/order.yaml", "a/jobs/missing.yaml", "a/" + spec.WorkspaceFile,
	})
	if len(groups) != 1 || filepath.Base(groups[0].Dir) != "a" {
		t.Fatalf("groups %v; want those of the workspace a", groups)
	}
	if want := []string{"jobs/pay.yaml", spec.WorkspaceFile}; !slices.Equal(groups[0].Files, want) {
		t.Errorf("files %v, want %v", groups[0].Files, want)
	}
}
