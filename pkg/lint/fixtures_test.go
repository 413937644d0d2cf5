package lint_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files and docs/rules")

const workspace = `version: 1
definitions: ["*.yaml"]
projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: shop
# no secrets
`

// workspaceOf returns the workspace of definitions, with a secret where they name one.
func workspaceOf(definitions string) string {
	if strings.Contains(definitions, "NEXUS_") {
		return strings.Replace(workspace, "# no secrets", "secrets: [NEXUS_TOKEN]", 1)
	}
	return workspace
}

// definitionsName is the fixtures' name for their definitions.
const definitionsName = "jobs.yaml"

func lintTree(t testing.TB, tree spec.MapTree, opts lint.Options) spec.Diagnostics {
	t.Helper()
	return lint.Check(tree, "", opts)
}

func lintAll(tree spec.MapTree) spec.Diagnostics { return lint.Check(tree, "", lint.Options{}) }

// fixtureTree returns a rule's folder as a workspace in one state, bad or ok.
func fixtureTree(rule, state string) spec.MapTree {
	tree := spec.MapTree(lint.ExampleFiles(os.DirFS("testdata"), rule, state))
	if tree[spec.WorkspaceFile] == "" {
		tree[spec.WorkspaceFile] = workspaceOf(strings.Join(slices.Collect(maps.Values(tree)), "\n"))
	}
	return tree
}

// placed is a workspace in memory that says it stood in a folder, as a user's
// does.
type placed struct{ spec.MapTree }

// Describe names the folder.
func (placed) Describe() string { return "/home/user/shop" }

// ReadFile also reports missing files.
func (p placed) ReadFile(name string, limit int64) ([]byte, error) {
	text, err := p.MapTree.ReadFile(name, limit)
	if err != nil {
		err = placedError{strings.Replace(err.Error(), "in memory", "in "+p.Describe(), 1), err}
	}
	return text, err
}

// placedError is an error in other words.
type placedError struct {
	text string
	error
}

func (e placedError) Error() string { return e.text }
func (e placedError) Unwrap() error { return e.error }

// fixture opens a rule's folder in one state, and lints it as the command does.
func fixture(t *testing.T, rule, state string) (spec.MapTree, spec.Diagnostics) {
	t.Helper()
	files := fixtureTree(rule, state)
	var tree spec.Tree = placed{files}
	if rule == "unreadable-file" && state == "bad" {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, spec.WorkspaceFile), []byte(workspace), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..", "elsewhere", definitionsName), filepath.Join(dir, definitionsName)); err != nil {
			t.Fatal(err)
		}
		opened, err := spec.OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		tree = opened
	}
	return files, lint.Check(tree, lint.ExampleEnvironment(rule), lint.Options{})
}

func golden(t *testing.T, path string, have string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(have), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), have); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func asText(t *testing.T, tree spec.MapTree, ds spec.Diagnostics) string {
	t.Helper()
	var out bytes.Buffer
	if err := format.Text(&out, ds, format.Options{Source: func(file string) []byte { return []byte(tree[file]) }}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestRules holds each rule by its folder: bad.yaml gives bad.out and, with
// start and end, bad.ranges; ok.yaml gives nothing; the fixes make fixed.yaml,
// which lints clean of what was fixed. The pages under docs/rules come from the
// same files, so they are looked at when the folders are done.
func TestRules(t *testing.T) {
	t.Parallel()
	t.Run("folders", checkFolders)
	t.Run("pages", checkPages)
}

func checkFolders(t *testing.T) {
	for _, rule := range lint.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			tree, found := fixture(t, rule.Name, "bad")
			golden(t, filepath.Join("testdata", rule.Name, "bad.out"), asText(t, tree, found))
			golden(t, filepath.Join("testdata", rule.Name, "bad.ranges"), ranges(found))
			own := slices.DeleteFunc(slices.Clone(found), func(d spec.Diagnostic) bool { return d.Rule != rule.Name })
			if len(own) == 0 {
				t.Errorf("the bad fixture has no finding of %s", rule.Name)
			}
			checkFixes(t, rule.Name, tree, own)
			neverCleanIfBroken(t, tree)
			if tree, found := fixture(t, rule.Name, "ok"); len(found) > 0 {
				t.Errorf("the good fixture has findings:\n%s", asText(t, tree, found))
			}
		})
	}
}

// ranges lists findings with start, end and pointer.
func ranges(ds spec.Diagnostics) string {
	var out strings.Builder
	for _, d := range ds {
		end := d.Range.End
		end.File = ""
		fmt.Fprintf(&out, "%s %s-%d:%d %s\n", d.Rule, d.Range.Start, end.Line, end.Column, d.Pointer)
	}
	return out.String()
}

func checkFixes(t *testing.T, rule string, tree spec.MapTree, own spec.Diagnostics) {
	t.Helper()
	source := []byte(tree[definitionsName])
	path := filepath.Join("testdata", rule, "fixed.yaml")
	fixed, mended := lint.Fix(definitionsName, source, own, lint.AllFixes)
	if len(mended) == 0 {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there and nothing was fixed: %v", path, err)
		}
		return
	}
	golden(t, path, string(fixed))
	again := spec.MapTree{}
	for name, text := range tree {
		again[name] = text
	}
	again[definitionsName] = string(fixed)
	for _, d := range lint.Check(again, "", lint.Options{}) {
		if d.Rule == rule && len(d.Fixes) > 0 {
			t.Errorf("after fixing: %s: %s", d.Range.Start, d.Message)
		}
	}
}

// TestFixtureFolders finds folders of rules that are no more.
func TestFixtureFolders(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, known := lint.RuleByName(entry.Name()); !known && !slices.Contains([]string{"corpus", "fuzz", "scripts"}, entry.Name()) {
			t.Errorf("testdata/%s belongs to no rule", entry.Name())
		}
	}
}
