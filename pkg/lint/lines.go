package lint

import (
	"bytes"
	"unicode/utf8"
)

// lineStarts returns where the lines of source start, behind a byte-order mark.
func lineStarts(source []byte) []int {
	starts := make([]int, 1, 1+bytes.Count(source, []byte("\n")))
	if bytes.HasPrefix(source, []byte("\ufeff")) {
		starts[0] = len("\ufeff")
	}
	for i, b := range source {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func runeSize(b []byte) int {
	if b[0] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRune(b)
	return size
}
