package spec_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

const somePolicies = "version: 1\npolicies: [{name: owned, require: [owner]}]\n"

// TestPoliciesThatAreNotRead checks that a file with policies that the workspace does not read is
// reported.
func TestPoliciesThatAreNotRead(t *testing.T) {
	t.Parallel()
	const sources = "sources: {golden: {git: \"https://h/x.git\", ref: v1, path: templates}}\n"
	for name, c := range map[string]struct {
		workspace string // more of buildsync.yaml
		file      string
		unread    bool
	}{
		"the default":               {"", "policies/p.yaml", false},
		"the other ending":          {"", "policies/p.yml", false},
		"an ending in capitals":     {"", "policies/p.YAML", true},
		"below the folder":          {"", "policies/sub/p.yaml", true},
		"another folder":            {"", "policy/p.yaml", true},
		"no folder":                 {"", "p.yml", true},
		"a fixture":                 {"", "policies/tests/owned/ok.yaml", false},
		"another tool's":            {"", ".ci/p.yaml", false},
		"named":                     {"policies: rules/*.yaml\n", "rules/p.yaml", false},
		"named, the other ending":   {"policies: rules/*.yaml\n", "rules/p.yml", true},
		"named, and in the default": {"policies: [\"rules/*.yaml\"]\n", "policies/p.yaml", true},
		"none are wanted":           {"policies: []\n", "policies/p.yaml", false},
		"vendored":                  {sources, "vendor/golden/policies/p.yml", false},
		"vendored, wrong folder":    {sources, "vendor/golden/rules/p.yaml", true},
		"vendored, others named":    {sources + "policies: rules/*.yaml\n", "vendor/golden/policies/p.yaml", true},
	} {
		tree := spec.MapTree{
			"buildsync.yaml": "version: 1\ndefinitions: [\"jobs/*.yaml\"]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\n" + c.workspace,
			"rules/q.yaml":   "version: 1\npolicies: []\n",
			c.file:           somePolicies,
		}
		if !strings.Contains(c.workspace, "rules/") {
			delete(tree, "rules/q.yaml")
		}
		w, found := spec.LoadWorkspace(tree, spec.Options{})
		if found.HasErrors() {
			t.Fatal(found)
		}
		found = spec.UnreadPolicies(tree, w)
		if (len(found) == 1) != c.unread || c.unread && (!strings.Contains(found[0].Message, c.file) || found[0].Hint == "") {
			t.Errorf("%s: %+v", name, found)
		}
		names, _ := spec.PolicyFiles(tree, w)
		if name == "none are wanted" && len(names) > 0 {
			t.Errorf("%s: %q is read", name, names)
		}
	}
}

// TestVendoredFilesWithMistakes checks that a copied file that was meant to share something is
// read, so that its mistake is found. A file of another tool is not read.
func TestVendoredFilesWithMistakes(t *testing.T) {
	t.Parallel()
	const item = " [{name: java, steps: [{sh: {name: S, inputs: {command: make}}}]}]\n"
	for text, want := range map[string]string{
		"version: 1\ntemplates:" + item:               "",
		"templates:" + item:                           "missing-key",
		"version: 2\ntemplates:" + item:               "version",
		"version: 1\ntemplate:" + item:                "unknown-key",
		"version: 1\nfragmets:" + item:                "unknown-key",
		"version: \"one\"\nfamilies: [{name: a}]\n":   "version",
		"stages: [a]\ntemplates: {a: {script: make}}": "",
		"templates: [a, b]\n":                         "",
		"- name: a\n":                                 "",
		"a: 1\n":                                      "",
		"{{ .Values.x }}\n":                           "yaml-syntax",
	} {
		w, _ := spec.LoadWorkspace(spec.MapTree{"buildsync.yaml": "version: 1\nsources: {golden: {git: \"https://h/x.git\", ref: v1, path: t}}\n"}, spec.Options{})
		_, found := w.ParseDefinitions("vendor/golden/a.yaml", []byte(text))
		if want == "" && len(found) > 0 || want != "" && (len(found) == 0 || found[0].Rule != want) {
			t.Errorf("%q: want %q, have %v", text, want, found)
		}
	}
}
