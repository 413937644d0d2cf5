package screen

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// DisplayCells measures text in columns of a terminal.
var DisplayCells = kit.Cells

// MaxCell is how many characters of one value a table shows, maxWhole how many of one that people
// copy: more than any name, path or address has.
const MaxCell, maxWhole = 160, 2000

// Table is rows below a heading, aligned by what a terminal shows: a Chinese
// character is two columns wide. A column that is empty in all rows is left out.
type Table struct {
	head  []string
	Rows  [][]string
	soft  []int // columns that are cut before one is left out
	whole []int // columns that are neither cut nor left out
}

func NewTable(head ...string) *Table { return &Table{head: head} }

// Cutting names the columns whose values may be cut where the room is short. The
// others say more in a line that is too long than these do.
func (t *Table) Cutting(heads ...string) *Table {
	t.soft = append(t.soft, t.columns(heads)...)
	return t
}

// Whole names the columns whose values people copy, such as paths. Where the room is short, a row
// of such a table takes several lines. The first column is always whole.
func (t *Table) Whole(heads ...string) *Table {
	t.whole = append(t.whole, t.columns(heads)...)
	return t
}

func (t *Table) columns(heads []string) (columns []int) {
	for _, head := range heads {
		columns = append(columns, slices.Index(t.head, head))
	}
	return columns
}

func (t *Table) Add(cells ...string) {
	row := make([]string, len(t.head))
	for i := range row {
		limit := MaxCell
		if i == 0 || slices.Contains(t.whole, i) {
			limit = maxWhole
		}
		row[i] = Shown(cells[i], limit)
	}
	t.Rows = append(t.Rows, row)
}

func (t *Table) WriteTo(out *Paper) {
	if len(t.Rows) == 0 {
		return
	}
	widths := make([]int, len(t.head))
	for _, row := range t.Rows {
		for i, cell := range row {
			widths[i] = max(widths[i], DisplayCells.StringWidth(cell))
		}
	}
	for i, head := range t.head {
		if widths[i] > 0 {
			widths[i] = max(widths[i], len(head))
		}
	}
	lines, left := t.layout(widths, out.Width)
	for _, row := range append([][]string{t.head}, t.Rows...) {
		indent := ""
		for _, line := range lines {
			line.write(out, indent, row)
			indent = stackIndent
		}
	}
	if left > 0 {
		columns := "columns"
		if left == 1 {
			columns = "column"
		}
		out.WriteString(fmt.Sprintf("(%d more %s on a wider terminal)\n", left, columns))
	}
}

// gap is how many cells are between two columns, leastColumn how many of a
// value are enough to tell it.
const gap, leastColumn = 2, 12

// stackIndent stands before the further lines of a row.
const stackIndent = "    "

// tableLine is a line of a row: columns, and a width for each column of the table. The columns of
// no width are left out.
type tableLine struct {
	columns []int
	widths  []int
}

func (l tableLine) write(out *Paper, indent string, row []string) {
	line := strings.Builder{}
	for _, i := range l.columns {
		if l.widths[i] == 0 {
			continue
		}
		cell := row[i]
		if DisplayCells.StringWidth(cell) > l.widths[i] {
			cell = DisplayCells.Truncate(cell, l.widths[i], "…")
		}
		line.WriteString(DisplayCells.FillRight(cell, l.widths[i]))
		line.WriteString(strings.Repeat(" ", gap))
	}
	if text := strings.TrimRight(line.String(), " "); text != "" {
		out.WriteString(indent + text + "\n")
	}
}

// rowWidth returns how many cells the line takes.
func (l tableLine) rowWidth() (sum int) {
	for _, i := range l.columns {
		if w := l.widths[i]; w > 0 {
			sum += w + gap
		}
	}
	return max(0, sum-gap)
}

// layout distributes the columns to the lines of a row of width cells; 0: any width. left is how
// many columns are left out.
func (t *Table) layout(widths []int, width int) (lines []tableLine, left int) {
	all := tableLine{widths: widths}
	for i := range widths {
		all.columns = append(all.columns, i)
	}
	if width == 0 {
		return []tableLine{all}, 0
	}
	if line := all.cutSoft(t.soft, width); line.rowWidth() <= width {
		return []tableLine{line}, 0
	}
	if len(t.whole) > 0 {
		return t.flow(all, width), 0
	}
	line, left := all.cutSoft(t.soft, width).fit(width, 2)
	if line.rowWidth() <= width || len(all.columns) < 2 {
		return []tableLine{line}, left
	}
	// The name and the id do not fit beside each other.
	line, left = tableLine{all.columns[1:], widths}.cutSoft(t.soft, width-len(stackIndent)).fit(width-len(stackIndent), 1)
	return []tableLine{{all.columns[:1], widths}, line}, left
}

// flow fills lines with the columns in their order.
func (t *Table) flow(all tableLine, width int) (lines []tableLine) {
	const enough = 24 // cells of a value that may be cut
	soft := slices.DeleteFunc(slices.Clone(all.columns), func(i int) bool { return i == 0 || slices.Contains(t.whole, i) })
	used := width // the first column begins a line
	for _, i := range all.columns {
		room, need := width, all.widths[i]
		if need == 0 {
			continue
		}
		if slices.Contains(soft, i) {
			need = min(need, enough)
		}
		if len(lines) > 1 {
			room -= len(stackIndent)
		}
		if used+gap+need > room {
			lines, used = append(lines, tableLine{widths: all.widths}), -gap
		}
		last := &lines[len(lines)-1]
		last.columns, used = append(last.columns, i), used+gap+need
	}
	for n := range lines {
		room := width
		if n > 0 {
			room -= len(stackIndent)
		}
		lines[n] = lines[n].cutSoft(soft, room)
	}
	return lines
}

// cutSoft takes from the columns that may be cut, the widest first, until the line fits into width
// cells or each is as narrow as makes sense.
func (l tableLine) cutSoft(soft []int, width int) tableLine {
	l.widths = slices.Clone(l.widths)
	for l.rowWidth() > width {
		widest := -1
		for _, i := range soft {
			if slices.Contains(l.columns, i) && l.widths[i] > leastColumn && (widest < 0 || l.widths[i] > l.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		l.widths[widest]--
	}
	return l
}

// fit narrows columns until the line fits into width cells, and leaves out the last ones; left is
// how many. The first keep columns, a name and an id, stay as they are.
func (l tableLine) fit(width, keep int) (_ tableLine, left int) {
	l.widths = slices.Clone(l.widths)
	for at := len(l.columns) - 1; at >= keep && l.rowWidth() > width; at-- {
		i := l.columns[at]
		if over := l.rowWidth() - width; l.widths[i] > over+leastColumn { // enough is left of it
			l.widths[i] -= over
			break
		}
		if l.widths[i] > 0 {
			l.widths[i], left = 0, left+1
		}
	}
	return l, left
}

// Paper is what a result for people is written on.
type Paper struct {
	strings.Builder
	Width int            // cells of a line; 0 if nothing folds it
	Zone  *time.Location // nil is UTC
}

// PaperFor returns the paper of a result that goes to out; inFile: to a file.
func PaperFor(out io.Writer, inFile bool) *Paper {
	p := &Paper{}
	if !inFile && kit.IsTerminal(out) {
		p.Width, p.Zone = kit.TerminalWidth(out), time.Local
	}
	return p
}

// timeLayouts are the forms in which the service writes times.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 Z0700"}

// Time writes a time in the one form that all commands have: of the reader's
// zone on a terminal, and of UTC elsewhere. What is not a time stays.
func (p *Paper) Time(text string) string {
	t, known := readTime(text)
	switch {
	case !known:
		return text
	case t.IsZero():
		return ""
	}
	return p.Instant(t)
}

// readTime reads a time as the service writes it; the zero time stands for none.
func readTime(text string) (t time.Time, known bool) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		if ms <= 0 {
			return time.Time{}, true
		}
		return time.UnixMilli(ms), true
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Took returns how long something ran, "" if that is not known.
func Took(start, end string) string {
	from, known := readTime(start)
	to, alsoKnown := readTime(end)
	if !known || !alsoKnown || from.IsZero() || to.Before(from) {
		return ""
	}
	return sanitize.Lasted(to.Sub(from))
}

func (p *Paper) Instant(t time.Time) string {
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format(time.RFC3339)
}

// Sheet is names and values below each other. What has no value is left out.
type Sheet struct {
	names  []string
	values []string
}

func (s *Sheet) Add(name, value string) {
	if value != "" {
		s.names = append(s.names, name)
		s.values = append(s.values, Shown(value, 0))
	}
}

func (s *Sheet) WriteTo(out *Paper) {
	widest := 0
	for _, name := range s.names {
		widest = max(widest, DisplayCells.StringWidth(name))
	}
	for i, name := range s.names {
		fmt.Fprintf(out, "%s  %s\n", DisplayCells.FillRight(name+":", widest+1), s.values[i])
	}
}

// Shown makes text of the service fit for a line of a terminal: without
// what acts on it, and without what looks like a secret.
func Shown(s string, limit int) string { return sanitize.Line(secret.Redact(s), limit) }
