package render

import (
	"fmt"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// context is how many unchanged lines are around a change.
const context = 3

// maxLines is the number of lines up to which a minimal difference is computed. Beyond it only the
// common beginning and end are skipped, because reordered lines would cost quadratic time.
const maxLines = 20_000

// line is one line of a script's difference. Kind is ' ', '-' or '+'; the text
// has no line break, and open tells that the script ends without one.
type line struct {
	kind byte
	text string
	open bool
	a, b int // numbers from 1 in the old and the new script; 0 on the other side
}

// hunk is a stretch of changed lines with their context.
type hunk struct{ lines []line }

// start returns the number of the hunk's first line, in the new script where it has
// one there.
func (h hunk) start() int {
	for _, l := range h.lines {
		if l.b > 0 {
			return l.b
		}
	}
	return h.lines[0].a
}

// scriptDiff is the difference of two scripts.
type scriptDiff struct {
	hunks   []hunk
	changed int // lines: one that was replaced counts once
}

// diffScripts compares two scripts line by line.
func diffScripts(before, after string) scriptDiff {
	a, b := splitLines(before), splitLines(after)
	lines := weave(a, b, matches(a, b))
	return scriptDiff{changed: changedLines(lines), hunks: hunks(lines)}
}

// changedLines counts, in each stretch of changes, the lines of its longer
// side.
func changedLines(lines []line) int {
	changed, gone, came := 0, 0, 0
	for _, l := range lines {
		switch l.kind {
		case '-':
			gone++
		case '+':
			came++
		default:
			changed += max(gone, came)
			gone, came = 0, 0
		}
	}
	return changed + max(gone, came)
}

// splitLines cuts a script after each line break.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// matches returns, for each line of a, the index of the line of b that it
// became, or -1: the longest such pairing in order.
func matches(a, b []string) []int {
	partner := make([]int, len(a))
	for i := range partner {
		partner[i] = -1
	}
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		partner[start] = start
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
		partner[endA] = endB
	}
	// A line on one side only cannot match: leaving it out makes the search many times faster and
	// does not change the result.
	runesA, indexA, runesB, indexB := commonLines(a[start:endA], b[start:endB])
	if len(runesA) > maxLines || len(runesB) > maxLines {
		return partner
	}
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // or the result would depend on the machine's speed
	i, j := 0, 0
	for _, d := range dmp.DiffMainRunes(runesA, runesB, false) {
		n := len([]rune(d.Text))
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			i += n
		case diffmatchpatch.DiffInsert:
			j += n
		default:
			for range n {
				partner[start+indexA[i]] = start + indexB[j]
				i, j = i+1, j+1
			}
		}
	}
	return partner
}

// commonLines encodes the lines that both sides have as runes, one for each distinct line, with
// their indexes.
func commonLines(a, b []string) (runesA []rune, indexA []int, runesB []rune, indexB []int) {
	inB := make(map[string]bool, len(b))
	for _, l := range b {
		inB[l] = true
	}
	ids := map[string]rune{}
	for i, l := range a {
		if !inB[l] {
			continue
		}
		id, known := ids[l]
		if !known {
			id = lineRune(len(ids))
			ids[l] = id
		}
		runesA, indexA = append(runesA, id), append(indexA, i)
	}
	for j, l := range b {
		if id, common := ids[l]; common {
			runesB, indexB = append(runesB, id), append(indexB, j)
		}
	}
	return runesA, indexA, runesB, indexB
}

// lineRune returns the nth rune that survives being written as UTF-8.
func lineRune(n int) rune {
	const surrogates, width = 0xd800, 0x800
	r := rune(n + 1)
	if r >= surrogates {
		r += width
	}
	return r
}

// weave combines both scripts to one list of lines.
func weave(a, b []string, partner []int) []line {
	lines := make([]line, 0, max(len(a), len(b)))
	add := func(kind byte, text string, na, nb int) {
		cut, ended := strings.CutSuffix(text, "\n")
		lines = append(lines, line{kind: kind, text: cut, open: !ended, a: na, b: nb})
	}
	j := 0
	for i := range a {
		if partner[i] < 0 {
			add('-', a[i], i+1, 0)
			continue
		}
		for ; j < partner[i]; j++ {
			add('+', b[j], 0, j+1)
		}
		add(' ', a[i], i+1, j+1)
		j++
	}
	for ; j < len(b); j++ {
		add('+', b[j], 0, j+1)
	}
	return lines
}

// hunks returns the changed lines with their context.
func hunks(lines []line) []hunk {
	var out []hunk
	last := -1 // index after the last line taken
	for i, l := range lines {
		if l.kind == ' ' {
			continue
		}
		from := max(0, i-context)
		if len(out) == 0 || from > last {
			out = append(out, hunk{})
		} else {
			from = last
		}
		to := min(len(lines), i+context+1)
		if to > from {
			h := &out[len(out)-1]
			h.lines = append(h.lines, lines[from:to]...)
			last = to
		}
	}
	return out
}

// Unified returns the difference of two texts as a patch for git and patch, "" if they are equal.
// name is the name of both sides.
func Unified(name, before, after string) string { return diffScripts(before, after).unified(name) }

// unified writes d as a patch that git and patch understand.
func (d scriptDiff) unified(name string) string {
	if len(d.hunks) == 0 {
		return ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "--- a/%s\n+++ b/%s\n", name, name)
	shift := 0 // how far the new script's numbers are ahead
	for _, h := range d.hunks {
		var na, nb, firstA, firstB int
		for _, l := range h.lines {
			if l.kind != '+' {
				na++
				if firstA == 0 {
					firstA = l.a
				}
			}
			if l.kind != '-' {
				nb++
				if firstB == 0 {
					firstB = l.b
				}
			}
		}
		// For a side without lines, the format wants the number of the line before.
		switch {
		case na == 0:
			firstA = firstB - shift - 1
		case nb == 0:
			firstB = firstA + shift - 1
		}
		shift += nb - na
		fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n", firstA, na, firstB, nb)
		for _, l := range h.lines {
			out.WriteByte(l.kind)
			out.WriteString(l.text)
			out.WriteByte('\n')
			if l.open {
				out.WriteString("\\ No newline at end of file\n")
			}
		}
	}
	return out.String()
}
