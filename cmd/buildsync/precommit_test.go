package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

// TestPreCommit does what pre-commit does with the hooks: it clones this
// repository, and nothing else, installs the hooks of language golang from the
// clone, and runs each entry on the staged files that its pattern takes.
func TestPreCommit(t *testing.T) {
	t.Parallel()
	clone := cloneSource(t)
	bin := installHooks(t, clone)
	source, err := os.ReadFile(filepath.Join(clone, ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	hooks, found := spec.ParseFile(".pre-commit-hooks.yaml", source)
	if hooks == nil || len(found) > 0 {
		t.Fatal(found)
	}

	const job = "version: 1\njobs:\n  - name: order\n    arch: x86-64\n    steps:\n      - sh: {name: Build, inputs: {command: make}}\n"
	repository := t.TempDir()
	for name, text := range map[string]string{
		"ci/buildsync.yaml":           "version: 1\ndefinitions: [\"jobs/*.yaml\"]\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n",
		"ci/jobs/good.yaml":           job,
		"ci/jobs/bad.yaml":            strings.NewReplacer("order", "bad", "x86-64", "x86_65", "{name: Build", "{  name: Build").Replace(job),
		"docker-compose.yml":          "services: [\n",
		"charts/a/templates/job.yaml": "{{ if .Values.job }}\n",
		"ci/jobs/run.sh":              "fi\n",
	} {
		full := filepath.Join(repository, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(t, repository, "init", "-q")
	git(t, repository, "add", ".")
	staged := strings.Fields(git(t, repository, "diff", "--cached", "--name-only"))
	if len(staged) != 6 {
		t.Fatalf("staged: %v", staged)
	}

	run := func(hook *spec.Node, files []string) (string, bool) {
		pattern := regexp.MustCompile(hook.Str("files"))
		args := slices.DeleteFunc(slices.Clone(files), func(name string) bool { return !pattern.MatchString(name) })
		words := strings.Fields(hook.Str("entry"))
		command := exec.Command(filepath.Join(bin, words[0]+exeSuffix()), append(words[1:], args...)...)
		command.Dir = repository
		command.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir())
		before := git(t, repository, "diff")
		out, err := command.CombinedOutput()
		// pre-commit fails a hook for its exit code and for files that it edits.
		return string(out), err == nil && git(t, repository, "diff") == before
	}
	tried := 0
	for _, hook := range hooks.Items {
		if hook.Str("language") != "golang" {
			continue
		}
		tried++
		id := hook.Str("id")
		if out, passed := run(hook, []string{"ci/jobs/good.yaml", "docker-compose.yml", "charts/a/templates/job.yaml"}); !passed {
			t.Errorf("%s fails on what is right:\n%s", id, out)
		}
		out, passed := run(hook, staged)
		if passed {
			t.Errorf("%s passes what is wrong:\n%s", id, out)
		}
		if id == "buildsync-lint" && (!strings.Contains(out, "ci/jobs/bad.yaml:4:11: error: ") || strings.Contains(out, "docker-compose")) {
			t.Errorf("%s says\n%s", id, out)
		}
		if id == "buildsync-fmt" {
			if text, err := os.ReadFile(filepath.Join(repository, "ci", "jobs", "bad.yaml")); err != nil || strings.Contains(string(text), "{  name") {
				t.Errorf("%s did not format: %v\n%s\n%s", id, err, text, out)
			}
		}
	}
	if tried != 2 {
		t.Errorf("%d hooks of language golang", tried)
	}
}

// installHooks runs what pre-commit runs in its clone, go install ./... with a
// GOPATH of its own and the toolchain that is there, and returns the folder of the
// programs. The modules come from this machine's cache; paths are trimmed so that
// the build cache knows the packages of the next clone.
func installHooks(t *testing.T, clone string) (bin string) {
	t.Helper()
	modules, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	install := exec.Command("go", "install", "./...")
	install.Dir = clone
	install.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOBIN=") })
	install.Env = append(install.Env, "GOPATH="+path, "GOMODCACHE="+strings.TrimSpace(string(modules)), "GOTOOLCHAIN=local", "GOFLAGS=-mod=readonly -trimpath -buildvcs=false", "GOWORK=off")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("go install: %v\n%s", err, out)
	}
	return filepath.Join(path, "bin")
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// cloneSource clones this repository as it is here: the files that Git
// tracks, or all of them where the source came without Git.
func cloneSource(t *testing.T) string {
	t.Helper()
	const root = "../.."
	origin, clone := t.TempDir(), filepath.Join(t.TempDir(), "clone")
	for _, name := range sourceFiles(t, root) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // removed and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		full := filepath.Join(origin, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(t, origin, "init", "-q")
	git(t, origin, "add", "--force", ".")
	git(t, origin, "commit", "-q", "-m", "as it is")
	git(t, origin, "clone", "-q", origin, clone)
	return clone
}

// sourceFiles lists the files of the source, by paths from its root.
func sourceFiles(t *testing.T, root string) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		return strings.FieldsFunc(git(t, root, "ls-files", "-z"), func(c rune) bool { return c == 0 })
	}
	var names []string
	if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(root, path)
		names = append(names, name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("git", args...)
	command.Dir = dir
	command.Env = os.Environ()
	for name, value := range gitIdentity() {
		command.Env = append(command.Env, name+"="+value)
	}
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}
