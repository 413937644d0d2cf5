package export

import (
	"github.com/buildsync/buildsync/internal/yamledit"
)

// editor edits one file of a workspace.
type editor struct {
	*yamledit.Editor

	includes       *includes // nil: an include is a mapping like any other
	keepReferences bool      // a text with ${{ in it is taken to say what is wanted
}

func newEditor(name string, src []byte) *editor { return &editor{Editor: yamledit.New(name, src)} }
