package format

import "strings"

// remark is a comment on a line of its own, or a blank line.
type remark struct {
	text   string // "" is a blank line
	column int    // of a comment, from 0
	end    int    // after a comment, in the source
}

// trail consumes the rest of the line at the cursor if it is blank or a comment.
// The comment is returned with the blanks before it.
func (l *layout) trail() string {
	at := l.at
	for at < len(l.src) && (l.src[at] == ' ' || l.src[at] == '\t') {
		at++
	}
	if at == len(l.src) || l.src[at] == '\n' {
		l.at = at
		return ""
	}
	if l.src[at] != '#' || at == 0 || at == l.at && l.src[at-1] != ' ' {
		return ""
	}
	end := lineEnd(l.src, at)
	blanks := strings.Repeat(" ", max(1, at-l.at))
	l.at = end
	return blanks + strings.TrimRight(l.src[at:end], " \t")
}

// remarks consumes the comments and blank lines at the cursor, which is at
// the end of a line or at the start of one.
func (l *layout) remarks() []remark {
	var found []remark
	breaks := 0
	if l.at == 0 {
		breaks = 1
	}
	for l.at < len(l.src) {
		switch l.src[l.at] {
		case ' ', '\t':
			l.at++
			continue
		case '\n':
			breaks++
			l.at++
			continue
		case '#':
			if breaks == 0 {
				return found // on the line of something else
			}
			if breaks > 1 {
				found = append(found, remark{})
			}
			end := lineEnd(l.src, l.at)
			found = append(found, remark{strings.TrimRight(l.src[l.at:end], " \t"), l.column(l.at), end})
			l.at, breaks = end, 0
			continue
		}
		break
	}
	if breaks > 1 {
		found = append(found, remark{})
	}
	return found
}

// deeper consumes the comments at the cursor that are indented by at least
// column: a comment at the end of a collection belongs to that collection.
func (l *layout) deeper(column int) []remark {
	start := l.at
	found := l.remarks()
	keep := 0
	for i, r := range found {
		if r.text == "" {
			continue
		}
		if r.column < column {
			break
		}
		keep = i + 1
	}
	if keep == 0 {
		l.at = start
		return nil
	}
	l.at = found[keep-1].end
	return found[:keep]
}

// column returns how far into its line an offset is, in bytes.
func (l *layout) column(at int) int { return at - (strings.LastIndexByte(l.src[:at], '\n') + 1) }

func lineEnd(src string, at int) int {
	if i := strings.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(src)
}
