//go:build unix

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/internal/initfiles"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// ciRunner runs what init wrote, where it is, as its CI system does.
type ciRunner struct {
	t      *testing.T
	origin string // a bare repository
	env    []string
	path   string // the folders of programs, without buildsync
}

// TestWrittenPipelines runs each pipeline that init writes, in clones of a repository against the
// emulator. It installs buildsync from an archive, shows a pull request, applies the main branch,
// and reads the record in the next clone.
func TestWrittenPipelines(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"github", "gitlab", "codearts"} {
		for _, dir := range []string{".", "ci builds/it's"} {
			t.Run(system+"/"+dir, func(t *testing.T) {
				t.Parallel()
				testWrittenPipeline(t, system, dir)
			})
		}
	}
}

func testWrittenPipeline(t *testing.T, system, dir string) {
	core, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(core)
	t.Cleanup(func() {
		_ = core.Close()
		server.CloseClientConnections()
		server.Close()
	})
	r := newCIRunner(t, server.URL)
	work := t.TempDir()
	git(t, work, "init", "-q", "-b", "main")
	if got := runWith(t, "", r.env, "init", "--ci", system, filepath.Join(work, dir)); got.code != exitDone {
		t.Fatalf("init: %d\n%s", got.code, got.stderr)
	}
	git(t, work, "remote", "add", "origin", r.origin)
	r.commit(work, "main", "first")

	job := filepath.Join(work, dir, "jobs", "hello.yaml")
	r.hook(work, job)
	if system != "codearts" {
		replaceIn(t, job, "world", "everyone")
		git(t, work, "checkout", "-q", "-b", "change")
		r.commit(work, "change", "second")
		r.run(system, "change", true, 0)
		git(t, work, "checkout", "-q", "main")
	}
	r.run(system, "main", false, 0)
	if disabled := disabledJobs(t, core); disabled["hello"] {
		t.Errorf("the job is disabled before its definition is gone")
	}
	if refs := git(t, r.origin, "for-each-ref", "refs/buildsync/"); !strings.Contains(refs, "refs/buildsync/default") {
		t.Errorf("the record was not pushed: %q", refs)
	}
	// What is removed in Git is known in a clone that was not there before.
	replaceIn(t, job, "name: hello", "name: other")
	r.commit(work, "main", "third")
	r.run(system, "main", false, 0)
	if disabled := disabledJobs(t, core); !disabled["hello"] || disabled["other"] {
		t.Errorf("hello is gone and other is new; disabled are %v", disabled)
	}
	// A pipeline whose apply fails fails.
	r.env = append(r.env, "HUAWEICLOUD_SDK_SK=wrong")
	r.run(system, "main", false, exitFailed)
}

// TestInstallers checks that the action for GitHub and the component for GitLab install the given
// archive, and nothing if its checksum differs.
func TestInstallers(t *testing.T) {
	t.Parallel()
	var action struct {
		Runs struct{ Steps []struct{ Run string } }
	}
	var component struct {
		Job struct {
			Before []string `yaml:"before_script"`
		} `yaml:".buildsync"`
	}
	readYAML(t, filepath.Join("..", "..", "install", "action.yml"), 0, &action)
	readYAML(t, filepath.Join("..", "..", "templates", "install.yml"), 1, &component)
	for name, script := range map[string]string{"action": action.Runs.Steps[0].Run, "component": component.Job.Before[0]} {
		r := newCIRunner(t, "http://127.0.0.1:1")
		install := func(env ...string) ([]byte, error) {
			home := t.TempDir()
			cmd := exec.Command("sh", "-e", "-c", script+"\nbuildsync version")
			cmd.Env = append(append(r.env, "PATH="+r.path, "HOME="+home, "GITHUB_PATH="+filepath.Join(home, "path")), env...)
			return cmd.CombinedOutput()
		}
		if out, err := install(); err != nil || !strings.Contains(string(out), "\nbuildsync ") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if out, err := install("BUILDSYNC_SHA256=" + strings.Repeat("0", 64)); err == nil {
			t.Errorf("%s installs an archive with another checksum:\n%s", name, out)
		}
	}
}

// readYAML decodes the nth document of a file.
func readYAML(t *testing.T, name string, nth int, into any) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	for ; nth > 0; nth-- {
		var skipped any
		if err := decoder.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
	}
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// disabledJobs returns for the name of each live job whether it is disabled.
func disabledJobs(t *testing.T, core *emulator.Emulator) map[string]bool {
	t.Helper()
	truth, err := core.Truth()
	if err != nil {
		t.Fatal(err)
	}
	disabled := map[string]bool{}
	for _, job := range truth.Jobs {
		disabled[job.Name] = job.Disabled
	}
	return disabled
}

func replaceIn(t *testing.T, name, old, new string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil || !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s does not hold %q: %v", name, old, err)
	}
	if err := os.WriteFile(name, bytes.Replace(text, []byte(old), []byte(new), 1), 0o644); err != nil {
		t.Fatal(err)
	}
}

func newCIRunner(t *testing.T, endpoint string) *ciRunner {
	t.Helper()
	binary := buildsyncBinary(t)
	top := t.TempDir()
	r := &ciRunner{t: t, origin: filepath.Join(top, "origin.git")}
	git(t, top, "init", "-q", "--bare", "-b", "main", r.origin)
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		if folder != filepath.Dir(binary) {
			r.path += folder + string(filepath.ListSeparator)
		}
	}
	archive := archiveOf(t, "buildsync", "#!/bin/sh\nexec "+binary+" \"$@\"\n")
	if err := os.WriteFile(filepath.Join(top, "buildsync_1.2.3_linux_amd64.tar.gz"), archive, 0o600); err != nil {
		t.Fatal(err)
	}
	r.env = []string{
		"BUILDSYNC_RELEASES=file://" + top, "BUILDSYNC_VERSION=1.2.3", fmt.Sprintf("BUILDSYNC_SHA256=%x", sha256.Sum256(archive)),
		"BUILDSYNC_ENDPOINT=" + endpoint, "BUILDSYNC_RATE=600000/min",
		"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey,
		"BASE=main", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main", "CI_PROJECT_URL=" + strings.TrimSuffix(r.origin, ".git"),
	}
	for name, value := range gitIdentity() {
		r.env = append(r.env, name+"="+value)
	}
	return r
}

// archiveOf packs one program.
func archiveOf(t *testing.T, name, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	files := tar.NewWriter(packed)
	if err := files.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, close := range []func() error{files.Close, packed.Close} {
		if err := close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func (r *ciRunner) commit(work, branch, message string) {
	r.t.Helper()
	git(r.t, work, "add", "-A")
	git(r.t, work, "commit", "-q", "-m", message)
	git(r.t, work, "push", "-q", "origin", branch)
}

// run runs the jobs of a pull request or of the main branch in a new clone.
func (r *ciRunner) run(system, branch string, pull bool, want int) {
	r.t.Helper()
	top := r.t.TempDir()
	clone := filepath.Join(top, "clone")
	git(r.t, top, "clone", "-q", "--branch", branch, r.origin, clone)
	env := append([]string{"PATH=" + r.path}, r.env...)
	env = append(env, "HOME="+top, "XDG_CACHE_HOME="+filepath.Join(top, "cache"), "RUNNER_TEMP="+top, "GITHUB_PATH="+filepath.Join(top, "path"), "GITHUB_STEP_SUMMARY="+filepath.Join(top, "summary"))
	for _, script := range r.scripts(system, clone, pull) {
		if added, err := os.ReadFile(filepath.Join(top, "path")); err == nil {
			env[0] = "PATH=" + strings.TrimSpace(string(added)) + string(filepath.ListSeparator) + r.path
		}
		cmd := exec.Command("sh", "-e", "-c", script)
		cmd.Dir, cmd.Env = clone, env
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			if code != want {
				r.t.Fatalf("%s on %s: %v\n%s\n%s", system, branch, err, script, out)
			}
			return
		}
	}
	if want != 0 {
		r.t.Errorf("%s on %s: every step succeeds, want code %d", system, branch, want)
	}
}

// scripts returns what a CI system would run, one after the other.
func (r *ciRunner) scripts(system, clone string, pull bool) []string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(clone, initfiles.CiFiles[system].To))
	if err != nil {
		r.t.Fatal(err)
	}
	switch system {
	case "github":
		return githubScripts(r.t, text, pull)
	case "gitlab":
		return gitlabScripts(r.t, text, pull)
	}
	return []string{string(text)}
}

func githubScripts(t *testing.T, text []byte, pull bool) (scripts []string) {
	t.Helper()
	var flow struct {
		Jobs map[string]struct{ Steps []struct{ Run string } }
	}
	if err := yaml.Unmarshal(text, &flow); err != nil {
		t.Fatal(err)
	}
	job := map[bool]string{true: "plan", false: "apply"}[pull]
	for _, step := range flow.Jobs[job].Steps {
		if step.Run != "" {
			scripts = append(scripts, step.Run)
		}
	}
	return scripts
}

func gitlabScripts(t *testing.T, text []byte, pull bool) (scripts []string) {
	t.Helper()
	type section struct {
		Before []string `yaml:"before_script"`
		Script []string
	}
	var file struct{ Default, Lint, Plan, Apply section }
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	jobs := []section{file.Apply}
	if pull {
		jobs = []section{file.Lint, file.Plan}
	}
	for _, job := range jobs {
		scripts = append(scripts, strings.Join(append(file.Default.Before, job.Script...), "\n"))
	}
	return scripts
}

// hook runs the pre-commit entry that init wrote as pre-commit does: at the root
// of the repository, with every file of a commit.
func (r *ciRunner) hook(work, job string) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(work, ".pre-commit-config.yaml"))
	if err != nil {
		r.t.Fatal(err)
	}
	var config struct {
		Repos []struct {
			Hooks []struct{ Entry string }
		}
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		r.t.Fatal(err)
	}
	hook := config.Repos[0].Hooks[0]
	words := strings.Fields(hook.Entry)
	lint := func() (string, error) {
		files := strings.Split(strings.Trim(git(r.t, work, "ls-files", "-z"), "\x00"), "\x00")
		cmd := exec.Command(words[0], append(words[1:], files...)...)
		cmd.Dir, cmd.Env = work, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.t.TempDir()}, r.env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := lint(); err != nil {
		r.t.Errorf("%s: %v\n%s", hook.Entry, err, out)
	}
	replaceIn(r.t, job, "arch: x86-64", "arch: x86")
	if out, err := lint(); err == nil || !strings.Contains(out, `"arch" must be x86-64 or arm`) {
		r.t.Errorf("%s passes what is wrong: %v\n%s", hook.Entry, err, out)
	}
	replaceIn(r.t, job, "arch: x86", "arch: x86-64")
}
