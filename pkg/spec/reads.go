package spec

import (
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
)

// ReadAs says as what a workspace reads, or would read, the file name in one of
// its environments, "" where it does not. It is for those who write files.
func ReadAs(tree Tree, name string) string {
	if name == WorkspaceFile {
		return "the workspace's own file"
	}
	for _, w := range everyEnvironment(tree) {
		switch {
		case isVendored(w, name):
			return "a copy from one of the workspace's sources, or their lock"
		case isPolicies(w, name):
			return "a file of policies, or a fixture of one"
		case isNamed(w, name):
			return "the workspace's modules file"
		}
		for _, pattern := range w.Definitions {
			if doublestar.MatchUnvalidated(path.Clean(pattern), name) {
				return "a definitions file, since " + quoted(pattern) + " in buildsync.yaml matches it"
			}
		}
	}
	return ""
}

// ReadNames lists the files that a workspace reads in one of its environments,
// but for those that definitions include. The workspace is nil where
// buildsync.yaml cannot be read.
func ReadNames(tree Tree) (names []string, workspace *Workspace) {
	names = []string{WorkspaceFile}
	for _, w := range everyEnvironment(tree) {
		workspace = w
		if w.Modules != nil && w.Modules.Text != "" {
			names = append(names, path.Clean(w.Modules.Text))
		}
		if len(w.Sources) > 0 {
			names = append(names, LockFile)
		}
		names = append(names, vendoredFiles(tree, w)...)
		// A pattern that is wrong matches nothing.
		if matched, err := tree.Glob(append(slices.Clone(w.Policies), w.Definitions...)); err == nil {
			names = append(names, matched...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), workspace
}

// everyEnvironment loads buildsync.yaml with no environment selected, and with
// each that it declares.
func everyEnvironment(tree Tree) []*Workspace {
	first, _ := LoadWorkspace(tree, Options{})
	if first == nil {
		return nil
	}
	all := []*Workspace{first}
	for _, name := range first.Environments() {
		if w, _ := LoadWorkspace(tree, Options{Environment: name}); w != nil {
			all = append(all, w)
		}
	}
	return all
}
