package gitbase

import (
	"github.com/sergi/go-diff/diffmatchpatch"
)

// ChangedLines returns the first and last line, from 1, of each stretch of
// after that is not in before. Where lines were only removed, it is the line
// that follows them.
func ChangedLines(before, after []byte) [][2]int {
	d := diffmatchpatch.New()
	d.DiffTimeout = 0 // or the result would depend on the machine's speed
	a, b, _ := d.DiffLinesToRunes(string(before), string(after))
	diffs := d.DiffMainRunes(a, b, false)
	var stretches [][2]int
	line := 1
	for i, diff := range diffs {
		count := len([]rune(diff.Text))
		switch diff.Type {
		case diffmatchpatch.DiffEqual:
			line += count
		case diffmatchpatch.DiffInsert:
			stretches = append(stretches, [2]int{line, line + count - 1})
			line += count
		case diffmatchpatch.DiffDelete:
			replaced := i+1 < len(diffs) && diffs[i+1].Type == diffmatchpatch.DiffInsert
			if !replaced {
				stretches = append(stretches, [2]int{line, line})
			}
		}
	}
	return stretches
}
