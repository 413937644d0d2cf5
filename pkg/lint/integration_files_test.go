package lint_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestPreCommitHooks checks that each hook has the keys that pre-commit needs, and a pattern that
// takes every file that a workspace may read. --hook leaves out the others.
func TestPreCommitHooks(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, found := spec.ParseFile(".pre-commit-hooks.yaml", source)
	if root == nil || len(found) > 0 {
		t.Fatal(found)
	}
	ids := map[string]string{}
	for _, hook := range root.Items {
		for _, key := range []string{"id", "name", "description", "entry", "language"} {
			if hook.Str(key) == "" {
				t.Errorf("a hook without %s: %s", key, hook.Str("id"))
			}
		}
		ids[hook.Str("id")] = hook.Str("language")
		files, err := regexp.Compile(hook.Str("files"))
		if err != nil {
			t.Fatal(err)
		}
		exclude, err := regexp.Compile(hook.Str("exclude"))
		if err != nil {
			t.Fatal(err)
		}
		lints := strings.Contains(hook.Str("id"), "lint")
		if lints && (hook.Str("always_run") != "true" || !strings.HasSuffix(hook.Str("entry"), " --hook")) {
			t.Errorf("%s does not run for a commit that removes files, or not with --hook", hook.Str("id"))
		}
		for name, want := range map[string]bool{
			"jobs/order.yaml": true, "ci/definitions/a/b.yml": true, "ci/buildsync.yaml": true, "ci/templates/java.yaml": true, "elsewhere/a.yaml": true,
			"scripts/run.sh": lints, "deploy/Makefile": lints, "jobs/order.json": lints,
		} {
			if (files.MatchString(name) && !exclude.MatchString(name)) != want {
				t.Errorf("%s takes %s: %t, want %t", hook.Str("id"), name, !want, want)
			}
		}
	}
	want := map[string]string{"buildsync-lint": "golang", "buildsync-fmt": "golang", "buildsync-lint-system": "system", "buildsync-fmt-system": "system"}
	for id, language := range want {
		if ids[id] != language {
			t.Errorf("hook %s has language %q, want %q", id, ids[id], language)
		}
	}
}

// TestProblemMatcher checks that the problem matcher finds each finding in the text output, and
// nothing else.
func TestProblemMatcher(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../docs/problem-matcher.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		ProblemMatcher []struct {
			Owner   string
			Pattern []struct {
				Regexp                                      string
				File, Line, Column, Severity, Message, Code int
			}
		}
	}
	if err := json.Unmarshal(source, &file); err != nil {
		t.Fatal(err)
	}
	pattern := file.ProblemMatcher[0].Pattern[0]
	page, err := os.ReadFile("../../docs/howto/editor.md")
	if err != nil {
		t.Fatal(err)
	}
	if inJSON := bytes.TrimSpace(sourceLine(source, "regexp")); !bytes.Contains(page, inJSON) {
		t.Errorf("the page has another pattern than %s", inJSON)
	}
	expression, err := regexp.Compile(pattern.Regexp)
	if err != nil {
		t.Fatal(err)
	}
	files := spec.MapTree{"buildsync.yaml": workspace}
	files["my jobs.yaml"] = "version: 1\njobs:\n" + job("a", "    flavor: training\n    flavour: x\n")
	found := lintTree(t, files, lint.Options{})
	found = append(found, spec.Diagnostic{Rule: "unreadable-file", Severity: spec.Error, Range: spec.Range{Start: spec.Pos{File: "a file.yaml"}}, Message: "reading it: no permission"},
		spec.Diagnostic{Rule: "policy/scan-everywhere", Severity: spec.Error, Range: spec.Range{Start: spec.Pos{File: "my jobs.yaml", Line: 3, Column: 5}}, Message: `the steps lack "Scan"`})
	var text bytes.Buffer
	if err := format.Text(&text, found, format.Options{Source: func(name string) []byte { return []byte(files[name]) }}); err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(text.String()) {
		m := expression.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			continue
		}
		d := found[count]
		count++
		place := spec.Pos{File: m[pattern.File], Line: atoi(t, m[pattern.Line]), Column: atoi(t, m[pattern.Column])}
		if place != d.Range.Start || m[pattern.Severity] != d.Severity.String() || m[pattern.Message] != d.Message || m[pattern.Code] != d.Rule {
			t.Errorf("the matcher reads %q", m)
		}
	}
	if count != len(found) || count == 0 {
		t.Errorf("the matcher finds %d of %d findings in\n%s", count, len(found), text.String())
	}
}

// sourceLine returns the first line that contains a word.
func sourceLine(source []byte, word string) []byte {
	for line := range bytes.Lines(source) {
		if bytes.Contains(line, []byte(word)) {
			return line
		}
	}
	return nil
}

// atoi reads a number; the empty text means the file as a whole.
func atoi(t *testing.T, text string) int {
	t.Helper()
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
