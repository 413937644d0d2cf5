package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
)

// lintFixtures are the examples of the rules, one folder a rule.
const lintFixtures = "../../pkg/lint/testdata"

// TestNoFindingTwice lints the bad example of every rule, and a workspace of
// several batches that share a template: nothing is said twice, and what comes
// from the cache is what was found.
func TestNoFindingTwice(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadDir(lintFixtures)
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{"batches": batchesWorkspace(t)}
	for _, rule := range rules {
		folder, dir := filepath.Join(lintFixtures, rule.Name()), t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "ok.yaml")); err != nil || lint.ExampleEnvironment(rule.Name()) != "" || rule.Name() == "unreadable-file" {
			continue // no fixture of a rule, or one that files alone do not make
		}
		for _, state := range []string{"ok", "bad"} {
			if err := os.RemoveAll(filepath.Join(dir, state)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(filepath.Join(folder, "bad")); err == nil {
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(folder, "bad"))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "buildsync.yaml")); err != nil {
			writeTestFile(t, filepath.Join(dir, "buildsync.yaml"), "version: 1\ndefinitions: ['*.yaml']\n"+
				"projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\nsecrets: [NEXUS_TOKEN]\n")
		}
		folders[rule.Name()] = dir
	}
	for name, dir := range folders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := runWith(t, "", nil, "lint", "-C", dir, "--format", "json")
			if said := repeated(t, first.stdout); said != "" {
				t.Errorf("said twice: %s", said)
			}
			if cached := runWith(t, "", nil, "lint", "-C", dir, "--format", "json"); cached != first {
				t.Errorf("from the cache: %+v\nwas: %+v", cached, first)
			}
			if anew := runWith(t, "", nil, "lint", "-C", dir, "--format", "json", "--no-cache"); anew != first {
				t.Errorf("without the cache: %+v\nwas: %+v", anew, first)
			}
		})
	}
}

// repeated returns a finding that a report has twice, "" if none does.
func repeated(t *testing.T, report string) string {
	t.Helper()
	var document struct {
		Findings []struct {
			Rule, Message string
			Place         json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(report), &document); err != nil {
		t.Fatalf("%v: %s", err, report)
	}
	if len(document.Findings) == 0 {
		t.Error("there are no findings at all")
	}
	seen := map[string]bool{}
	for _, f := range document.Findings {
		key := f.Message + string(f.Place)
		if seen[key] {
			return f.Rule + ": " + key
		}
		seen[key] = true
	}
	return ""
}

// batchesWorkspace has more definitions than the linter takes at once, all with
// one faulty template.
func batchesWorkspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeTestFile(t, filepath.Join(dir, "buildsync.yaml"),
		"version: 1\ndefinitions: ['*.yaml']\nprojects: {demo: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: demo\n")
	writeTestFile(t, filepath.Join(dir, "a.yaml"), `version: 1
templates:
  - name: shared
    inputs: {module: {required: true}}
    steps:
      - sh: {name: s, image: ubuntu, inputs: {command: 'echo ${NOPE} ${{ inputs.modul }}; rm -r $X'}}
      - unheard-of: {name: q, inputs: {command: x}}
`)
	for i := range 40 {
		writeTestFile(t, filepath.Join(dir, fmt.Sprintf("job%d.yaml", i)), fmt.Sprintf(`version: 1
jobs:
  - name: job-%d-${{ matrix.arch }}
    arch: ${{ matrix.arch }}
    matrix: {arch: [x86-64, arm]}
    template: {name: shared, inputs: {module: m}}
    parameters: [{name: python, default: 3.10}]
# %s
`, i, strings.Repeat("x", 8<<10)))
	}
	return dir
}

func writeTestFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLintNoSuchFile checks that a name without a file is an error, not a clean result.
func TestLintNoSuchFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "buildsync.yaml"), []byte("version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := runWith(t, "", []string{"HOME=" + dir}, "-C", dir, "lint", "definitions/nope.yaml")
	if got.code != exitInvalid || got.stderr != "buildsync: linting definitions/nope.yaml: no such file or directory\n" {
		t.Errorf("code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestExplainEveryRule checks that the page of each rule shows a wrong and a right example and the
// finding, as text and as JSON.
func TestExplainEveryRule(t *testing.T) {
	t.Parallel()
	home := []string{"HOME=" + t.TempDir()}
	for _, rule := range lint.Rules() {
		page := runWith(t, "", home, "explain", rule.Name)
		for _, want := range []string{rule.Name + ": " + rule.Summary, "\nWrong:\n", " says:\n", "[" + rule.Name + "]\n", "\nRight:\n"} {
			if page.code != 0 || !strings.Contains(page.stdout, want) {
				t.Errorf("explain %s exits %d and has no %q:\n%s%s", rule.Name, page.code, want, page.stdout, page.stderr)
			}
		}
		var document struct {
			Rules []struct {
				Name    string
				Example lint.Example
			}
		}
		answer := runWith(t, "", home, "explain", "--format", "json", rule.Name)
		if err := json.Unmarshal([]byte(answer.stdout), &document); err != nil {
			t.Fatal(err)
		}
		if r := document.Rules; len(r) != 1 || r[0].Name != rule.Name || len(r[0].Example.Wrong) == 0 || r[0].Example.Output == "" || len(r[0].Example.Right) == 0 {
			t.Errorf("explain --format json %s: %+v", rule.Name, r)
		}
	}
}
