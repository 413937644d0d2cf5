//go:build unix

package doctest

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"mvdan.cc/sh/v3/syntax"
)

// workflow holds the keys of a GitHub workflow that this test knows; any other key is an error.
type workflow struct {
	Name        string              `yaml:"name"`
	On          map[string]any      `yaml:"on"`
	Permissions map[string]string   `yaml:"permissions"`
	Concurrency map[string]any      `yaml:"concurrency"`
	Defaults    map[string]any      `yaml:"defaults"`
	Env         map[string]string   `yaml:"env"`
	Jobs        map[string]*flowJob `yaml:"jobs"`
}

type flowJob struct {
	If          string            `yaml:"if"`
	RunsOn      string            `yaml:"runs-on"`
	Environment string            `yaml:"environment"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency map[string]any    `yaml:"concurrency"`
	Steps       []flowStep        `yaml:"steps"`
}

type flowStep struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	With map[string]any    `yaml:"with"`
	Env  map[string]string `yaml:"env"`
	Run  string            `yaml:"run"`
}

// pinned matches an action at a commit: the owner of a tag can move it.
var pinned = regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)

// readSnippet decodes a CI file and refuses keys that the type does not have.
func readSnippet(t *testing.T, name string, into any) {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(root, filepath.FromSlash(name))
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// writtenPipeline returns the pipeline that buildsync init writes for a system.
func writtenPipeline(t *testing.T, system, name string) string {
	t.Helper()
	repository := t.TempDir()
	for _, words := range [][]string{{"git", "init", "-q"}, {filepath.Join(programs, "buildsync"), "init", "--ci", system}} {
		command := exec.Command(words[0], words[1:]...)
		command.Dir = repository
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", words, err, out)
		}
	}
	return filepath.Join(repository, filepath.FromSlash(name))
}

// TestGitHubWorkflows checks that a pull request from a fork gets a token that can only read, and
// no secret; nothing is injected into a script; actions are pinned.
func TestGitHubWorkflows(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"examples/ci/github/buildsync.yml", writtenPipeline(t, "github", ".github/workflows/buildsync.yml")} {
		var flow workflow
		readSnippet(t, name, &flow)
		for event := range flow.On {
			if !slices.Contains([]string{"pull_request", "push", "schedule"}, event) {
				t.Errorf("%s: event %s", name, event)
			}
		}
		if len(flow.Permissions) != 1 || flow.Permissions["contents"] != "read" {
			t.Errorf("%s: the workflow's permissions are %v", name, flow.Permissions)
		}
		if len(flow.Jobs) < 2 {
			t.Errorf("%s: %d jobs", name, len(flow.Jobs))
		}
		for id, job := range flow.Jobs {
			checkFlowJob(t, name+": "+id, job)
		}
	}
}

func checkFlowJob(t *testing.T, name string, job *flowJob) {
	t.Helper()
	trusted := job.If == "github.event_name == 'push'" || job.If == "github.event_name == 'schedule'"
	if !trusted && job.If != "github.event_name == 'pull_request'" {
		t.Errorf("%s: runs on every event: if %q", name, job.If)
	}
	if !trusted && (job.Permissions != nil || job.Environment != "") {
		t.Errorf("%s: a job of pull requests has more than a token to read", name)
	}
	if job.RunsOn == "" || len(job.Steps) == 0 {
		t.Errorf("%s: no runner or no steps", name)
	}
	for _, step := range job.Steps {
		if (step.Uses == "") == (step.Run == "") {
			t.Errorf("%s: a step has either uses or run: %+v", name, step)
		}
		if step.Uses != "" && !pinned.MatchString(step.Uses) {
			t.Errorf("%s: %s is not pinned by its hash", name, step.Uses)
		}
		if strings.Contains(step.Run, "${{") {
			t.Errorf("%s: an expression within a script can be code: %s", name, step.Run)
		}
		for variable, value := range step.Env {
			if strings.Contains(value, "secrets.") && !trusted {
				t.Errorf("%s: %s gives a pull request a secret", name, variable)
			}
		}
		checkScript(t, name, step.Run)
	}
}

// TestGitHubComment checks that the workflow that may write a comment runs nothing of a pull
// request, and limits what it reads from it.
func TestGitHubComment(t *testing.T) {
	t.Parallel()
	const name = "examples/ci/github/buildsync-comment.yml"
	var flow workflow
	readSnippet(t, name, &flow)
	job := flow.Jobs["comment"]
	if len(flow.On) != 1 || flow.On["workflow_run"] == nil || len(flow.Permissions) != 0 || len(flow.Jobs) != 1 || job == nil {
		t.Fatalf("%s: events %v, permissions %v, %d jobs", name, flow.On, flow.Permissions, len(flow.Jobs))
	}
	if want := map[string]string{"actions": "read", "pull-requests": "write"}; !maps.Equal(job.Permissions, want) {
		t.Errorf("%s: permissions %v, want %v", name, job.Permissions, want)
	}
	for _, step := range job.Steps {
		if step.Uses != "" || strings.Contains(step.Run, "${{") || strings.Contains(step.Run, "git ") {
			t.Errorf("%s: a step takes more than text: %+v", name, step)
		}
		for _, must := range []string{"size_in_bytes <", "unzip -p", "head -c"} {
			if !strings.Contains(step.Run, must) {
				t.Errorf("%s: the artifact is not bounded by %q", name, must)
			}
		}
		checkScript(t, name, step.Run)
	}
}

// pipeline is one job of GitLab's.
type pipeline struct {
	Rules         []map[string]string `yaml:"rules"`
	Script        []string            `yaml:"script"`
	BeforeScript  []string            `yaml:"before_script"`
	Image         string              `yaml:"image"`
	Needs         []string            `yaml:"needs"`
	ResourceGroup string              `yaml:"resource_group"`
	Environment   string              `yaml:"environment"`
	Variables     map[string]string   `yaml:"variables"`
	Artifacts     struct {
		When    string            `yaml:"when"`
		Exposed string            `yaml:"expose_as"`
		Paths   []string          `yaml:"paths"`
		Reports map[string]string `yaml:"reports"`
	} `yaml:"artifacts"`
}

// TestGitLabPipelines checks that merge requests do not touch credentials, and only one pipeline of
// the default branch applies at a time.
func TestGitLabPipelines(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"examples/ci/gitlab/gitlab-ci.yml", writtenPipeline(t, "gitlab", ".gitlab-ci.yml")} {
		var file struct {
			Variables map[string]string    `yaml:"variables"`
			Default   pipeline             `yaml:"default"`
			Jobs      map[string]*pipeline `yaml:",inline"`
		}
		readSnippet(t, name, &file)
		if file.Variables["GIT_DEPTH"] != "0" {
			t.Errorf("%s: a shallow clone has no base", name)
		}
		applies := false
		for id, job := range file.Jobs {
			if len(job.Rules) != 1 || len(job.Script) == 0 {
				t.Errorf("%s: %s: %d rules and %d lines of script", name, id, len(job.Rules), len(job.Script))
				continue
			}
			script, when := strings.Join(append(slices.Clone(file.Default.BeforeScript), job.Script...), "\n"), job.Rules[0]["if"]
			checkScript(t, name+": "+id, script)
			if strings.Contains(script, "buildsync apply") {
				applies = true
				if job.ResourceGroup == "" || !strings.Contains(when, "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH") {
					t.Errorf("%s: %s applies side by side, or not only the default branch: %q", name, id, when)
				}
			}
			if strings.Contains(when, "merge_request_event") && regexp.MustCompile(`TOKEN|SDK_|SECRET`).MatchString(script) {
				t.Errorf("%s: %s gives a merge request credentials", name, id)
			}
		}
		if !applies {
			t.Errorf("%s applies nothing", name)
		}
	}
}

// TestGitLabComment checks that the job that may write a comment has a token for nothing else, and
// that no argument of a process holds the token.
func TestGitLabComment(t *testing.T) {
	t.Parallel()
	const name = "examples/ci/gitlab/comment.yml"
	var jobs map[string]*pipeline
	readSnippet(t, name, &jobs)
	job := jobs["comment"]
	if len(jobs) != 1 || job == nil || len(job.Rules) != 1 || len(job.Script) != 1 || !slices.Equal(job.Needs, []string{"plan"}) {
		t.Fatalf("%s: %+v", name, jobs)
	}
	if when := job.Rules[0]["if"]; when != `$CI_PIPELINE_SOURCE == "merge_request_event" && $COMMENT_TOKEN` {
		t.Errorf("%s: runs if %s", name, when)
	}
	script := job.Script[0]
	if strings.Count(script, "$COMMENT_TOKEN") != 1 || !strings.Contains(script, `printf 'PRIVATE-TOKEN: %s`) || strings.Contains(script, "git ") {
		t.Errorf("%s: the token goes elsewhere than into the header:\n%s", name, script)
	}
	checkScript(t, name, script)
}

// TestInstalledVersion checks that every CI file installs buildsync by the same lines, from an
// archive whose version and checksum are pinned.
func TestInstalledVersion(t *testing.T) {
	t.Parallel()
	lines := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for line := range strings.Lines(string(text)) {
			out.WriteString(strings.TrimSpace(line) + "\n")
		}
		return out.String()
	}
	install := lines("internal/initfiles/scaffold/install.sh")
	for name, count := range map[string]int{
		"install/action.yml": 1, "templates/install.yml": 1, "examples/ci/github/buildsync.yml": 3, "examples/ci/gitlab/gitlab-ci.yml": 1,
		"examples/ci/codearts/scripts/apply.sh": 1, "examples/ci/codearts/scripts/check.sh": 1, "examples/ci/codearts/scripts/drift.sh": 1,
	} {
		text := lines(name)
		if got := strings.Count(text, install); got != count {
			t.Errorf("%s holds the lines of internal/initfiles/scaffold/install.sh %d times, want %d", name, got, count)
		}
		if strings.Contains(text, "go install") || strings.Contains(text, "@latest") {
			t.Errorf("%s installs a version that moves by itself", name)
		}
	}
}

// TestScripts checks the same for the scripts of CodeArts.
func TestScripts(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(root, "examples", "ci", "codearts", "scripts", "*.sh"))
	if err != nil || len(names) < 3 {
		t.Fatalf("%q %v", names, err)
	}
	for _, name := range append(names, writtenPipeline(t, "codearts", "ci/buildsync.sh")) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "\nset -eu\n") {
			t.Errorf("%s continues after a failure", name)
		}
		checkScript(t, name, string(text))
	}
}

// checkScript parses a script, and asks buildsync whether it has the commands
// and flags that the script uses.
func checkScript(t *testing.T, name, script string) {
	t.Helper()
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) < 2 || call.Args[0].Lit() != "buildsync" {
			return true
		}
		var args []string
		for _, word := range call.Args[1:] {
			args = append(args, wordText(word.Parts))
		}
		// --help at the end: the flags are parsed, and nothing else happens.
		if out, err := exec.Command(filepath.Join(programs, "buildsync"), append(args, "--help")...).CombinedOutput(); err != nil {
			t.Errorf("%s: buildsync %q: %v\n%s", name, args, err, out)
		}
		return true
	})
}

// wordText returns a word with an x in place of what only a run would know.
func wordText(parts []syntax.WordPart) string {
	var out strings.Builder
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			out.WriteString(p.Value)
		case *syntax.SglQuoted:
			out.WriteString(p.Value)
		case *syntax.DblQuoted:
			out.WriteString(wordText(p.Parts))
		default:
			out.WriteString("x")
		}
	}
	return out.String()
}
