package spec

import (
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
)

// ReadAs returns as what a workspace reads, or would read, the file name in any of its
// environments; "" if it does not. Commands that write files ask it first.
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

// ReadNames lists the files that a workspace reads in any of its environments, without those that
// definitions include. The workspace is nil if buildsync.yaml is not readable.
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
		// An invalid pattern matches nothing.
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
