package linting_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
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

// TestAnInterruptedRunWritesNothing checks that an interrupted run ends with the interruption, and
// that neither a fix nor a baseline is written.
func TestAnInterruptedRunWritesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const text = "version: 1\njobs: [{name: a, arch: x86-64, steps: [{sh: {inputs: {command: curl http://example.com}}}]}]\n"
	for name, content := range map[string]string{
		"buildsync.yaml": "version: 1\ndefinitions: [jobs.yaml]\nprojects: {p: 0123456789abcdef0123456789abcdef}\ndefault_project: p\n",
		"jobs.yaml":      text,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stopped := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	baseline := filepath.Join(dir, "baseline.json")
	l, err := linting.New(ctx, linting.Target{Dir: dir}, linting.Options{Baseline: baseline, Remember: true, Fix: lint.SafeFixes, NoCache: true, Note: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Run(); !errors.Is(err, stopped) {
		t.Errorf("the run ends with %v", err)
	}
	if _, err := os.Stat(baseline); err == nil {
		t.Error("a baseline was written")
	}
	if got, err := os.ReadFile(filepath.Join(dir, "jobs.yaml")); err != nil || string(got) != text {
		t.Errorf("the definitions are %q, %v", got, err)
	}
}
