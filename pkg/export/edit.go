package export

import (
	"slices"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// editor edits one file of a workspace.
type editor struct {
	*yamledit.Editor

	includes       *includes  // nil: an include is a mapping like any other
	keepReferences bool       // a text with ${{ in it is taken to say what is wanted
	differs        []spec.Pos // the places of other texts; what is written elsewhere stays. nil: unknown
	anew           bool       // nothing stays: the value gets another form

	valueOf  func(reference string) (value string, known bool) // nil: a text with ${{ is replaced whole
	replaced []Replaced
}

func newEditor(name string, src []byte) *editor { return &editor{Editor: yamledit.New(name, src)} }

// setValue gives a key another value, and setItem a list another item. Both note the references that
// are replaced.
func (ed *editor) setValue(key, have *spec.Node, value *yamltext.Node) {
	ed.noteReplaced(have, value)
	ed.SetValue(key, have, value)
}

func (ed *editor) setItem(list *spec.Node, i int, value *yamltext.Node) {
	ed.noteReplaced(list.Items[i], value)
	ed.SetItem(list, i, value)
}

// mayStay reports whether a node holds no place that is known to differ, of those that are known.
func (ed *editor) mayStay(n *spec.Node) bool {
	return !ed.anew && ed.differs != nil && !slices.ContainsFunc(ed.differs, func(at spec.Pos) bool {
		return at.Compare(n.Range.Start) >= 0 && at.Compare(n.Range.End) < 0
	})
}
