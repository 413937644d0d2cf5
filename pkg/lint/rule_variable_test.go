package lint_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestVariablesOfOtherFiles shows that files beside the definitions use variables as well, and that
// a file that cannot be read may use them.
func TestVariablesOfOtherFiles(t *testing.T) {
	t.Parallel()
	const job = "version: 1\njobs: [{name: a, arch: arm, steps: [{sh: {name: Build, inputs: {command: make}}}]}]\n"
	for name, test := range map[string]struct {
		workspace, file, text string
		unused                bool
	}{
		"nothing":                 {"", "other.yaml", "version: 1\n", true},
		"another file":            {"", "other.yaml", "version: 1\njobs: [{name: b, arch: arm, flavor: '${{ vars.v }}', steps: []}]\n", false},
		"a template without jobs": {"", "other.yaml", "version: 1\ntemplates: [{name: t, publish: true, steps: [{sh: {name: s, image: '${{ vars.v }}'}}]}]\n", false},
		"the fixture of a policy": {"", "policies/tests/p/ok.yaml",
			"version: 1\njobs: [{name: a, arch: arm, flavor: '${{ vars.v }}', steps: []}]\n", false},
		"a file with an error": {"", "other.yaml", "version: 1\njobs: [{name: b, arch: arm, steps: []\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			definitions := "definitions: [a.yaml, other.yaml]\n"
			tree := spec.MapTree{"buildsync.yaml": "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n" + definitions + "vars: {v: x}\n" + test.workspace,
				"a.yaml": job, test.file: test.text}
			found := lint.Check(tree, "", lint.Options{})
			unused := false
			for _, d := range found {
				unused = unused || d.Rule == "variable-unused"
			}
			if unused != test.unused {
				t.Errorf("reported: %v\n%s", unused, asText(t, tree, found))
			}
		})
	}
}

// TestVariablesOfVendoredFiles shows that a copy of another repository uses variables, although
// lint looks for no other mistakes in it.
func TestVariablesOfVendoredFiles(t *testing.T) {
	t.Parallel()
	const copied, lock = "vendor/golden/java.yaml", "vendor/buildsync.lock"
	tree, example := spec.MapTree{}, os.DirFS("../../examples/governed")
	err := fs.WalkDir(example, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(example, name)
		tree[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tree["buildsync.yaml"] += "vars: {used: 1, unused: 2}\n"
	before := fmt.Sprintf("%x", sha256.Sum256([]byte(tree[copied])))
	tree[copied] = strings.Replace(tree[copied], "maven3.9.5-jdk17", "\"${{ vars.used }}\"", 1)
	tree[lock] = strings.ReplaceAll(tree[lock], before, fmt.Sprintf("%x", sha256.Sum256([]byte(tree[copied]))))
	var have []string
	found := lint.Check(tree, "", lint.Options{})
	for _, d := range found {
		if d.Rule == "variable-unused" {
			have = append(have, d.Pointer)
		}
	}
	if !slices.Equal(have, []string{"vars.unused"}) {
		t.Errorf("unused: %v\n%s", have, asText(t, tree, found))
	}
}
