package screen

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// DisplayCells measures text in columns of a terminal, whatever the locale is.
var DisplayCells = runewidth.Condition{StrictEmojiNeutral: true}

// MaxCell is how many characters of one value a table shows.
const MaxCell = 160

// Table is rows below a heading, aligned by what a terminal shows: a Chinese
// character is two columns wide. A column that is empty in all rows is left out.
type Table struct {
	head []string
	Rows [][]string
	soft []int // columns that are cut before one is left out
}

func NewTable(head ...string) *Table { return &Table{head: head} }

// Cutting names the columns whose values may be cut where the room is short. The
// others say more in a line that is too long than these do.
func (t *Table) Cutting(heads ...string) *Table {
	for _, head := range heads {
		t.soft = append(t.soft, slices.Index(t.head, head))
	}
	return t
}

func (t *Table) Add(cells ...string) {
	row := make([]string, len(t.head))
	for i := range row {
		row[i] = Shown(cells[i], MaxCell)
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
	cutSoft(widths, t.soft, out.Width)
	left := fitColumns(widths, out.Width)
	for _, row := range append([][]string{t.head}, t.Rows...) {
		var line strings.Builder
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			if DisplayCells.StringWidth(cell) > widths[i] {
				cell = DisplayCells.Truncate(cell, widths[i], "…")
			}
			line.WriteString(DisplayCells.FillRight(cell, widths[i]))
			line.WriteString("  ")
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if left > 0 {
		columns := "columns"
		if left == 1 {
			columns = "column"
		}
		out.WriteString(fmt.Sprintf("(%d more %s on a wider terminal)\n", left, columns))
	}
}

// gap is how many cells stand between two columns, leastColumn how many of a
// value are enough to tell it.
const gap, leastColumn = 2, 12

// rowWidth is how many cells a row takes; columns of no width are left out.
func rowWidth(widths []int) (sum int) {
	for _, w := range widths {
		if w > 0 {
			sum += w + gap
		}
	}
	return max(0, sum-gap)
}

// cutSoft takes from the columns that may be cut, the widest first, until a row
// fits into width cells or each is as narrow as makes sense.
func cutSoft(widths, soft []int, width int) {
	for width > 0 && rowWidth(widths) > width {
		widest := -1
		for _, i := range soft {
			if widths[i] > leastColumn && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// fitColumns narrows columns until a row fits into width cells: the last ones
// are left out first, and the first one, a name, is cut if the second one, an
// id, leaves no more room. It returns how many were left out.
func fitColumns(widths []int, width int) (left int) {
	if width == 0 {
		return 0
	}
	for i := len(widths) - 1; i > 1 && rowWidth(widths) > width; i-- {
		if over := rowWidth(widths) - width; widths[i] > over+leastColumn { // enough is left of it
			widths[i] -= over
			return left
		}
		if widths[i] > 0 {
			widths[i], left = 0, left+1
		}
	}
	if over := rowWidth(widths) - width; over > 0 && len(widths) > 0 {
		widths[0] = max(leastColumn, widths[0]-over)
	}
	return left
}

// Paper is what a result for people is written on.
type Paper struct {
	strings.Builder
	Width int            // cells of a line; 0 if nothing folds it
	Zone  *time.Location // nil is UTC
}

// PaperFor is the paper of a result that goes to out; inFile: to a file.
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

// Took is how long something ran, "" if that is not known.
func Took(start, end string) string {
	from, known := readTime(start)
	to, alsoKnown := readTime(end)
	if !known || !alsoKnown || from.IsZero() || to.Before(from) {
		return ""
	}
	return to.Sub(from).Round(100 * time.Millisecond).String()
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
