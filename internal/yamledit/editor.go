// Package yamledit changes values of a YAML file and leaves all other bytes
// alone: blank lines, the writer's own spelling, and comments, which follow the
// key or item that they are above, beside or directly below. It edits in block
// and in flow style; an alias that is changed becomes a value of its own, and the
// anchor stays.
//
// Nodes are those of spec.ParseFile over the same text.
package yamledit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Editor collects the edits of one file.
type Editor struct {
	*textedit.Lines
	edits []textedit.Edit

	brackets map[[2]int]bool // edits that add or remove a child of a collection in brackets

	asRead []byte         // without the final line break that Src has in any case
	chomp  *textedit.Edit // keeps a text at the end of the file without one

	root        *spec.Written
	collections map[place]*spec.Written
	values      map[int]*spec.Written // of the key that starts at an offset
	parents     map[*spec.Written]*spec.Written
}

// place identifies a collection: a list and the mapping that is its first item
// may start at one offset.
type place struct {
	offset int
	kind   spec.NodeKind
}

// New makes an Editor of a file that spec.ParseFile can read.
func New(name string, src []byte) *Editor {
	e := &Editor{asRead: src, collections: map[place]*spec.Written{}, values: map[int]*spec.Written{}, parents: map[*spec.Written]*spec.Written{}}
	_, e.root, _ = spec.ParseWritten(name, src)
	if len(src) > 0 && src[len(src)-1] != '\n' {
		src = append(slices.Clone(src), '\n')
		e.chomp = chomping(e.root, src)
	}
	e.Lines = textedit.Index(src)
	if e.root != nil {
		e.index(e.root)
	}
	return e
}

func (e *Editor) index(n *spec.Written) {
	if n.Kind != spec.ScalarNode {
		e.collections[place{n.Start, n.Kind}] = n
	}
	for i, item := range n.Items {
		e.parents[item] = n
		if n.Kind == spec.MappingNode && i%2 == 0 {
			e.values[item.Value] = n.Items[i+1]
		}
		e.index(item)
	}
}

// Changed reports whether there are edits.
func (e *Editor) Changed() bool { return len(e.edits) > 0 }

// Mark returns a mark for Revert.
func (e *Editor) Mark() int { return len(e.edits) }

// Revert takes back the edits since a mark.
func (e *Editor) Revert(mark int) { e.edits = e.edits[:mark] }

// Apply returns the file with the edits made.
func (e *Editor) Apply() []byte {
	if len(e.edits) == 0 {
		return e.asRead
	}
	edits := e.settled(e.edits)
	if e.chomp != nil && !overlapped(edits, *e.chomp) {
		edits = append(slices.Clone(edits), *e.chomp)
	}
	edits = e.apart(edits)
	return textedit.KeepLineEnds(e.Src, textedit.Apply(e.Src, edits))
}

// Replace puts text in the place of a range of bytes.
func (e *Editor) Replace(start, end int, with string) {
	e.edits = append(e.edits, textedit.Edit{Start: start, End: end, New: with})
}

// At returns the offset of a place in the file.
func (e *Editor) At(p spec.Pos) int {
	offset, _ := e.Offset(p.Line, p.Column)
	return offset
}

// IsFlow reports whether a collection is within brackets.
func (e *Editor) IsFlow(n *spec.Node) bool {
	w := e.writtenOf(n)
	return w != nil && w.Flow
}

func (e *Editor) writtenOf(n *spec.Node) *spec.Written {
	return e.collections[place{e.At(n.Range.Start), n.Kind}]
}

// Owns reports whether a key is in a mapping itself, not in one that it
// merges.
func (e *Editor) Owns(in *spec.Node, key string) bool { return e.entry(in, key) >= 0 }

// entry returns the index of a key among the entries of a mapping, -1 for none.
func (e *Editor) entry(in *spec.Node, key string) int {
	w := e.writtenOf(in)
	if w == nil {
		return -1
	}
	for i := 0; i+1 < len(w.Items); i += 2 {
		if w.Items[i].Text == key && !w.Items[i].Alias {
			return i / 2
		}
	}
	return -1
}

// IsAlias reports whether the value of a key is an alias.
func (e *Editor) IsAlias(key *spec.Node) bool {
	value := e.values[e.At(key.Range.Start)]
	return value != nil && value.Alias
}

// IsAliasItem reports whether an item of a list is an alias.
func (e *Editor) IsAliasItem(list *spec.Node, i int) bool {
	w := e.writtenOf(list)
	return w != nil && i < len(w.Items) && w.Items[i].Alias
}

// inFlow reports whether what is at a value is within brackets.
func (e *Editor) inFlow(w *spec.Written) bool {
	for p := e.parents[w]; p != nil; p = e.parents[p] {
		if p.Flow {
			return true
		}
	}
	return false
}

// SetKey gives a key of a mapping a value, a new key after the others; nil
// removes the key, or lays null over one that is merged in.
func (e *Editor) SetKey(in *spec.Node, key string, value *yamltext.Node) {
	i := e.entry(in, key)
	switch {
	case i < 0 && value == nil && in.Get(key) != nil: // merged in
		e.InsertKey(in, "", key, yamltext.Literal("null"))
	case i < 0 && value == nil:
	case i < 0:
		e.InsertKey(in, "", key, value)
	case value == nil:
		e.removeEntry(e.writtenOf(in), i)
	default:
		e.SetValue(in.Key(key), in.Get(key), value)
	}
}

// DropKey takes a key from a mapping as SetKey does, and lays null over one that would show through
// then, since the mapping merges it as well.
func (e *Editor) DropKey(in *spec.Node, key string) {
	switch {
	case e.entry(in, key) < 0 || !e.merges(e.writtenOf(in), key):
		e.SetKey(in, key, nil)
	case !in.Get(key).IsNull():
		e.SetValue(in.Key(key), in.Get(key), yamltext.Literal("null"))
	}
}

// InsertKey writes a new field of a mapping after the field called after, after
// the last one if there is none of that name.
func (e *Editor) InsertKey(in *spec.Node, after, key string, value *yamltext.Node) {
	w := e.writtenOf(in)
	if w == nil {
		return
	}
	i := e.entry(in, after)
	if i < 0 {
		i = len(w.Items)/2 - 1
	}
	if w.Flow {
		e.insertFlow(w, 2*i+2, yamltext.CompactEntry(key, value))
		return
	}
	parts := e.parts(w)
	at := parts[i].tail
	var out bytes.Buffer
	if at > 0 && e.Src[at-1] != '\n' {
		out.WriteByte('\n')
	}
	yamltext.AppendBlock(&out, yamltext.Mapping(yamltext.Entry(key, value)), spaces(e.column(w.Items[0].Start)))
	e.Replace(at, at, out.String())
}

// removeEntry removes a key with its value and the comments about it.
func (e *Editor) removeEntry(w *spec.Written, i int) {
	if w.Flow {
		e.removeFlow(w, 2*i, 2*i+2)
		return
	}
	parts := e.parts(w)
	p := parts[i]
	if i > 0 || !p.behindDash {
		if i > 0 && i == len(parts)-1 {
			p.head = e.gap(p.head, parts[i-1].tail)
		}
		e.Replace(p.head, p.tail, "")
		return
	}
	if len(parts) == 1 {
		e.Replace(w.Value, e.endOf(w), "{}")
		return
	}
	// The next field takes the place after the dash; the comments about it go
	// above the dash.
	next := parts[1]
	line := e.LineStart(w.Value)
	e.Replace(line, next.start+e.column(w.Items[2].Start), string(e.Src[next.head:next.start])+string(e.Src[line:w.Value]))
}

// endOf returns the place after a value.
func (e *Editor) endOf(w *spec.Written) int {
	if w.End < 0 {
		return w.Value
	}
	return w.End
}

// column returns how far into its line an offset is, in bytes.
func (e *Editor) column(at int) int { return at - e.LineStart(at) }

func spaces(n int) string { return strings.Repeat(" ", n) }

// SetValue replaces the value of a key, and leaves the comments beside it.
func (e *Editor) SetValue(key, have *spec.Node, want *yamltext.Node) {
	w := e.values[e.At(key.Range.Start)]
	if w == nil {
		return
	}
	if e.inFlow(w) {
		e.setInFlow(w, want)
		return
	}
	keyAt := e.At(key.Range.Start)
	after := e.At(key.Range.End)
	after += bytes.IndexByte(e.Src[after:], ':') + 1
	e.setBlock(w, key.Text, after, spaces(e.column(keyAt)), want)
}

// SetItem replaces an item of a list, and leaves the comments beside it.
func (e *Editor) SetItem(list *spec.Node, i int, want *yamltext.Node) {
	if w := e.writtenOf(list); w != nil && i < len(w.Items) {
		e.setItem(w, i, want)
	}
}

func (e *Editor) setItem(w *spec.Written, i int, want *yamltext.Node) {
	item := w.Items[i]
	if w.Flow || e.inFlow(w) {
		e.setInFlow(item, want)
		return
	}
	dash := e.dashOf(item)
	if len(want.Fields) > 0 && !want.Flow { // the first key is after the dash
		end := max(e.LineEnd(max(e.endOf(item), dash)), e.within(item))
		text := itemText(want, spaces(e.column(dash)))
		if item.Flow || item.Alias {
			if beside := commentsIn(e.Src[e.endOf(item):end]); len(beside) > 0 {
				first, rest, _ := strings.Cut(text, "\n")
				text = first + " " + beside[0] + "\n" + rest
			}
		}
		e.Replace(e.LineStart(dash), end, text)
		return
	}
	e.setBlock(item, "", dash+1, spaces(e.column(dash)), want)
}

func (e *Editor) setInFlow(w *spec.Written, want *yamltext.Node) {
	text := yamltext.Compact(want)
	if w.Value == e.endOf(w) { // nothing stands there: "a:" or "a: ,"
		text = " " + text
	}
	e.Replace(e.valueStart(w), e.endOf(w), text)
}

// valueStart returns where a value starts, after its anchor, which others may name.
func (e *Editor) valueStart(w *spec.Written) int {
	if w.Alias || w.Start < len(e.Src) && e.Src[w.Start] == '!' {
		return w.Start
	}
	return w.Value
}

// setBlock replaces the value that is after the colon or dash at after.
func (e *Editor) setBlock(w *spec.Written, key string, after int, indent string, want *yamltext.Node) {
	end := e.endOf(w)
	isBlock := !w.Alias && (w.Kind == spec.ScalarNode && (w.Style == spec.LiteralStyle || w.Style == spec.FoldedStyle) || w.Kind != spec.ScalarNode && !w.Flow)
	start := e.valueStart(w)
	if line := yamltext.OneLineOf(want, e.column(start)); line != "" && !isBlock && end > start {
		e.Replace(start, end, line)
		return
	}
	comment := ""
	lineEnd := e.LineEnd(after)
	if w.Kind == spec.ScalarNode && isBlock {
		header := string(e.Src[w.Value:lineEnd])
		if i := strings.Index(header, " #"); i >= 0 {
			comment = strings.TrimRight(header[i:], " \t\r\n")
		}
	} else if end <= start || !isBlock {
		rest := string(e.Src[max(end, after):e.LineEnd(max(end, after))])
		if i := strings.Index(" "+rest, " #"); i >= 0 {
			comment = " " + strings.TrimSpace(rest[max(i-1, 0):])
		}
	} else if rest := string(e.Src[after:lineEnd]); e.LineStart(start) >= lineEnd {
		if i := strings.Index(rest, "#"); i >= 0 {
			comment = " " + strings.TrimSpace(rest[i:])
		}
	}
	anchor := ""
	if w.Start < w.Value && !w.Alias && e.Src[w.Start] == '&' {
		anchor = " " + strings.TrimSpace(string(e.Src[w.Start:w.Value]))
	}
	var out bytes.Buffer
	yamltext.AppendValue(&out, key, want, indent)
	text := out.String()
	first, rest, _ := strings.Cut(text, "\n")
	line, end := e.LineStart(after), max(e.LineEnd(max(end, after)), e.within(w))
	// A text of several lines would take in the comments beside or below it: they go above it.
	var above []string
	below := end
	if want.Kind == yamltext.TextNode && rest != "" {
		if first = strings.TrimSpace(first); !strings.HasPrefix(first, "|") && comment != "" {
			above, comment = append(above, strings.TrimSpace(comment)), ""
		}
		first = " " + first
		below = e.deeper(end, len(indent))
		above = append(above, commentsIn(e.Src[end:below])...)
	}
	text = anchor + first + comment + "\n" + rest
	if len(above) == 0 {
		e.Replace(after, end, text)
		return
	}
	head := string(e.Src[line:after])
	pad := "\n" + head[:len(head)-len(strings.TrimLeft(head, " "))]
	e.Replace(line, below, pad[1:]+strings.Join(above, pad)+"\n"+head+text)
}

func itemText(n *yamltext.Node, indent string) string {
	var out bytes.Buffer
	yamltext.AppendBlock(&out, yamltext.Sequence(n), indent)
	return out.String()
}

// dashOf returns the offset of the dash before an item of a block list.
func (e *Editor) dashOf(item *spec.Written) int {
	at := item.Start
	for at > 0 && e.Src[at-1] != '-' {
		at--
	}
	return max(at-1, 0)
}

// Item is an item of a list as it is to be: the one of that index, or a new one.
type Item struct {
	Have int            // -1: New
	New  *yamltext.Node // nil: that of Have
}

// Arrange brings a list to the items given: those that are not among them are
// removed, and the others move, with the comments about them. Edits within an
// item must have been made before. It returns false, and changes nothing, where
// the list has no items.
func (e *Editor) Arrange(list *spec.Node, items []Item) bool {
	w := e.writtenOf(list)
	if w == nil || len(w.Items) == 0 || len(items) == 0 {
		return false
	}
	if w.Flow || e.inFlow(w) {
		return e.arrangeFlow(w, items)
	}
	parts := e.parts(w)
	indent := spaces(e.column(e.dashOf(w.Items[0])))
	if inOrder(items) {
		e.insertAndRemove(w, parts, items, indent)
		return true
	}
	var out strings.Builder
	start, end := parts[0].head, parts[len(parts)-1].tail
	for _, item := range items {
		text := ""
		if item.Have < 0 {
			text = itemText(item.New, indent)
		} else {
			text = e.taken(parts[item.Have].head, parts[item.Have].tail)
		}
		if out.Len() > 0 && !strings.HasSuffix(out.String(), "\n") {
			out.WriteByte('\n')
		}
		out.WriteString(text)
	}
	for i, p := range parts { // what is removed takes its edits along
		if !slices.ContainsFunc(items, func(it Item) bool { return it.Have == i }) {
			e.taken(p.head, p.tail)
		}
	}
	e.Replace(start, end, out.String())
	return true
}

// inOrder reports whether the items that stay keep their order.
func inOrder(items []Item) bool {
	last := -1
	for _, item := range items {
		if item.Have >= 0 {
			if item.Have < last {
				return false
			}
			last = item.Have
		}
	}
	return true
}

func (e *Editor) insertAndRemove(w *spec.Written, parts []part, items []Item, indent string) {
	at := parts[0].head
	kept := map[int]bool{}
	for _, item := range items {
		if item.Have >= 0 {
			at = parts[item.Have].tail
			kept[item.Have] = true
			continue
		}
		text := itemText(item.New, indent)
		if at > 0 && e.Src[at-1] != '\n' {
			text = "\n" + text
		}
		e.Replace(at, at, text)
	}
	atEnd := items[len(items)-1].Have >= 0
	for i, p := range slices.Backward(parts) {
		if kept[i] {
			atEnd = false
			continue
		}
		e.taken(p.head, p.tail)
		if atEnd && i > 0 { // nothing follows that blank lines set apart
			p.head = e.gap(p.head, parts[i-1].tail)
		}
		e.Replace(p.head, p.tail, "")
	}
}

// taken returns the text of a range with the edits within it made; they are taken
// back.
func (e *Editor) taken(start, end int) string {
	var within []textedit.Edit
	e.edits = slices.DeleteFunc(e.edits, func(x textedit.Edit) bool {
		inside := x.Start >= start && x.End <= end && (x.Start > start || x.End > start)
		if inside {
			within = append(within, x)
		}
		return inside
	})
	within = e.settled(within)
	if c := e.chomp; c != nil && c.Start >= start && c.End <= end && !overlapped(within, *c) {
		within = append(within, *c) // what follows the text elsewhere begins on a new line
	}
	for i := range within {
		within[i].Start, within[i].End = within[i].Start-start, within[i].End-start
	}
	return string(textedit.Apply(e.Src[start:end], within))
}
