package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// unreadHead is how much of a file's start is searched for signs of definitions.
const unreadHead = 64 << 10

// allYAML matches every YAML file of a workspace, anyForm those with an ending in capitals as well.
const (
	allYAML = "**/*.{yaml,yml}"
	anyForm = "**/*.{[yY][aA][mM][lL],[yY][mM][lL]}"
)

// unreadFiles lists files that no pattern of the workspace matches but that look like definitions:
// YAML files in or below the folders of the patterns, JSON files there with the members of a
// definitions file, and YAML files anywhere with these. read are the matched files, sorted. Left out
// are files of other tools (in folders that start with a dot, and in node_modules), and copies that
// nobody takes for YAML, such as a.yaml.bak.
func unreadFiles(tree Tree, workspace *Workspace, read []string) ([]string, error) {
	folders := definitionFolders(workspace, read)
	all, err := tree.Glob(readable(folders))
	if err != nil || len(all) == len(read) {
		return nil, err
	}
	others := otherWorkspaces(all)
	var unread []string
	for _, name := range all {
		if _, isRead := slices.BinarySearch(read, name); isRead || isIn(others, name) || isOtherTools(name) || isNamed(workspace, name) {
			continue
		}
		inside := slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(name, folder+"/") })
		if isJSON(name) && inside && isJSONDefinitions(tree, name) || !isJSON(name) && (inside || looksLikeDefinitions(tree, name)) {
			unread = append(unread, name)
		}
	}
	return unread, nil
}

// readable returns the patterns of what could be read: all YAML, and the JSON files in or below each
// of the folders with definitions. JSON elsewhere is
// not even listed: packages, caches and plans are JSON, and the cache of lint, which keeps every
// list, would not outlive the next of them.
func readable(folders []string) []string {
	patterns := []string{anyForm}
	for _, folder := range folders {
		if !slices.ContainsFunc(folders, func(outer string) bool { return strings.HasPrefix(folder, outer+"/") }) {
			patterns = append(patterns, literal.Replace(folder)+"/**/*.[jJ][sS][oO][nN]")
		}
	}
	return patterns
}

// literal takes the meaning from what patterns give one.
var literal = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`)

// definitionFolders lists the folders in which the patterns search, and those of the files that are
// read. It leaves out the workspace's own folder, which contains everything.
func definitionFolders(workspace *Workspace, read []string) []string {
	var folders []string
	add := func(folder string) {
		if folder != "." && folder != "" && !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	for _, pattern := range workspace.Definitions {
		base, _ := doublestar.SplitPattern(path.Clean(pattern))
		add(base)
	}
	last := ""
	for _, name := range read {
		if folder := path.Dir(name); folder != last { // they are sorted, so most are in the last one
			last = folder
			add(folder)
		}
	}
	return folders
}

// otherWorkspaces lists the folders among all files that are workspaces of their own, each with a
// slash at its end.
func otherWorkspaces(all []string) []string {
	var folders []string
	for _, name := range all {
		if folder, file := path.Split(name); file == WorkspaceFile && folder != "" {
			folders = append(folders, folder)
		}
	}
	return folders
}

// isIn reports whether a file is in or below one of the folders.
func isIn(folders []string, name string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(name, folder) })
}

// isOtherTools reports whether a file is in a folder of another tool.
func isOtherTools(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || part == "node_modules" {
			return true
		}
	}
	return false
}

// isNamed reports whether the workspace reads a file in another role.
func isNamed(workspace *Workspace, name string) bool {
	return name == WorkspaceFile || path.Base(name) == WorkspaceFile || workspace.Modules != nil && name == path.Clean(workspace.Modules.Text) || isPolicies(workspace, name) || isVendored(workspace, name)
}

// looksLikeDefinitions reports whether a file has version: and another member of a definitions file
// at the start of lines.
func looksLikeDefinitions(tree Tree, name string) bool {
	source, err := tree.ReadFile(name, MaxFileBytes)
	if err != nil {
		return false
	}
	return hasMember(source, "version") && hasMember(source, units...)
}

// units are the members of a definitions file that hold something.
var units = []string{"jobs", "families", "templates", "fragments", "removed"}

// isJSON reports whether a file's name ends as that of JSON.
func isJSON(name string) bool { return strings.EqualFold(path.Ext(name), ".json") }

// isJSONDefinitions reports whether a JSON file has version and another member of a definitions
// file.
func isJSONDefinitions(tree Tree, name string) bool {
	source, err := tree.ReadFile(name, MaxFileBytes)
	if err != nil {
		return false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(source, &members) != nil || members["version"] == nil {
		return false
	}
	return slices.ContainsFunc(units, func(unit string) bool { return members[unit] != nil })
}

// hasMember reports whether one of keys is at the beginning of a line in the
// first part of a file.
func hasMember(source []byte, keys ...string) bool {
	source = source[:min(len(source), unreadHead)]
	return slices.ContainsFunc(keys, func(key string) bool {
		return bytes.HasPrefix(source, []byte(key+":")) || bytes.Contains(source, []byte("\n"+key+":"))
	})
}

// unreadWarning reports all unread files in one finding.
func unreadWarning(tree Tree, workspace *Workspace, read []string, where Range) Diagnostics {
	unread, err := unreadFiles(tree, workspace, read)
	if err != nil || len(unread) == 0 {
		return nil
	}
	kind := "YAML file"
	if slices.ContainsFunc(unread, isJSON) {
		kind = "file"
	}
	what := "a " + kind + " is not read"
	if len(unread) > 1 {
		what = fmt.Sprintf("%d %ss are not read", len(unread), kind)
	}
	return Diagnostics{{
		Rule: "definitions", Severity: Warning, Range: where, Pointer: "definitions",
		Message: what + ", because no pattern under definitions matches: " + someNames(unread),
		Hint:    readHint(unread[0]),
	}}
}

// readHint says how a file comes to be read.
func readHint(name string) string {
	ext := path.Ext(name)
	if isJSON(name) {
		return "rename it to " + quoted(strings.TrimSuffix(name, ext)+".yaml") + ", since JSON is YAML, or move what is not a definition elsewhere"
	}
	if lower := strings.ToLower(ext); lower != ext {
		return "rename it to " + quoted(strings.TrimSuffix(name, ext)+lower) + ", or move what is not a definition elsewhere"
	}
	pattern := name // at the root, a wider one would take the files of other tools too
	if folder := path.Dir(name); folder != "." {
		pattern = path.Join(folder, allYAML)
	}
	return "add a pattern, such as " + quoted(pattern) + ", or move what is not a definition elsewhere"
}

// someNames lists the first of some files.
func someNames(files []string) string {
	names := make([]string, len(files))
	for i, name := range files {
		names[i] = quoted(name)
	}
	return sanitize.Some(names, 5)
}

// UnreadPolicies says in one finding which files hold policies that are not read:
// those in or below the folders where the patterns look, except fixtures, and
// those anywhere that have the members of a file of policies.
func UnreadPolicies(tree Tree, workspace *Workspace) Diagnostics {
	if len(workspace.Policies) == 0 {
		return nil // policies: [] wants none
	}
	definitions, err := tree.Glob(workspace.Definitions)
	if err != nil {
		return nil // whoever reads the definitions says it
	}
	all, err := tree.Glob(readable(definitionFolders(workspace, definitions))) // as the search for unread definitions has asked
	if err != nil {
		return nil
	}
	var folders, unread []string
	for _, pattern := range workspace.Policies {
		if base, _ := doublestar.SplitPattern(path.Clean(pattern)); base != "." {
			folders = append(folders, base+"/")
		}
	}
	others := otherWorkspaces(all)
	for _, name := range all {
		if _, isRead := slices.BinarySearch(definitions, name); isRead || isOtherTools(name) || path.Base(name) == WorkspaceFile || isPolicies(workspace, name) || isJSON(name) || isIn(others, name) {
			continue
		}
		if isIn(folders, name) || looksLikePolicies(tree, name) {
			unread = append(unread, name)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	what := "a file of policies is not read"
	if len(unread) > 1 {
		what = fmt.Sprintf("%d files of policies are not read", len(unread))
	}
	where, _ := policiesKey(workspace)
	hint := "write its pattern under policies: in " + WorkspaceFile
	if base, _ := doublestar.SplitPattern(path.Clean(workspace.Policies[0])); base != "." {
		hint = "move it into " + quoted(base) + ", or " + hint
	}
	return Diagnostics{{
		Rule: "policy-file", Severity: Warning, Range: where, Pointer: "policies",
		Message: what + ", so that it guards nothing: no pattern under policies matches " + someNames(unread),
		Hint:    hint,
	}}
}

// looksLikePolicies reports whether a file has version: and policies: at the
// beginning of lines.
func looksLikePolicies(tree Tree, name string) bool {
	source, err := tree.ReadFile(name, MaxFileBytes)
	return err == nil && hasMember(source, "version") && hasMember(source, "policies")
}

// UnreadDefinitions parses the files that people may take for definitions and
// that no pattern matches.
func UnreadDefinitions(tree Tree, workspace *Workspace) (unread []*File) {
	read, _ := DefinitionFiles(tree, workspace)
	names, err := unreadFiles(tree, workspace, read)
	if err != nil {
		return nil
	}
	for _, name := range names {
		source, err := tree.ReadFile(name, MaxFileBytes)
		if err != nil {
			continue
		}
		if file, _ := ParseDefinitions(name, source); file != nil {
			unread = append(unread, file)
		}
	}
	return unread
}
