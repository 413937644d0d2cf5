package format

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// tabStop is how far apart the columns are to which a tab moves.
const tabStop = 4

// cells returns the width of text on a terminal with a Latin locale. The package's default would
// read the environment.
func cells(s string) int {
	condition := runewidth.Condition{EastAsianWidth: false, StrictEmojiNeutral: true}
	return condition.StringWidth(s)
}

// sources finds lines in files. Diagnostics are sorted by file, so it keeps the line starts of one
// file only.
type sources struct {
	read   func(file string) []byte
	file   string
	loaded bool
	data   []byte
	starts []int
}

// line returns the characters of one line (from 1) without its line break.
func (s *sources) line(file string, number int) ([]rune, bool) {
	if s.read == nil || file == "" || number < 1 {
		return nil, false
	}
	if !s.loaded || s.file != file {
		s.load(file)
	}
	if number > len(s.starts) {
		return nil, false
	}
	rest := s.data[s.starts[number-1]:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return []rune(string(bytes.TrimSuffix(rest, []byte("\r")))), true
}

func (s *sources) load(file string) {
	s.file, s.loaded, s.starts = file, true, s.starts[:0]
	s.data = bytes.TrimPrefix(s.read(file), []byte("\ufeff"))
	if len(s.data) == 0 {
		return
	}
	s.starts = append(s.starts, 0)
	for i, b := range s.data {
		if b == '\n' {
			s.starts = append(s.starts, i+1)
		}
	}
}

// filePlace is a line of a file.
type filePlace struct {
	file string
	line int
}

// secretRanges finds, by line, what those rules point at, and what else a finding
// conceals: it must not be shown
// by a finding of another rule on the same line either.
func secretRanges(ds spec.Diagnostics) map[filePlace][]spec.Range {
	found := map[filePlace][]spec.Range{}
	for i := range ds {
		places := ds[i].Hidden
		if ds[i].HoldsSecret() {
			places = append(slices.Clip(places), ds[i].Range)
		}
		for _, r := range places {
			for line := r.Start.Line; line <= max(r.Start.Line, r.End.Line); line++ {
				at := filePlace{r.Start.File, line}
				found[at] = append(found[at], r)
			}
		}
	}
	return found
}

// shortestHidden is the length below which a secret is hidden only in its place.
const shortestHidden = 6

// hideElsewhere has the secrets of one line masked in all others as well: what a
// script echoes may be what it logs in with.
func (t *textWriter) hideElsewhere() {
	var texts []string
	byPlace := func(a, b filePlace) int { return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line)) }
	for _, at := range slices.SortedFunc(maps.Keys(t.hidden), byPlace) {
		line, ok := t.files.line(at.file, at.line)
		for _, r := range t.hidden[at] {
			if ok && r.Start.Line == r.End.Line && r.Start.Column >= 1 && r.End.Column-1 <= len(line) && r.End.Column-r.Start.Column >= shortestHidden {
				texts = append(texts, string(line[r.Start.Column-1:r.End.Column-1]))
			}
		}
	}
	if texts == nil {
		return
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }) // one may be a part of another
	var pairs []string
	for _, text := range slices.Compact(texts) {
		pairs = append(pairs, text, strings.Repeat("*", utf8.RuneCountInString(text)))
	}
	t.same = strings.NewReplacer(pairs...)
}

// line returns the line at a place as it may be shown.
func (t *textWriter) line(at spec.Pos) ([]rune, bool) {
	place := filePlace{at.File, at.Line}
	if !t.shown.known || t.shown.at != place {
		t.shown = shownLine{at: place, known: true}
		if t.shown.text, t.shown.ok = t.files.line(at.File, at.Line); t.shown.ok {
			t.shown.text = t.masked(t.shown.text, at)
		}
	}
	return t.shown.text, t.shown.ok
}

// masked returns the line at a place with secrets, also suspected ones, as asterisks, one for each
// character.
func (t *textWriter) masked(line []rune, at spec.Pos) []rune {
	line = []rune(secret.Redact(string(line)))
	for _, r := range t.hidden[filePlace{at.File, at.Line}] {
		start, end := 0, len(line)
		if r.Start.Line == at.Line {
			start = min(r.Start.Column-1, end)
		}
		if r.End.Line == at.Line {
			end = min(r.End.Column-1, end)
		}
		for i := max(0, start); i < end; i++ {
			line[i] = '*'
		}
	}
	if t.same != nil {
		line = []rune(t.same.Replace(string(line)))
	}
	return line
}

// excerptLine is one line as it is shown, and where the mark goes under it.
type excerptLine struct {
	text   string
	before int // cells before the mark
	under  int // cells of the mark, at least 1
}

// cut makes the characters of a line printable and limits it to width cells around the columns from
// start to end (from 1, end after the last).
func cut(line []rune, start, end, width int) excerptLine {
	start = min(start, len(line)+1)
	end = min(max(end, start), len(line)+1)
	first := 0
	if !fitsWithin(line[:start-1], 0, width*2/3) && !fitsWithin(line, 0, width) { // show some of what is before
		for first = start - 1; first > 0 && fitsWithin(line[first-1:start-1], 0, width/3); first-- {
		}
	}
	var text strings.Builder
	shown := excerptLine{}
	column := 0
	if first > 0 {
		text.WriteString("…")
		column = 1
	}
	shown.before = column
	if !fitsWithin(line[first:], column, width) {
		width-- // for the sign at the end
	}
	for i := first; i < len(line); i++ {
		if i == start-1 {
			shown.before = column
		}
		character, size := printed(line, i, column)
		if column+size > width {
			text.WriteString("…")
			column++
			if start-1 <= i && i < end-1 {
				shown.under = column - shown.before
			}
			break
		}
		text.WriteString(character)
		column += size
		if i == end-2 && i >= start-1 {
			shown.under = column - shown.before
		}
	}
	if start > len(line) {
		shown.before = column
	}
	shown.under = max(1, shown.under)
	shown.text = strings.TrimRight(text.String(), " ")
	return shown
}

// fitsWithin reports whether a line that begins at a cell needs no cutting.
func fitsWithin(line []rune, column, width int) bool {
	for i := range line {
		_, size := printed(line, i, column)
		if column += size; column > width {
			return false
		}
	}
	return true
}

// printed returns the printed form of a line's character i at a cell, and its width in cells.
func printed(line []rune, i, column int) (string, int) {
	if line[i] == '#' && isCommand(line, i) {
		return neutralMark, len(neutralMark)
	}
	return printable(line[i], column)
}

// printable returns the printed form of r at a cell, and its width in cells.
func printable(r rune, column int) (string, int) {
	if r == '\t' {
		size := tabStop - column%tabStop
		return strings.Repeat(" ", size), size
	}
	if r >= ' ' && r <= '~' {
		return string(r), 1
	}
	s := sanitize.Line(string(r), 0)
	return s, cells(s)
}

const neutralMark = `\u{0023}`

// isCommand reports whether the second character of a CI system's command is at i.
func isCommand(line []rune, i int) bool {
	return i > 0 && line[i-1] == '#' && slices.ContainsFunc(commands, func(command string) bool {
		end := min(len(line), i-1+len(command))
		return string(line[i-1:end]) == command
	})
}
