package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/buildsync/buildsync/pkg/diff"
)

// Options choose the form of a plan as text. Without a width, the text is for files and pipes: laid
// out for 100 columns, with each fact on one line so that it can be searched. With a width, long
// lines are folded.
type Options struct {
	Color bool
	Width int // columns of the terminal

	NoGroup bool // list each of the changes that have one cause

	Zone *time.Location // of the times that are shown; nil is UTC
}

const (
	defaultWidth = 100
	minWidth     = 40
)

// Text writes a plan for a terminal.
func Text(w io.Writer, plan *diff.Plan, options Options) error {
	if Unread(plan) {
		plan = withoutChanges(plan)
	}
	t := &textWriter{width: defaultWidth, palette: paletteOf(options.Color), doc: outlineOf(plan, options.NoGroup)}
	if options.Width > 0 {
		t.width, t.fold = max(options.Width, minWidth), true
	}
	if options.Zone != nil {
		t.doc.in(options.Zone)
	}
	if len(t.doc.changes) == 0 && len(plan.Refusals) == 0 {
		if parts := partsOf(plan); len(parts) > 0 {
			t.words("", t.palette.bold, onlyAPart+" "+strings.Join(parts, "; "))
		}
		t.words("", t.palette.bold, nothingToDo(plan))
		_, err := w.Write(t.out.Bytes())
		return err
	}
	t.header(plan)
	for i := range t.doc.changes {
		t.change(&t.doc.changes[i])
	}
	if len(t.doc.changes) > 0 {
		t.line("")
	}
	t.refusals(plan)
	if line := answerOf(plan, &t.doc); line != "" {
		t.words("", t.palette.bold, line)
	}
	for _, line := range needLines(plan) {
		t.words("", t.palette.bold, line)
	}
	if id := planIDOf(plan); id != "" {
		t.line("Plan id: " + id)
	}
	_, err := w.Write(t.out.Bytes())
	return err
}

// cells measures text in columns of a terminal, whatever the locale of the
// process is: the same plan gives the same bytes everywhere.
var cells = runewidth.Condition{StrictEmojiNeutral: true}

type textWriter struct {
	out     bytes.Buffer
	width   int
	fold    bool // what is wider than width goes on in another line
	palette palette
	doc     document
}

func (t *textWriter) line(s string) {
	t.out.WriteString(strings.TrimRight(s, " "))
	t.out.WriteByte('\n')
}

// row writes left, and right in a column that is common to all rows.
func (t *textWriter) row(left, paint, right string) {
	column := min(t.doc.column+2, t.width*2/3)
	if right == "" {
		t.line(t.palette.paint(paint, left))
		return
	}
	gap := max(2, column-cells.StringWidth(left))
	if t.fold {
		gap = min(gap, t.width-cells.StringWidth(left)-cells.StringWidth(right))
	}
	if gap < 2 {
		t.line(t.palette.paint(paint, left))
		t.words("        ", t.palette.dim, right)
		return
	}
	t.line(t.palette.paint(paint, left) + strings.Repeat(" ", gap) + t.palette.dim(right))
}

// words writes a sentence, folded to several lines if necessary.
func (t *textWriter) words(indent string, paint func(string) string, sentence string) {
	line, further := "", indent+"  "
	for word := range strings.SplitSeq(sentence, " ") {
		if t.fold && line != "" && cells.StringWidth(indent+line+" "+word) > t.width {
			t.line(indent + paint(strings.TrimRight(line, " ")))
			line, indent = word, further
			continue
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	t.line(indent + paint(line))
}

func (t *textWriter) header(plan *diff.Plan) {
	title := titleOf(plan)
	revisions := revisionsOf(plan)
	gap := 3
	if len(t.doc.changes) > 0 { // in the column of the places below
		gap = max(2, 32-cells.StringWidth(title))
	}
	if room := t.width - cells.StringWidth(title) - cells.StringWidth(revisions); t.fold && room < 2 {
		t.words("", t.palette.bold, title)
		t.words("  ", func(s string) string { return s }, revisions)
	} else {
		if t.fold {
			gap = min(gap, room)
		}
		t.line(t.palette.bold(title) + strings.Repeat(" ", gap) + revisions)
	}
	if parts := partsOf(plan); len(parts) > 0 {
		t.words("", t.palette.bold, onlyAPart+" "+strings.Join(parts, "; "))
	}
	t.line("")
}

func (t *textWriter) refusals(plan *diff.Plan) {
	if len(plan.Refusals) == 0 {
		return
	}
	for _, r := range t.doc.refusals(plan, someNamed) {
		head := "Refused (" + name(r.Rule) + "):"
		t.words("", func(line string) string {
			if rest, first := strings.CutPrefix(line, head); first {
				return t.palette.paint(red, head) + rest
			}
			return line
		}, head+" "+message(r.Message))
	}
	t.line("")
}

func message(s string) string {
	return sanitizeMessage(s)
}

func (t *textWriter) change(c *changeView) {
	t.row(c.left(), c.paint, c.aside())
	if c.lastEdit != "" {
		t.line(t.palette.dim("      " + c.lastEdit))
	}
	for i := range c.fields {
		t.field(&c.fields[i])
	}
	for _, u := range c.undeclared {
		t.line(t.palette.dim("        " + u))
	}
	if len(c.members) > 0 {
		const hint = "   (--no-group lists each)"
		t.line(t.palette.dim("      " + c.memberNames(t.width-6-len(hint)) + hint))
	}
	if c.unchanged != "" {
		t.line(t.palette.dim("      " + c.unchanged))
	}
}

func (t *textWriter) field(f *fieldView) {
	switch {
	case f.diff != nil:
		t.noted(f, joinRight(f.place, f.stat()))
		t.hunks(f.diff)
	case len(f.item) > 0:
		t.noted(f, f.place)
		for _, l := range f.item {
			t.line(t.palette.paint(f.itemPaint, "        "+f.itemMark+" "+l))
		}
	default:
		t.values(f)
	}
}

// noted writes a field and what its verdict means, in a line of its own where the room is short.
func (t *textWriter) noted(f *fieldView, right string) {
	path, note := "    "+f.mark+" "+f.path, f.verdictNote()
	if !t.fold || cells.StringWidth(path+note) <= t.width {
		t.row(path+note, f.paint, right)
		return
	}
	t.row(path, f.paint, right)
	t.words("        ", func(s string) string { return t.palette.paint(f.paint, s) }, strings.TrimSpace(note))
}

// values writes a field and its values: behind the path where they fit, else on a
// line of their own, and only values too long for that are shortened.
func (t *textWriter) values(f *fieldView) {
	path := "    " + f.mark + " " + f.path
	if whole := f.values(pipeWidth); !t.fold || cells.StringWidth(path+"   "+whole) <= t.width {
		t.row(path+"   "+whole, f.paint, f.place)
		return
	}
	const indent = "        "
	t.row(path, f.paint, f.place)
	t.line(t.palette.paint(f.paint, indent+f.valuesIn(t.width-len(indent))))
}

// pipeWidth is how long a line with values may get where it is not shown on a
// terminal, which would fold it.
const pipeWidth = 1000

func joinRight(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "   ")
}

func (t *textWriter) hunks(d *scriptDiff) {
	const indent = "        "
	for _, h := range d.hunks {
		t.line(t.palette.paint(cyan, fmt.Sprintf("%s@@ %d @@", indent, h.start())))
		for _, l := range shownLines(h) {
			text := strings.ReplaceAll(l.text, "\t", "    ")
			t.line(t.palette.paint(lineColor(l.kind), indent+string(l.kind)+" "+text))
			if l.open {
				t.line(t.palette.dim(indent + `\ no line break at the end`))
			}
		}
	}
}
