package export

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// editor changes nodes of a file and leaves all other bytes alone, so that
// comments, blank lines and the writer's own spelling survive.
type editor struct {
	*lineIndex
	edits []spec.Edit

	includes       *includes // nil: an include is a mapping like any other
	keepReferences bool      // a text with ${{ in it is taken to say what is wanted
}

func newEditor(src []byte) *editor { return &editor{lineIndex: indexLines(src)} }

// apply returns the file with the edits made.
func (ed *editor) apply() []byte {
	// What is written at a place comes before what is taken away behind it.
	slices.SortStableFunc(ed.edits, func(a, b spec.Edit) int { return cmp.Or(a.Start-b.Start, min(a.End-a.Start, 1)-min(b.End-b.Start, 1)) })
	var out bytes.Buffer
	at := 0
	for _, e := range ed.edits {
		if e.Start < at {
			continue // lies within what another edit has replaced
		}
		out.Write(ed.src[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(ed.src[at:])
	if bytes.Contains(ed.src, []byte("\r\n")) {
		return bytes.ReplaceAll(bytes.ReplaceAll(out.Bytes(), []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	}
	return out.Bytes()
}

func (ed *editor) replace(start, end int, with string) {
	ed.edits = append(ed.edits, spec.Edit{Start: start, End: end, New: with})
}

// isFlow tells whether a collection stands within brackets.
func (ed *editor) isFlow(n *spec.Node) bool {
	at := ed.offset(n.Range.Start)
	return n.Kind != spec.ScalarNode && at < len(ed.src) && (ed.src[at] == '{' || ed.src[at] == '[')
}

// setKey gives a key of a block mapping a value; a nil value removes the key.
func (ed *editor) setKey(in *spec.Node, key string, value *yamltext.Node) {
	at := in.Key(key)
	switch {
	case at == nil && value == nil:
	case at == nil:
		ed.insertKey(in, "", key, value)
	case value == nil && in.Fields[0].Key == at && len(in.Fields) > 1:
		// The next field takes its place: a dash may stand before it.
		ed.replace(ed.offset(at.Range.Start), ed.offset(in.Fields[1].Key.Range.Start), "")
	case value == nil:
		start := ed.lineStart(ed.offset(at.Range.Start))
		ed.replace(start, ed.endOf(at, in.Get(key)), "")
	default:
		ed.setValue(at, in.Get(key), value)
	}
}

// indentOf is what stands before a node on its line, the dash of a list's item
// turned into a blank.
func (ed *editor) indentOf(n *spec.Node) string {
	at := ed.offset(n.Range.Start)
	return strings.Repeat(" ", at-ed.lineStart(at))
}

// insertKey writes a new field of a block mapping behind the field called after,
// behind the last one for "".
func (ed *editor) insertKey(in *spec.Node, after, key string, value *yamltext.Node) {
	last := in.Fields[len(in.Fields)-1]
	for _, f := range in.Fields {
		if f.Key.Text == after {
			last = f
		}
	}
	at := ed.endOf(last.Key, last.Value)
	var out bytes.Buffer
	if at > 0 && ed.src[at-1] != '\n' {
		out.WriteByte('\n')
	}
	yamltext.AppendBlock(&out, yamltext.Mapping(yamltext.Entry(key, value)), ed.indentOf(in.Fields[0].Key))
	ed.replace(at, at, out.String())
}

// endOf is the place behind the last line of a value.
func (ed *editor) endOf(key, value *spec.Node) int {
	end := ed.offset(key.Range.End)
	if value != nil {
		end = max(end, ed.offset(value.Range.End))
	}
	return ed.lineEnd(end)
}

// setValue replaces the value of a key: within its line where both the old and
// the new value stand on one, whole otherwise.
func (ed *editor) setValue(key, have *spec.Node, want *yamltext.Node) {
	start, end := ed.offset(have.Range.Start), ed.offset(have.Range.End)
	isBlock := have.Kind == spec.ScalarNode && (have.Style == spec.LiteralStyle || have.Style == spec.FoldedStyle) ||
		have.Kind != spec.ScalarNode && !ed.isFlow(have)
	if line := yamltext.OneLineOf(want, start-ed.lineStart(start)); line != "" && !isBlock && end > start {
		ed.replace(start, end, line)
		return
	}
	var out bytes.Buffer
	indent := ed.indentOf(key)
	yamltext.AppendValue(&out, key.Text, want, indent)
	after := ed.offset(key.Range.End)
	after += bytes.IndexByte(ed.src[after:], ':') + 1
	ed.replace(after, ed.lineEnd(max(end, after)), out.String())
}

// dashIndent is what stands before the dash of a block list's item.
func (ed *editor) dashIndent(item *spec.Node) string {
	at := ed.offset(item.Range.Start)
	start := ed.lineStart(at)
	dash := start + bytes.LastIndexByte(ed.src[start:at], '-')
	return strings.Repeat(" ", max(dash-start, 0))
}

// itemLines are the lines of a block list's item, its dash included.
func (ed *editor) itemLines(item *spec.Node) (start, end int) {
	return ed.lineStart(ed.offset(item.Range.Start)), ed.lineEnd(ed.offset(item.Range.End))
}
