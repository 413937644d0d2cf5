// Package textedit finds places in a text and applies edits to it. Bytes that no
// edit names stay as they are.
package textedit

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"
)

// Edit puts New in the place of the bytes from Start to End.
type Edit struct {
	Start, End int
	New        string
}

// Lines is a text with an index of its lines. A byte-order mark is not part of
// the first line.
type Lines struct {
	Src    []byte
	starts []int

	// marks are the characters up to each markEvery bytes of a long line, by
	// where the line starts: a column of a line of any length is found at once.
	marks map[int][]int
}

// markEvery is how many bytes are between two marks of a line.
const markEvery = 512

// Index indexes the lines of a text.
func Index(src []byte) *Lines {
	x := &Lines{Src: src, starts: make([]int, 1, 1+bytes.Count(src, []byte("\n")))}
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		x.starts[0] = len("\ufeff")
	}
	for i, c := range src {
		if c == '\n' {
			x.starts = append(x.starts, i+1)
		}
	}
	return x
}

// Offset returns the byte at a line and a column, both from 1 and the column in
// characters. ok is false if the text has no such place; the offset is then
// the nearest one.
func (x *Lines) Offset(line, column int) (offset int, ok bool) {
	if line < 1 || line > len(x.starts) {
		return len(x.Src), false
	}
	offset = x.starts[line-1]
	if column > markEvery { // earlier columns are found by counting
		marks := x.marksOf(offset)
		i, found := slices.BinarySearch(marks, column-1)
		if !found {
			i--
		}
		offset, column = x.runeStart(offset+i*markEvery), column-marks[i]
	}
	for range column - 1 {
		if offset >= len(x.Src) || x.Src[offset] == '\n' {
			return offset, false
		}
		_, size := utf8.DecodeRune(x.Src[offset:])
		offset += size
	}
	return offset, column > 0
}

// Position returns the line and the column of a byte, both from 1 and the column
// in characters.
func (x *Lines) Position(offset int) (line, column int) {
	start := x.LineStart(offset)
	i, _ := slices.BinarySearch(x.starts, start)
	before := 0
	if offset-start > markEvery {
		marks := x.marksOf(start)
		mark := min((offset-start)/markEvery, len(marks)-1)
		if from := x.runeStart(start + mark*markEvery); from <= offset {
			start, before = from, marks[mark]
		}
	}
	return i + 1, before + utf8.RuneCount(x.Src[start:max(offset, start)]) + 1
}

// marksOf counts the characters of a line up to each mark, once.
func (x *Lines) marksOf(start int) []int {
	if marks, known := x.marks[start]; known {
		return marks
	}
	end := len(x.Src)
	if i := bytes.IndexByte(x.Src[start:], '\n'); i >= 0 {
		end = start + i
	}
	marks, count, at := []int{0}, 0, start
	for next := start + markEvery; next < end; next += markEvery {
		to := x.runeStart(next)
		count += utf8.RuneCount(x.Src[at:to])
		at = to
		marks = append(marks, count)
	}
	if x.marks == nil {
		x.marks = map[int][]int{}
	}
	x.marks[start] = marks
	return marks
}

// runeStart returns the start of the first character at or after an offset.
func (x *Lines) runeStart(at int) int {
	for at < len(x.Src) && !utf8.RuneStart(x.Src[at]) {
		at++
	}
	return at
}

// LineStart returns the start of the line that an offset is on.
func (x *Lines) LineStart(at int) int {
	i, found := slices.BinarySearch(x.starts, at)
	if !found {
		i--
	}
	return x.starts[max(i, 0)]
}

// LineEnd returns the place after the break of an offset's line, or the end of the
// text.
func (x *Lines) LineEnd(at int) int {
	if i := bytes.IndexByte(x.Src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(x.Src)
}

// Overlap reports whether two edits touch, so that their order would matter.
func Overlap(a, b Edit) bool { return a.Start <= b.End && b.Start <= a.End }

// Apply returns src with the edits made, in the order of their places. What is
// written at a place comes before what is taken away after it; an edit within
// what another has replaced is dropped.
func Apply(src []byte, edits []Edit) []byte {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return cmp.Or(a.Start-b.Start, min(a.End-a.Start, 1)-min(b.End-b.Start, 1)) })
	var out bytes.Buffer
	at := 0
	for _, e := range sorted {
		if e.Start < at {
			continue
		}
		out.Write(src[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(src[at:])
	return out.Bytes()
}

// KeepLineEnds gives every line of after the line ends of before, where those are
// CRLF.
func KeepLineEnds(before, after []byte) []byte {
	if !bytes.Contains(before, []byte("\r\n")) {
		return after
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(after, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}
