package yamledit

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// chomping returns the edit that keeps a block scalar at the very end of a file without
// a final line break, nil for none: a line break after it would become part of it.
func chomping(n *spec.Written, src []byte) *textedit.Edit {
	for n != nil && len(n.Items) > 0 && !n.Flow {
		n = n.Items[len(n.Items)-1]
	}
	if n == nil || n.Alias || n.Style != spec.LiteralStyle && n.Style != spec.FoldedStyle || strings.HasSuffix(n.Text, "\n") {
		return nil
	}
	header := n.Value + 1
	for header < len(src) && src[header] >= '1' && src[header] <= '9' {
		header++
	}
	switch src[header] {
	case '-':
		return nil
	case '+':
		return &textedit.Edit{Start: header, End: header + 1, New: "-"}
	}
	return &textedit.Edit{Start: header, End: header, New: "-"}
}

func overlapped(edits []textedit.Edit, by textedit.Edit) bool {
	return slices.ContainsFunc(edits, func(x textedit.Edit) bool { return textedit.Overlap(x, by) })
}
