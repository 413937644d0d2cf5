package spec

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

const (
	policiesSchema = "policies.schema.json"
	// defaultPolicies is the pattern for policy files unless buildsync.yaml
	// sets one.
	defaultPolicies = "policies/*.{yaml,yml}"
	// policyTests is the folder beside policies that holds their fixtures.
	policyTests = "tests"
	// maxPolicyFiles is the largest number of policy files that are read.
	maxPolicyFiles = 200
)

// PolicyFiles lists a workspace's policy files. It warns if buildsync.yaml names patterns and
// nothing matches.
func PolicyFiles(tree Tree, workspace *Workspace) ([]string, Diagnostics) {
	if len(workspace.Policies) == 0 {
		return nil, nil // policies: [] wants none
	}
	where, named := policiesKey(workspace)
	names, err := tree.Glob(workspace.Policies)
	if err != nil {
		return nil, Diagnostics{{Rule: "policy-file", Severity: Error, Range: where, Pointer: "policies", Message: err.Error()}}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == WorkspaceFile })
	switch {
	case len(names) == 0 && named:
		return nil, Diagnostics{{
			Rule: "policy-file", Severity: Error, Range: where, Pointer: "policies",
			Message: fmt.Sprintf("no file in %s matches %s, so no policy is checked", tree.Describe(), patternList(workspace.Policies)),
			Hint:    "correct the pattern, or remove the key",
		}}
	case len(names) > maxPolicyFiles:
		return nil, Diagnostics{{
			Rule: "file-limit", Severity: Error, Range: where, Pointer: "policies",
			Message: fmt.Sprintf("%d files of policies match; at most %d are read", len(names), maxPolicyFiles),
		}}
	}
	return names, nil
}

// policiesKey returns where buildsync.yaml names the files of policies, if it does.
func policiesKey(workspace *Workspace) (where Range, named bool) {
	where = Range{Start: Pos{File: WorkspaceFile}}
	environment := workspace.Root.Get("environments").Get(workspace.Environment)
	for _, from := range []*Node{workspace.Root, environment} {
		if patterns := from.Get("policies"); patterns != nil {
			where, named = patterns.Range, true
		}
	}
	return where, named
}

// LoadPolicies reads and checks one file of policies. The node is nil if it
// cannot be read as YAML.
func LoadPolicies(tree Tree, name string) (*Node, []byte, Diagnostics) {
	text, err := readNamed(tree, name)
	if err != nil {
		return nil, nil, Diagnostics{unreadableFile(name, err)}
	}
	root, found := ParseFile(name, text)
	if root == nil {
		return nil, text, found
	}
	out := &report{file: name, root: root, found: found}
	if root.IsNull() {
		out.errorf("missing-key", root.Range, `write "version: 1" and the policies below it`, "the file is empty")
		return nil, text, out.done()
	}
	check(policiesSchema, root, out)
	return root, text, out.done()
}

// PolicyTestFolders lists the folders with the fixtures of policies: tests, beside the files that
// the policy patterns match.
func PolicyTestFolders(workspace *Workspace) []string {
	var folders []string
	for _, pattern := range workspace.Policies {
		base, _ := doublestar.SplitPattern(path.Clean(pattern))
		if folder := path.Join(base, policyTests); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// isPolicies reports whether a file holds policies of the workspace or their
// fixtures.
func isPolicies(workspace *Workspace, name string) bool {
	return Match(workspace.Policies, name) ||
		slices.ContainsFunc(PolicyTestFolders(workspace), func(folder string) bool { return strings.HasPrefix(name, folder+"/") })
}

// OwnFiles lists the definition and policy files that the workspace's people write, sorted, without
// buildsync.yaml.
func OwnFiles(tree Tree, workspace *Workspace) []string {
	names, _ := DefinitionFiles(tree, workspace)
	policies, _ := PolicyFiles(tree, workspace)
	names = slices.DeleteFunc(append(slices.Clone(names), policies...), func(name string) bool { return workspace.SourceOf(name) != nil })
	slices.Sort(names)
	return slices.Compact(names)
}
