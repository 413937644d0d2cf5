package main

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/internal/initfiles"
)

// TestExamples holds every example to what it is there for: it has no finding,
// compiles to the bodies that are beside it, is applied, and is then in step.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, example := range []struct {
		name         string
		environments []string
	}{
		{"first-job", []string{""}},
		{"kinds", []string{""}},
		{"shop", []string{"dev", "prod"}},
		{"monorepo", []string{""}},
		{"standard", []string{""}},
		{"governed", []string{""}},
		{"ci/codearts", []string{""}},
	} {
		t.Run(example.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, example.name))); err != nil {
				t.Fatal(err)
			}
			for _, environment := range example.environments {
				checkExample(t, example.name, dir, environment)
			}
			checkIgnored(t, dir)
		})
	}
}

// TestExampleScripts checks that a step of each example runs each of its shell scripts, so that
// TestExamples, which lints with warnings, judges them too.
func TestExampleScripts(t *testing.T) {
	t.Parallel()
	scripts, err := doublestar.Glob(os.DirFS(examples), "**/*.sh")
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) < 6 {
		t.Fatalf("only %d scripts: %v", len(scripts), scripts)
	}
	for _, script := range scripts {
		example := filepath.Join(examples, filepath.FromSlash(path.Dir(path.Dir(script))))
		definitions, err := doublestar.Glob(os.DirFS(example), "{jobs,templates}/**/*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		used := false
		for _, name := range definitions {
			text, err := os.ReadFile(filepath.Join(example, filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			used = used || strings.Contains(string(text), "{$file: scripts/"+path.Base(script)+"}")
		}
		if !used {
			t.Errorf("no step runs %s", script)
		}
	}
}

func checkExample(t *testing.T, name, dir, environment string) {
	t.Helper()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "XDG_CACHE_HOME=" + t.TempDir(),
		"BUILDSYNC_DIR=" + dir, "BUILDSYNC_ENDPOINT=emulator",
		"BUILDSYNC_SECRET_NEXUS_TOKEN=n", "BUILDSYNC_SECRET_DEPLOY_KEY=d", "BUILDSYNC_SECRET_PYPI_TOKEN=p",
		"BUILDSYNC_SECRET_READ_KEY=r", "BUILDSYNC_SECRET_READ_SECRET=r", "BUILDSYNC_SECRET_WRITE_KEY=w", "BUILDSYNC_SECRET_WRITE_SECRET=w",
	}
	if environment != "" {
		env = append(env, "BUILDSYNC_ENV="+environment)
	}
	expect := func(code int, args ...string) result {
		t.Helper()
		got := runWith(t, "", env, args...)
		if got.code != code {
			t.Fatalf("%s %v: code %d, want %d\n%s%s", environment, args, got.code, code, got.stdout, got.stderr)
		}
		return got
	}
	expect(exitDone, "lint", "--fail-on", "warning")
	compareBodies(t, name, environment, expect(exitDone, "compile").stdout)
	expect(exitDifferent, "plan", "--detailed-exitcode")
	expect(exitDone, "apply", "--yes")
	expect(exitDone, "plan", "--detailed-exitcode")
	if name == "governed" {
		expect(exitDone, "vendor", "--check")
		expect(exitDone, "policy", "test")
		expect(exitDone, "policy", "check", "--live")
	}
}

// checkIgnored checks that an example with a .gitignore has the one that init writes.
func checkIgnored(t *testing.T, dir string) {
	t.Helper()
	ignored, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	if err != nil {
		return
	}
	want, err := initfiles.Scaffold.ReadFile("scaffold/gitignore")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(ignored)); diff != "" {
		t.Errorf(".gitignore (-init +example):\n%s", diff)
	}
}

// compareBodies compares with the golden file beside the example.
func compareBodies(t *testing.T, name, environment, got string) {
	t.Helper()
	file := filepath.Join(examples, name, "compiled"+strings.TrimSuffix("-"+environment, "-")+".json")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
