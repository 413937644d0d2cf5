package export

import (
	"path"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// includes are the texts that a definition includes, with their new contents: a script file is
// edited there.
type includes struct {
	tree    spec.Tree
	from    string // the file with the definition
	edit    bool   // the files may be edited
	changed []File
}

// text returns the text of an include; is reports whether n is a readable one.
func (x *includes) text(n *spec.Node) (text string, is bool) {
	name := includedName(n)
	if x == nil || name == "" { // a workspace file includes nothing
		return "", false
	}
	for _, f := range x.changed {
		if f.Name == path.Clean(name) {
			return string(f.Text), true
		}
	}
	text, err := spec.ReadInclude(x.tree, x.from, name)
	return strings.ReplaceAll(text, "\r\n", "\n"), err == nil
}

// set gives the file of an include a new text. It returns false, and changes nothing, if n is not
// an include, no file can have the text, or the definition includes the file twice.
func (x *includes) set(n *spec.Node, want *yamltext.Node) bool {
	if !x.takes(n, want) {
		return false
	}
	name := path.Clean(includedName(n))
	x.changed = append(x.changed, File{Name: name, Text: []byte(spec.UnescapeReferences(want.Text))})
	return true
}

// takes reports whether set would change the file of an include.
func (x *includes) takes(n *spec.Node, want *yamltext.Node) bool {
	if _, is := x.text(n); !is || !x.edit || want.Kind != yamltext.TextNode || !canInclude(spec.UnescapeReferences(want.Text)) {
		return false
	}
	name := path.Clean(includedName(n))
	return !slices.ContainsFunc(x.changed, func(f File) bool { return f.Name == name })
}

// mark counts the texts that change; revert takes back those since a mark.
func (x *includes) mark() int {
	if x == nil {
		return 0
	}
	return len(x.changed)
}

func (x *includes) revert(mark int) {
	if x != nil {
		x.changed = x.changed[:mark]
	}
}

// includedName returns the file that a mapping includes, "" if it is none.
func includedName(n *spec.Node) string {
	if n == nil || !n.IsFile() {
		return ""
	}
	return n.Str(spec.FileKey)
}
