package formatting_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/formatting"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

const (
	root   = "version: 1\ndefinitions: [\"jobs/*.yaml\"]\nprojects: {demo: 6ecbc5bac7c8442fb3d2563d53c13582}\n"
	untidy = "version: 1\njobs:\n- name:   \"a\"\n  steps: [{sh: {inputs: {command: make}}}]\n"
	tidy   = "version: 1\njobs:\n  - name: a\n    steps: [{sh: {inputs: {command: make}}}]\n"
)

// write makes a workspace of files and returns its folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func finder(t *testing.T, from string) formatting.Finder {
	return formatting.Finder{From: from, Open: func(dir string) (*workspace.Workspace, error) {
		w, err := workspace.Open(dir)
		if err == nil {
			t.Cleanup(func() { _ = w.Close() })
			if found := w.LoadRoot(""); found.HasErrors() {
				err = errors.New(found[0].Message)
			}
		}
		return w, err
	}}
}

func names(dir string, files []formatting.Target) string {
	var list []string
	for _, file := range files {
		name, err := filepath.Rel(dir, file.Shown)
		if err != nil {
			name = file.Shown
		}
		list = append(list, filepath.ToSlash(name))
	}
	return strings.Join(list, " ")
}

func TestFilesAreFound(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"buildsync.yaml": root, "jobs/a.yaml": untidy, "jobs/b.yaml": tidy, "other/c.yaml": untidy,
		"vendor/golden/d.yaml": untidy,
	})
	f := finder(t, dir)
	all, err := f.Below(dir, ".")
	if got := names(dir, all); err != nil || got != "buildsync.yaml jobs/a.yaml jobs/b.yaml" {
		t.Errorf("all: %q, %v", got, err)
	}
	for _, tc := range []struct{ args, want string }{
		{"jobs", "jobs/a.yaml jobs/b.yaml"},
		{"other/c.yaml jobs/b.yaml", "other/c.yaml jobs/b.yaml"}, // a named file is formatted even if no workspace reads it
		{"other", ""},
		{".", "buildsync.yaml jobs/a.yaml jobs/b.yaml"},
	} {
		files, err := f.Named(strings.Fields(tc.args))
		if got := names(dir, files); err != nil || got != tc.want {
			t.Errorf("%s: %q, want %q, %v", tc.args, got, tc.want, err)
		}
	}
	if _, err := f.Named([]string{"nowhere.yaml"}); !errors.As(err, new(*workspace.Refusal)) {
		t.Errorf("a file that is not there: %v", err)
	}
	if got := names(dir, f.OfHook([]string{"jobs/b.yaml", "other/c.yaml", "nowhere.yaml", "buildsync.yaml"})); got != "jobs/b.yaml buildsync.yaml" {
		t.Errorf("of a hook: %q", got)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.yaml": untidy, "b.yaml": tidy, "broken.yaml": "a: [", "k.yaml": "apiVersion: v1\nkind: Pod\n"})
	f := finder(t, dir)
	format1 := func(name string) (*formatting.Formatted, error) {
		files, err := f.Named([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		return files[0].Format()
	}
	a, err := format1("a.yaml")
	if err != nil || !a.Differs() || string(a.After) != tidy {
		t.Fatalf("a.yaml: %v, %q", err, a.After)
	}
	if err := a.Write(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.yaml", "b.yaml"} {
		if done, err := format1(name); err != nil || done.Differs() {
			t.Errorf("%s: %v, %q", name, err, done.After)
		}
	}
	if k, err := format1("k.yaml"); err != nil || k.Differs() || k.Foreign == "" {
		t.Errorf("another tool's file: %v, %+v", err, k)
	}
	if _, err := format1("broken.yaml"); !errors.As(err, new(*format.InvalidError)) {
		t.Errorf("a broken file: %v", err)
	}
	files, err := f.Named([]string{"b.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := files[0].Format(); !errors.As(err, new(*formatting.ReadError)) {
		t.Errorf("a file that is gone: %v", err)
	}
	if _, err := formatting.Text("x.yaml", make([]byte, spec.MaxFileBytes+1)); err == nil {
		t.Error("a text above the limit was formatted")
	}
}
