package lint_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// fakeShellCheck finds a word in each script.
type fakeShellCheck struct {
	word string
	code int
	err  error

	stuck string // it does not get through a script with this word

	mutex sync.Mutex
	asked []string
	rc    string
}

func (f *fakeShellCheck) Identity() string { return "fake" }

func (f *fakeShellCheck) Check(scripts []string, rc []byte) ([]lint.ShellCheckResult, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.asked, f.rc = append(f.asked, scripts...), string(rc)
	if f.err != nil {
		return nil, f.err
	}
	found := make([]lint.ShellCheckResult, len(scripts))
	for i, script := range scripts {
		if f.stuck != "" && strings.Contains(script, f.stuck) {
			found[i].Stopped = &lint.StoppedError{Program: "shellcheck", Reason: "took longer than 30s"}
			continue
		}
		for n, line := range strings.Split(script, "\n") {
			if before, _, ok := strings.Cut(line, f.word); ok {
				column := utf8.RuneCountInString(before) + 1
				found[i].Findings = append(found[i].Findings, lint.ShellCheckFinding{Code: f.code, Message: "it is wrong.", Line: n + 1, Column: column, EndLine: n + 1, EndColumn: column + utf8.RuneCountInString(f.word)})
			}
		}
	}
	return found, nil
}

// TestShellCheckPlaces checks the exact places of shellcheck's findings, in each style of YAML.
func TestShellCheckPlaces(t *testing.T) {
	t.Parallel()
	const script = "set -e\necho \"中文\" \\\\ 'x'\t$(wrong)\n\nif true; then\n  echo 'it''s' $(wrong)\nfi\n"
	for _, style := range scriptStyles {
		t.Run(style.name, func(t *testing.T) {
			t.Parallel()
			tree := scriptTree(script, style)
			held := heldText(t, tree)
			found := lint.Check(tree, "", lint.Options{ShellCheck: &fakeShellCheck{word: "$(wrong)", code: 2046}})
			found = slices.DeleteFunc(found, func(d spec.Diagnostic) bool { return d.Rule != "shellcheck" })
			if len(found) != strings.Count(held, "$(wrong)") {
				t.Fatalf("%d findings in %q", len(found), held)
			}
			for _, d := range found {
				line := []rune(strings.Split(tree[d.Range.Start.File], "\n")[d.Range.Start.Line-1])
				if d.Range.Start.Line != d.Range.End.Line || string(line[d.Range.Start.Column-1:d.Range.End.Column-1]) != "$(wrong)" {
					t.Errorf("the place %v is not that of the word in\n%s", d.Range, tree["defs.yaml"])
				}
				if d.Severity != spec.Warning || d.Message != "SC2046: it is wrong" || d.Pointer != "jobs[a].steps[Build].inputs.command" {
					t.Errorf("%s %s %s", d.Severity, d.Message, d.Pointer)
				}
			}
		})
	}
}

// TestShellCheckModes checks when shellcheck runs, and what is reported if it is missing or broken.
func TestShellCheckModes(t *testing.T) {
	t.Parallel()
	const script = "set -e\nmake wrong\n"
	there := func() *fakeShellCheck { return &fakeShellCheck{word: "wrong", code: 2046} }
	cases := []struct {
		name, config string
		flag         lint.ShellCheckMode
		check        *fakeShellCheck
		script       string
		want         string // severities of the rule
		asked        int
	}{
		{"there", "", "", there(), script, "warning", 1},
		{"missing", "", "", nil, script, "", 0},
		{"auto", "lint: {shellcheck: auto}\n", "", there(), script, "warning", 1},
		{"off", "lint: {shellcheck: off}\n", "", there(), script, "", 0},
		{"off as a boolean", "lint: {shellcheck: false}\n", "", there(), script, "", 0},
		{"required and there", "lint: {shellcheck: required}\n", "", there(), script, "warning", 1},
		{"required and missing", "lint: {shellcheck: required}\n", "", nil, script, "error", 0},
		{"the flag requires", "", lint.ShellCheckRequired, nil, script, "error", 0},
		{"the flag wins", "lint: {shellcheck: required}\n", lint.ShellCheckOff, there(), script, "", 0},
		{"another severity", "lint: {rules: {shellcheck: error}}\n", "", there(), script, "error", 1},
		{"the rule is off", "lint: {rules: {shellcheck: off}}\n", "", there(), script, "", 1},
		{"broken", "", "", &fakeShellCheck{err: errors.New("no")}, script, "info", 1},
		{"broken and required", "lint: {shellcheck: required}\n", "", &fakeShellCheck{err: errors.New("no")}, script, "error", 1},
		{"suppressed", "", "", there(), "set -e\n# buildsync:ignore shellcheck: known\nmake wrong\n", "", 1},
		{"a script of another program", "", "", there(), "#!/usr/bin/env python3\nwrong\n", "", 0},
		{"a script that does not parse", "", "", there(), "if wrong\n", "", 0},
		{"said by another rule", "", "", &fakeShellCheck{word: "rm", code: 2115}, "set -e\nrm -rf $X\n", "", 1},
		{"not said by another rule", "", "", &fakeShellCheck{word: "make", code: 2115}, "set -e\nrm -rf $X\nmake\n", "warning", 1},
		{"carriage returns, which a rule reports once", "", "", &fakeShellCheck{word: "make", code: 1017}, "set -e\r\nmake\r\n", "", 1},
		{"carriage returns, and the rule is off", "lint: {rules: {invisible-char: off}}\n", "", &fakeShellCheck{word: "make", code: 1017}, "set -e\nmake\n", "warning", 1},
		{"a name that a parameter sets", "", "", &fakeShellCheck{word: "make", code: 2154}, script, "", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, style := range scriptStyles[:2] {
				tree := scriptTree(c.script, style)
				tree["buildsync.yaml"] += c.config
				options := lint.Options{ShellCheckMode: c.flag}
				if c.check != nil {
					c.check.asked = nil
					options.ShellCheck = c.check
				}
				var have []string
				for _, d := range lint.Check(tree, "", options) {
					if d.Rule == "shellcheck" || d.Rule == "wrong-type" {
						have = append(have, d.Severity.String())
					}
				}
				if said := strings.Join(have, " "); said != c.want {
					t.Errorf("%s: reported %q, want %q", style.name, said, c.want)
				}
				if c.check != nil && len(c.check.asked) != c.asked {
					t.Errorf("%s: asked about %d scripts, want %d", style.name, len(c.check.asked), c.asked)
				}
			}
		})
	}
}

// TestShellCheckIsAskedOnce asks once about a script that many jobs hold, and gives
// shellcheck its own configuration.
func TestShellCheckIsAskedOnce(t *testing.T) {
	t.Parallel()
	var jobs strings.Builder
	for i := range 5 {
		fmt.Fprintf(&jobs, "  - {name: a%d, arch: arm, steps: [{sh: {name: B, inputs: {command: make wrong}}}, {sh: {name: C, inputs: {command: {$file: run.sh}}}}]}\n", i)
	}
	check := &fakeShellCheck{word: "wrong", code: 2046}
	tree := spec.MapTree{"buildsync.yaml": workspace, "defs.yaml": "version: 1\njobs:\n" + jobs.String(), "run.sh": "set -e\nmake wrong\n", ".shellcheckrc": "disable=SC2086\n"}
	count := map[string]int{}
	for _, d := range lint.Check(tree, "", lint.Options{ShellCheck: check}) {
		if d.Rule == "shellcheck" {
			count[d.Range.Start.File]++
		}
	}
	if count["defs.yaml"] != 5 || count["run.sh"] != 1 {
		t.Errorf("reported %v", count)
	}
	if slices.Sort(check.asked); !slices.Equal(check.asked, []string{"make wrong", "set -e\nmake wrong\n"}) || check.rc != "disable=SC2086\n" {
		t.Errorf("asked about %q with %q", check.asked, check.rc)
	}
}

// TestStoppedShellCheck names each script that shellcheck did not get through, checks the others,
// and does not keep the result: the next run may get further.
func TestStoppedShellCheck(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{"defs.yaml": `version: 1
jobs:
  - name: a
    arch: arm
    steps:
      - sh: {name: Slow, inputs: {command: make slow}}
      - sh: {name: File, inputs: {command: {$file: run.sh}}}
      - sh: {name: Other, inputs: {command: make wrong}}
`, "run.sh": "set -e\nmake slow\n"}
	for mode, severity := range map[string]string{"auto": "info", "required": "error"} {
		tree["buildsync.yaml"] = workspace + "lint: {shellcheck: " + mode + "}\n"
		check := &fakeShellCheck{word: "wrong", code: 2046, stuck: "slow"}
		store := &memoryStore{entries: map[string][]byte{}}
		for run := range 2 {
			check.asked = nil
			found, err := lint.CheckCached(tree, "", lint.Options{ShellCheck: check}, store, "1")
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, d := range found {
				if d.Rule == "shellcheck" {
					have = append(have, fmt.Sprintf("%s %s:%d %s: %s", d.Severity, d.Range.Start.File, d.Range.Start.Line, d.Pointer, d.Message))
				}
			}
			want := []string{
				severity + " defs.yaml:6 jobs[a].steps[Slow].inputs.command: shellcheck did not check this script: it took longer than 30s",
				"warning defs.yaml:8 jobs[a].steps[Other].inputs.command: SC2046: it is wrong",
				severity + " run.sh:1 jobs[a].steps[File].inputs.command: shellcheck did not check this script: it took longer than 30s",
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s, run %d (-want +got):\n%s", mode, run, diff)
			}
			if len(check.asked) != 3 {
				t.Errorf("%s, run %d: asked about %d scripts", mode, run, len(check.asked))
			}
		}
	}
}
