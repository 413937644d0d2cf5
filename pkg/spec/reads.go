package spec

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

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

// IncludedBy returns the first of files that includes the file called name, "" if none does. A $file
// with references includes what its fixed text matches. One without any, such as ${{ inputs.script }},
// includes what a value somewhere names.
func IncludedBy(tree Tree, files []string, name string) string {
	namedIn, namesAny := "", false
	for _, from := range files {
		text, err := readNamed(tree, from)
		if err != nil || !bytes.Contains(text, []byte(FileKey)) && !bytes.ContainsRune(text, '\\') && !bytes.Contains(text, []byte(path.Base(name))) {
			continue
		}
		root, _ := ParseFile(from, text)
		includes := false
		eachText(root, func(n *Node, included bool) {
			fixed, pattern := filePattern(n.Text)
			switch {
			case included && fixed:
				includes = includes || pattern.MatchString(name)
			case included:
				namesAny = true
			case namedIn == "" && path.Clean(n.Text) == name:
				namedIn = from
			}
		})
		if includes {
			return from
		}
	}
	if namesAny {
		return namedIn
	}
	return ""
}

// filePattern returns an expression for the names that a text of a $file may mean; fixed is false if
// nothing of the text is known.
func filePattern(text string) (fixed bool, pattern *regexp.Regexp) {
	var out strings.Builder
	parts, _ := SplitReferences(path.Clean(text))
	for _, p := range parts {
		if p.IsReference {
			out.WriteString(".*")
			continue
		}
		fixed = true
		out.WriteString(regexp.QuoteMeta(p.Text))
	}
	return fixed, regexp.MustCompile("^" + out.String() + "$")
}

// eachText calls f for every scalar in n; included says that it is the name of a file to include.
func eachText(n *Node, f func(n *Node, included bool)) {
	if n == nil {
		return
	}
	if n.Kind == ScalarNode {
		f(n, false)
		return
	}
	for _, field := range n.Fields {
		if n.IsFile() && field.Value.Kind == ScalarNode {
			f(field.Value, true)
			continue
		}
		eachText(field.Value, f)
	}
	for _, item := range n.Items {
		eachText(item, f)
	}
}
