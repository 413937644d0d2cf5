package compile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// inheritingWorkspace gives each job a mapping for every key of a job that takes one.
const inheritingWorkspace = `version: 1
definitions: ["definitions/*.yaml"]
projects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: p
secrets: [S]
environments: {e: {}}
vars:
  literal: "$${{ x }}"
defaults:
  job:
    host_type: devcloud
    flavor: 4u8g
    timeout: {limit: 3, unit: hour}
    template: {name: t, inputs: {i: default}}
    notifications: {MAIL: [buildJobSucc], DING_TALK: {events: [buildJobFail], param_config: d}, FEISHU: [buildJobFail]}
    labels: {kept: d, l: d}
    extra: {kept: d, deep: {kept: "$${{ d }}", "${{ vars.literal }}": d}, resource_limit: {k: [d], kept: {a: d}}}
`

// TestAReferenceStandsForItsValue holds, for each text, list and mapping, that a reference to a
// variable with that value compiles to the same as the value written out, or is refused with the
// place of its use. Both defaults.job and the definitions are walked.
func TestAReferenceStandsForItsValue(t *testing.T) {
	t.Parallel()
	for _, workspace := range []string{lawWorkspace, inheritingWorkspace} {
		want := compiledText(t, workspace, lawDefinitions)
		check := func(where, workspace, definitions string) {
			result, found := compiledLaw(workspace, definitions)
			if found.HasErrors() {
				for _, d := range found {
					if d.Severity == spec.Error && !showsTheUse(d) {
						t.Errorf("%s: %s does not show the use", where, d.Message)
					}
				}
			} else if have := bodiesOf(result); have != want {
				t.Errorf("%s: the reference compiles to something else:\n%s\nwant\n%s", where, have, want)
			}
		}
		for at := range places(t, lawDefinitions) {
			if file, moved, where := withoutValue(t, lawDefinitions, "", at); where != "" {
				check(where, withVariable(t, workspace, moved), file)
			}
		}
		for at := range places(t, workspace) {
			if file, moved, where := withoutValue(t, workspace, ".defaults.job.", at); where != "" {
				check(where, withVariable(t, file, moved), lawDefinitions)
			}
		}
	}
}

// withoutValue replaces the value number at by a reference to vars.moved, and returns the value.
// where is empty for keys and for values outside of within.
func withoutValue(t *testing.T, text, within string, at int) (changed string, moved *yaml.Node, where string) {
	t.Helper()
	root := parseYAML(t, text)
	var walk func(n *yaml.Node, path string, isKey bool)
	walk = func(n *yaml.Node, path string, isKey bool) {
		if at == 0 && !isKey && path != "" && strings.HasPrefix(path, within) {
			taken := *n
			moved, where = &taken, path
			*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: "${{ vars.moved }}"}
		}
		at--
		for i, below := range n.Content {
			isKey, name := n.Kind == yaml.MappingNode && i%2 == 0, "[]"
			if n.Kind == yaml.MappingNode {
				name = "." + n.Content[i-i%2].Value
			}
			walk(below, path+name, isKey)
		}
	}
	walk(root, "", false)
	return marshal(t, root), moved, where
}

// withVariable adds vars.moved to a workspace.
func withVariable(t *testing.T, workspace string, value *yaml.Node) string {
	t.Helper()
	root := parseYAML(t, workspace)
	for i, n := range root.Content {
		if n.Value == "vars" && i%2 == 0 {
			vars := root.Content[i+1]
			vars.Content = append(vars.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "moved"}, value)
		}
	}
	return marshal(t, root)
}

func marshal(t *testing.T, root *yaml.Node) string {
	t.Helper()
	text, err := yaml.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// showsTheUse reports whether a finding shows a definition, or the reference in a value that was
// moved to the variables, which cannot use a matrix or an input.
func showsTheUse(d spec.Diagnostic) bool {
	if strings.HasPrefix(d.Message, "inputs.i is not known") || strings.HasPrefix(d.Message, "matrix.m is not known") {
		return true // in any file
	}
	isUse := func(r spec.Related) bool { return r.Range.Start.File == "definitions/a.yaml" }
	return d.Range.Start.File == "definitions/a.yaml" || slices.ContainsFunc(d.Related, isUse)
}

func compiledText(t *testing.T, workspace, definitions string) string {
	t.Helper()
	result, found := compiledLaw(workspace, definitions)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return bodiesOf(result)
}

// bodiesOf returns everything that a result sends, and its settings.
func bodiesOf(result *compile.Result) string {
	var all strings.Builder
	for _, job := range result.Jobs {
		fmt.Fprintln(&all, job.Address, job.ID, job.RenamedFrom, job.Owner, job.Labels, job.Protect, job.Adopt, string(job.CreateBody().Indented()), string(job.NoticeBodies().Indented()))
	}
	for _, template := range result.Templates {
		fmt.Fprintln(&all, template.Address, string(template.Body.Indented()))
	}
	for _, removal := range result.Removals {
		fmt.Fprintln(&all, removal.Address, removal.Action, removal.Reason)
	}
	return all.String()
}
