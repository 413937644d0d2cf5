package yamledit

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// insertFlow writes an entry or item of a collection in brackets before its
// child with the index given.
func (e *Editor) insertFlow(w *spec.Written, before int, text string) {
	switch {
	case len(w.Items) == 0:
		e.Replace(w.Value+1, w.End-1, text)
	case before > 0:
		end := e.endOf(w.Items[before-1])
		e.inBrackets(end, end)
		e.Replace(end, end, ", "+text)
	default:
		e.inBrackets(w.Items[0].Start, w.Items[0].Start)
		e.Replace(w.Items[0].Start, w.Items[0].Start, text+", ")
	}
}

// removeFlow removes the children from i to j of a collection in brackets, with
// one comma and the comment beside them.
func (e *Editor) removeFlow(w *spec.Written, i, j int) {
	if i == 0 && j == len(w.Items) {
		e.inBrackets(w.Value+1, w.End-1)
		e.Replace(w.Value+1, w.End-1, "")
		return
	}
	from, to := w.Items[i].Start, e.endOf(w.Items[j-1])
	switch {
	case e.holdsComment(w):
		l := e.flowLine(from, to)
		e.Replace(l.start, l.end, "")
	default:
		if i > 0 {
			from = e.endOf(w.Items[i-1])
		}
		e.inBrackets(from, to)
		e.Replace(from, to, "")
	}
}

// inBrackets notes that an edit of a range adds or removes a child of a collection in brackets.
func (e *Editor) inBrackets(start, end int) {
	if e.brackets == nil {
		e.brackets = map[[2]int]bool{}
	}
	e.brackets[[2]int{start, end}] = true
}

// settled joins the edits that remove and add children of collections in brackets: each knows
// nothing of the others, and together they decide where commas are. What is added beside a child
// that goes stays.
func (e *Editor) settled(edits []textedit.Edit) []textedit.Edit {
	var cuts, rest []textedit.Edit
	for _, x := range edits {
		if x.New == "" && x.End > x.Start && e.brackets[[2]int{x.Start, x.End}] {
			cuts = append(cuts, x)
		} else {
			rest = append(rest, x)
		}
	}
	slices.SortFunc(cuts, func(a, b textedit.Edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	var joined []textedit.Edit
	for _, cut := range cuts {
		if last := len(joined) - 1; last >= 0 && cut.Start <= joined[last].End {
			joined[last].End = max(joined[last].End, cut.End)
		} else {
			joined = append(joined, cut)
		}
	}
	for i := range joined {
		e.settle(&joined[i], rest)
	}
	return append(rest, joined...)
}

// settle moves what is added within a cut behind it, and cuts the comma that the first child of a
// collection leaves.
func (e *Editor) settle(cut *textedit.Edit, rest []textedit.Edit) {
	before := bytes.TrimRight(e.Src[:cut.Start], " \t\r\n")
	first := bytes.HasSuffix(before, []byte("{")) || bytes.HasSuffix(before, []byte("["))
	var head *textedit.Edit
	var added []*textedit.Edit
	for i := range rest {
		x := &rest[i]
		switch {
		case x.Start != x.End || x.Start < cut.Start || x.End > cut.End || !e.brackets[[2]int{x.Start, x.End}]:
		case strings.HasPrefix(x.New, ", "):
			added = append(added, x)
		case x.Start == cut.Start:
			head = x
		}
	}
	slices.SortStableFunc(added, func(a, b *textedit.Edit) int { return a.Start - b.Start })
	for _, x := range added {
		x.Start, x.End = cut.End, cut.End
	}
	behind := bytes.TrimLeft(e.Src[cut.End:], " \t\r\n")
	follows := bytes.HasPrefix(behind, []byte(","))
	switch {
	case !first:
	case len(added) > 0:
		added[0].New = strings.TrimPrefix(added[0].New, ", ")
	case follows:
		after := bytes.TrimLeft(behind[1:], " \t")
		cut.End = len(e.Src) - len(after)
	case head != nil:
		head.New = strings.TrimSuffix(head.New, ", ")
	}
}

// holdsComment reports whether a comment is between the brackets.
func (e *Editor) holdsComment(w *spec.Written) bool {
	inside := string(e.Src[w.Value:w.End])
	return strings.Contains(inside, "\n") && strings.Contains(inside, "#")
}

// flowLine is the range of a child in brackets, from start to end: with its
// comma, the comment beside it, and whole lines where it has lines of its own,
// the comments above included.
type flowLine struct {
	start, end int
	whole      bool // lines of its own
	comma      int  // where the comma is or belongs
	hasComma   bool
}

func (e *Editor) flowLine(start, end int) flowLine {
	l := flowLine{start: start, end: end, comma: end}
	blanks := func(at int) int {
		for at < len(e.Src) && (e.Src[at] == ' ' || e.Src[at] == '\t') {
			at++
		}
		return at
	}
	if at := blanks(end); at < len(e.Src) && e.Src[at] == ',' {
		l.hasComma, l.end = true, at+1
	}
	behind := blanks(l.end)
	if behind < len(e.Src) && e.Src[behind] == '#' {
		behind = e.LineEnd(behind)
		if behind > 0 && e.Src[behind-1] == '\n' {
			behind--
		}
		l.end = behind
	}
	line := e.LineStart(start)
	if strings.TrimSpace(string(e.Src[line:start])) == "" && (behind >= len(e.Src) || e.Src[behind] == '\n' || e.Src[behind] == '\r') {
		l.whole, l.start, l.end = true, e.above(line, 0), e.LineEnd(behind)
	}
	return l
}

// arrangeFlow is Arrange for a list in brackets.
func (e *Editor) arrangeFlow(w *spec.Written, items []Item) bool {
	if e.holdsComment(w) {
		return e.arrangeFlowLines(w, items)
	}
	var texts []string
	for _, item := range items {
		if item.Have < 0 {
			texts = append(texts, yamltext.Compact(item.New))
			continue
		}
		child := w.Items[item.Have]
		texts = append(texts, e.taken(child.Start, e.endOf(child)))
	}
	start, end := w.Items[0].Start, e.endOf(w.Items[len(w.Items)-1])
	e.taken(start, end) // of the items that are removed
	e.Replace(start, end, strings.Join(texts, ", "))
	return true
}

// arrangeFlowLines is Arrange for a list in brackets with comments, where each
// item has lines of its own.
func (e *Editor) arrangeFlowLines(w *spec.Written, items []Item) bool {
	lines := make([]flowLine, 0, len(w.Items))
	for i, item := range w.Items {
		l := e.flowLine(item.Start, e.endOf(item))
		if !l.whole || i > 0 && l.start < lines[i-1].end {
			return false
		}
		lines = append(lines, l)
	}
	indent := spaces(e.column(w.Items[0].Start))
	var out strings.Builder
	for _, item := range items {
		if item.Have < 0 {
			out.WriteString(indent + yamltext.Compact(item.New) + ",\n")
			continue
		}
		l := lines[item.Have]
		if !l.hasComma {
			e.Replace(l.comma, l.comma, ",")
		}
		out.WriteString(e.taken(l.start, l.end))
	}
	start, end := lines[0].start, lines[len(lines)-1].end
	e.taken(start, end)
	e.Replace(start, end, out.String())
	return true
}

// Carry returns want with the comments that are within the brackets of have, for
// a value that is to be written in block style. pair finds the item of a list that
// corresponds to each item of want, -1 for none.
func (e *Editor) Carry(have *spec.Node, want *yamltext.Node, pair func(*spec.Node, *yamltext.Node) []int) *yamltext.Node {
	w := e.writtenOf(have)
	if w == nil || !w.Flow || !e.holdsComment(w) {
		return want
	}
	carried, comments := *want, e.flowComments(w)
	switch {
	case have.Kind == spec.MappingNode && want.Kind == yamltext.MappingNode:
		carried.Fields = slices.Clone(want.Fields)
		for i, f := range carried.Fields {
			if at := e.entry(have, f.Key); at >= 0 {
				value := *e.Carry(have.Get(f.Key), f.Value, pair)
				value.Comments = comments[at]
				carried.Fields[i].Value = &value
			}
		}
	case have.Kind == spec.SequenceNode && want.Kind == yamltext.SequenceNode:
		carried.Items = slices.Clone(want.Items)
		for i, at := range pair(have, want) {
			if at >= 0 {
				item := *e.Carry(have.Items[at], want.Items[i], pair)
				item.Comments = comments[at]
				carried.Items[i] = &item
			}
		}
	}
	return &carried
}

// flowComments lists the comments about each child of a collection in brackets.
func (e *Editor) flowComments(w *spec.Written) []yamltext.Comments {
	step := 1
	if w.Kind == spec.MappingNode {
		step = 2
	}
	var all []yamltext.Comments
	from := w.Value + 1
	for i := 0; i+step <= len(w.Items); i += step {
		start, value, end := w.Items[i].Start, w.Items[i+step-1].Start, e.endOf(w.Items[i+step-1])
		c := yamltext.Comments{Above: commentsIn(e.Src[from:start])}
		if step == 2 {
			c.Above = append(c.Above, commentsIn(e.Src[e.endOf(w.Items[i]):value])...)
		}
		from = e.flowLine(start, end).end
		if beside := commentsIn(e.Src[end:from]); len(beside) > 0 {
			c.Beside = beside[0]
		}
		all = append(all, c)
	}
	if len(all) > 0 && from < w.End {
		all[len(all)-1].Below = commentsIn(e.Src[from:w.End])
	}
	return all
}

// commentsIn lists the comments of a text that holds nothing else but blanks and
// indicators.
func commentsIn(text []byte) (found []string) {
	for line := range strings.Lines(string(text)) {
		if i := strings.IndexByte(line, '#'); i >= 0 {
			found = append(found, strings.TrimSpace(line[i:]))
		}
	}
	return found
}
