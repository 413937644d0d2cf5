package yamledit

import (
	"bytes"
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

// apart returns edits that take the blank lines below along where the result has a blank line: a text
// of which final line breaks are kept would take them in.
func (e *Editor) apart(edits []textedit.Edit) []textedit.Edit {
	edits = slices.Clone(edits)
	for i, x := range edits {
		if !strings.HasSuffix(x.New, "\n\n") && (x.New != "" || !bytes.HasSuffix(e.Src[:x.Start], []byte("\n\n"))) {
			continue
		}
		last, end := i, e.blankTo(x.End)
		for { // what follows may go as well
			j := slices.IndexFunc(edits, func(y textedit.Edit) bool { return y.Start >= edits[last].End && y.Start <= end && y != edits[last] })
			if j < 0 {
				break
			}
			if edits[j].New != "" || edits[j].End == edits[j].Start {
				end = edits[j].Start
				break
			}
			last, end = j, e.blankTo(edits[j].End)
		}
		edits[last].End = end
	}
	return edits
}

// blankTo returns the end of the blank lines from an offset on.
func (e *Editor) blankTo(at int) int {
	for at < len(e.Src) && strings.TrimSpace(string(e.Src[at:e.LineEnd(at)])) == "" {
		at = e.LineEnd(at)
	}
	return at
}

func overlapped(edits []textedit.Edit, by textedit.Edit) bool {
	return slices.ContainsFunc(edits, func(x textedit.Edit) bool { return textedit.Overlap(x, by) })
}
