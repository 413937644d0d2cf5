package lint_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files and docs/rules")

const workspace = `version: 1
definitions: ["*.yaml"]
projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: shop
secrets: [NEXUS_TOKEN]
`

// withoutFixture are the rules whose input is too large to keep, or is no file;
// the tests of pkg/spec and pkg/compile make it.
var withoutFixture = []string{"file-limit", "expansion-limit", "param-default", "unreadable-file", "unknown-environment"}

// lintTree runs the whole way from files to findings.
func lintTree(t testing.TB, tree spec.MapTree, opts lint.Options) spec.Diagnostics {
	t.Helper()
	return runTree(tree, opts)
}

func lintAll(tree spec.MapTree) spec.Diagnostics { return runTree(tree, lint.Options{}) }

func runTree(tree spec.MapTree, opts lint.Options) spec.Diagnostics {
	set, front := spec.Load(tree, spec.Options{})
	if set == nil {
		return front
	}
	result, more := compile.Compile(set, compile.Options{})
	return lint.Run(set, append(front, more.Besides(front)...), result, opts)
}

// fixtureTree is a rule's folder as a workspace: one of bad.yaml and ok.yaml,
// and whatever else stands there.
func fixtureTree(t *testing.T, rule, definitions string) spec.MapTree {
	t.Helper()
	folder := filepath.Join("testdata", rule)
	tree := spec.MapTree{"buildsync.yaml": workspace}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		switch name = filepath.ToSlash(name); name {
		case "bad.yaml", "ok.yaml", "fixed.yaml", "bad.out", "bad.ranges":
			if name != definitions {
				return err
			}
		case "bad-buildsync.yaml":
			if definitions != "bad.yaml" {
				return err
			}
			name = "buildsync.yaml"
		case "buildsync.yaml":
			if definitions == "bad.yaml" && tree["buildsync.yaml"] != workspace {
				return err // bad-buildsync.yaml came first
			}
		}
		tree[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
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
		if slices.Contains(withoutFixture, rule.Name) {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			tree := fixtureTree(t, rule.Name, "bad.yaml")
			found := lint.Check(tree, "", lint.Options{}) // as the command does
			golden(t, filepath.Join("testdata", rule.Name, "bad.out"), asText(t, tree, found))
			golden(t, filepath.Join("testdata", rule.Name, "bad.ranges"), ranges(found))
			own := slices.DeleteFunc(slices.Clone(found), func(d spec.Diagnostic) bool { return d.Rule != rule.Name })
			if len(own) == 0 {
				t.Errorf("bad.yaml has no finding of %s", rule.Name)
			}
			checkFixes(t, rule.Name, tree, own)
			tree = fixtureTree(t, rule.Name, "ok.yaml")
			if found := lintTree(t, tree, lint.Options{}); len(found) > 0 {
				t.Errorf("ok.yaml has findings:\n%s", asText(t, tree, found))
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
	source := []byte(tree["bad.yaml"])
	path := filepath.Join("testdata", rule, "fixed.yaml")
	fixed, mended := lint.Fix("bad.yaml", source, own, lint.AllFixes)
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
	again["bad.yaml"] = string(fixed)
	for _, d := range lintTree(t, again, lint.Options{}) {
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
		if _, known := lint.RuleByName(entry.Name()); !known && entry.Name() != "fuzz" {
			t.Errorf("testdata/%s belongs to no rule", entry.Name())
		}
	}
}
