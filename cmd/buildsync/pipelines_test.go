package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/internal/initfiles"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// pipelineOf returns the commands by which a CI system's files apply, without
// those that install the program.
func pipelineOf(t *testing.T, system, folder string) string {
	t.Helper()
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return []byte(strings.NewReplacer("@BUILDSYNC@", "buildsync", "@INSTALL@\n", ":\n").Replace(string(text)))
	}
	var lines []string
	switch system {
	case "github":
		var file struct {
			Jobs map[string]struct {
				Steps []struct{ Run string }
			}
		}
		name := "github/buildsync.yml"
		if filepath.Base(folder) == "scaffold" {
			name = "github.yml"
		}
		if err := yaml.Unmarshal(read(name), &file); err != nil {
			t.Fatal(err)
		}
		for _, step := range file.Jobs["apply"].Steps {
			lines = append(lines, step.Run)
		}
	case "gitlab":
		var file struct{ Apply struct{ Script []string } }
		name := "gitlab/gitlab-ci.yml"
		if filepath.Base(folder) == "scaffold" {
			name = "gitlab-ci.yml"
		}
		if err := yaml.Unmarshal(read(name), &file); err != nil {
			t.Fatal(err)
		}
		lines = file.Apply.Script
	default:
		name := "codearts/scripts/apply.sh"
		if filepath.Base(folder) == "scaffold" {
			name = "codearts.sh"
		}
		lines = strings.Split(string(read(name)), "\n")
	}
	install, err := initfiles.Scaffold.ReadFile("scaffold/install.sh")
	if err != nil {
		t.Fatal(err)
	}
	return "set -e\n" + strings.ReplaceAll(strings.Join(lines, "\n")+"\n", string(install), "")
}

// forge is a repository that others clone, and the service that they apply to.
type forge struct {
	t      *testing.T
	dir    string
	origin string
	url    string
}

func newForge(t *testing.T) *forge {
	t.Helper()
	core, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(core)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		_ = core.Close()
	})
	dir := t.TempDir()
	f := &forge{t: t, dir: dir, origin: filepath.Join(dir, "origin.git"), url: server.URL}
	f.run(dir, nil, "git", "init", "-q", "--bare", "-b", "main", f.origin)
	return f
}

// run runs a program and returns what it said.
func (f *forge) run(dir string, env []string, program string, args ...string) string {
	f.t.Helper()
	out, err := f.try(dir, env, program, args...)
	if err != nil {
		f.t.Fatalf("%s %v in %s: %v\n%s", program, args, dir, err, out)
	}
	return out
}

func (f *forge) try(dir string, env []string, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + f.dir, "RUNNER_TEMP=" + f.dir, "GITHUB_PATH=" + os.DevNull, "GITHUB_STEP_SUMMARY=" + os.DevNull, "CI_PROJECT_URL=" + strings.TrimSuffix(f.origin, ".git"),
		"BUILDSYNC_ENDPOINT=" + f.url, "BUILDSYNC_RATE=600000/min", "BUILDSYNC_VERSION=none",
		"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey,
		"ACCESS_KEY=" + emulator.DefaultAccessKey, "SECRET_KEY=" + emulator.DefaultSecretKey,
		"GIT_AUTHOR_NAME=dev", "GIT_AUTHOR_EMAIL=dev@example.com", "GIT_COMMITTER_NAME=dev", "GIT_COMMITTER_EMAIL=dev@example.com",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
	}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// clone makes a fresh clone, as a CI runner does.
func (f *forge) clone(name string) string {
	dir := filepath.Join(f.dir, name)
	f.run(f.dir, nil, "git", "clone", "-q", f.origin, dir)
	return dir
}

// commit writes two jobs with a command and pushes the commit.
func (f *forge) commit(dir, command string) {
	f.t.Helper()
	text := "version: 1\njobs:\n"
	for _, name := range []string{"alpha", "beta", "gamma", "delta"} {
		text += "  - {name: " + name + ", arch: x86-64, steps: [{sh: {name: s, inputs: {command: " + command + "}}}]}\n"
	}
	files := map[string]string{
		"buildsync.yaml":  "version: 1\ndefinitions: [\"jobs/*.yaml\"]\nprojects: {demo: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: demo\n",
		"jobs/jobs.yaml":  text,
		".gitignore":      ".buildsync/\nreport.json\n",
		"jobs/README.txt": command + "\n",
	}
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
	f.run(dir, nil, "git", "add", "-A")
	f.run(dir, nil, "git", "commit", "-q", "-m", command)
	f.run(dir, nil, "git", "push", "-q", "origin", "HEAD:main")
}

// TestPipelines runs the commands of every pipeline that is shipped, in two fresh
// clones that apply one half of a commit each at the same time. The record that
// both push holds the whole commit, and the next commit is planned with it.
func TestPipelines(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{filepath.Join(examples, "ci"), filepath.FromSlash("../../internal/initfiles/scaffold")} {
		for _, system := range []string{"github", "gitlab", "codearts"} {
			t.Run(filepath.Base(folder)+"/"+system, func(t *testing.T) {
				t.Parallel()
				script := pipelineOf(t, system, folder)
				f := newForge(t)
				work := f.clone("work")
				for round, command := range []string{"one", "two"} {
					f.commit(work, command)
					f.both(script, command)
					f.run(work, nil, "buildsync", "base", "fetch")
					shown := f.run(work, nil, "buildsync", "base", "show")
					head := strings.TrimSpace(f.run(work, nil, "git", "rev-parse", "HEAD"))
					if !strings.Contains(shown, "all objects are at "+head[:12]+"\n") {
						t.Fatalf("round %d: the record is not one commit:\n%s", round, shown)
					}
				}
				f.commit(work, "three")
				plan := f.run(work, nil, "buildsync", "plan")
				if !strings.Contains(plan, "4 to update") || strings.Contains(plan, "conflict") {
					t.Fatalf("the next commit:\n%s", plan)
				}
			})
		}
	}
}

// both runs a pipeline in two fresh clones side by side, each for one shard.
func (f *forge) both(script, round string) {
	f.t.Helper()
	var runs sync.WaitGroup
	for _, shard := range []string{"1", "2"} {
		dir := f.clone("runner-" + round + "-" + shard)
		runs.Go(func() {
			if out, err := f.try(dir, []string{"BUILDSYNC_SHARD=" + shard + "/2", "HOME=" + dir + "-home"}, "bash", "-c", script); err != nil {
				f.t.Errorf("shard %s: %v\n%s", shard, err, out)
			}
		})
	}
	runs.Wait()
	if f.t.Failed() {
		f.t.FailNow()
	}
}
