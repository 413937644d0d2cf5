package export

import (
	"slices"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// editor edits one file of a workspace.
type editor struct {
	*yamledit.Editor

	includes       *includes  // nil: an include is a mapping like any other
	keepReferences bool       // a text with ${{ in it is taken to say what is wanted
	differs        []spec.Pos // the places of other texts; what is written elsewhere stays. nil: unknown
}

func newEditor(name string, src []byte) *editor { return &editor{Editor: yamledit.New(name, src)} }

// mayStay reports whether a node holds no place that is known to differ, of those that are known.
func (ed *editor) mayStay(n *spec.Node) bool {
	return ed.differs != nil && !slices.ContainsFunc(ed.differs, func(at spec.Pos) bool {
		return at.Compare(n.Range.Start) >= 0 && at.Compare(n.Range.End) < 0
	})
}
