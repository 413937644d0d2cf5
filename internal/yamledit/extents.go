package yamledit

import (
	"bytes"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Extent is the range of bytes of a collection's entry or item, from its first
// key or value to the end of the comments that are about it.
type Extent struct {
	Key        string // of an entry
	Value      *spec.Written
	Start, End int
	Indent     int // of the lines below the first one
}

// Root returns the document as it is written, nil for a file that cannot be read.
func (e *Editor) Root() *spec.Written { return e.root }

// Extents lists the entries of a mapping, or the items of a list. Comments above
// one are before its extent.
func (e *Editor) Extents(w *spec.Written) []Extent {
	if w == nil || w.Kind == spec.ScalarNode || len(w.Items) == 0 {
		return nil
	}
	step := 1
	if w.Kind == spec.MappingNode {
		step = 2
	}
	var parts []part
	if !w.Flow {
		parts = e.parts(w)
	}
	extents := make([]Extent, 0, len(w.Items)/step)
	for i := 0; i+step <= len(w.Items); i += step {
		first, last := w.Items[i], w.Items[i+step-1]
		x := Extent{Value: last, Start: first.Start, End: e.endOf(last), Indent: e.column(first.Start)}
		if w.Kind == spec.MappingNode {
			x.Key = first.Text
		}
		if w.Flow {
			line := e.LineStart(first.Start)
			for x.Indent = 0; e.Src[line+x.Indent] == ' '; x.Indent++ {
			}
		} else {
			x.End = parts[i/step].tail
		}
		extents = append(extents, x)
	}
	return extents
}

// Text returns what is in an extent.
func (e *Editor) Text(x Extent) string { return string(e.Src[x.Start:x.End]) }

// InBrackets reports whether the value of a key is within brackets, or not known here.
func (e *Editor) InBrackets(key *spec.Node) bool {
	value := e.values[e.At(key.Range.Start)]
	return value == nil || e.inFlow(value)
}

// InAnchor reports whether an offset is within a value that has an anchor.
func (e *Editor) InAnchor(at int) bool {
	for w := e.root; w != nil; {
		if !w.Alias && w.Start < w.Value && bytes.IndexByte(e.Src[w.Start:w.Value], '&') >= 0 {
			return true
		}
		var next *spec.Written
		for _, item := range w.Items {
			if item.Start > at {
				break
			}
			next = item
		}
		w = next
	}
	return false
}

// EditsSince returns the edits since a mark as edits of the file as it was read.
func (e *Editor) EditsSince(mark int) []textedit.Edit {
	edits := e.settled(e.edits[mark:])
	for i := range edits {
		edits[i].End = min(edits[i].End, len(e.asRead))
		edits[i].New = string(textedit.KeepLineEnds(e.Src, []byte(edits[i].New)))
	}
	return edits
}
