package yamledit

import (
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// part is an entry or item of a block collection with the comments about it:
// head to tail are whole lines, except the first field after a dash.
type part struct {
	head       int // of the comments directly above
	start      int // of the line with the key or dash
	end        int // after the last line of the value
	tail       int // after the comments that are about the part
	behindDash bool
}

// parts lists the parts of a block collection. A comment directly above a part is
// about it. One below is, where it is indented deeper, where a blank line follows
// it, where it closes something, or at the end of the collection.
func (e *Editor) parts(w *spec.Written) []part {
	step := 1
	if w.Kind == spec.MappingNode {
		step = 2
	}
	parts := make([]part, 0, len(w.Items)/step)
	for i := 0; i+step <= len(w.Items); i += step {
		first, last := w.Items[i], w.Items[i+step-1]
		at := first.Start
		if w.Kind == spec.SequenceNode {
			at = e.dashOf(first)
		}
		p := part{start: e.LineStart(at), end: e.LineEnd(max(e.endOf(last), e.endOf(first), at))}
		if before := strings.TrimLeft(string(e.Src[p.start:at]), " "); before != "" {
			p.behindDash, p.start = true, at
		}
		parts = append(parts, p)
	}
	column := e.column(w.Items[0].Start)
	if w.Kind == spec.SequenceNode {
		column = e.column(e.dashOf(w.Items[0]))
	}
	for i := range parts {
		if i == 0 {
			parts[0].head = e.above(parts[0].start, 0)
			if parts[0].behindDash {
				parts[0].head = parts[0].start
			}
		} else {
			parts[i].head = e.above(parts[i].start, parts[i-1].end)
		}
		limit, isLast := len(e.Src), i+1 == len(parts)
		if !isLast {
			limit = parts[i+1].start
		}
		parts[i].tail = e.below(parts[i].end, limit, column, isLast, isLast && e.ownsColumn(w, column))
		if !isLast {
			parts[i+1].head = max(e.above(parts[i+1].start, parts[i].end), parts[i].tail)
		}
	}
	for i := 1; i < len(parts); i++ {
		parts[i].head = max(parts[i].head, parts[i-1].tail)
	}
	return parts
}

// ownsColumn reports whether a comment at the column of a collection's parts, at
// its end, can be about nothing else: what is around starts further left.
func (e *Editor) ownsColumn(w *spec.Written, column int) bool {
	p := e.parents[w]
	if p == nil {
		return false
	}
	for ; p != nil; p = e.parents[p] {
		if len(p.Items) > 0 && !p.Flow {
			return e.column(p.Items[0].Start) < column
		}
	}
	return true
}

// above returns the start of the comments directly above a line, not before floor.
func (e *Editor) above(start, floor int) int {
	for at := start; at > floor; {
		line := e.LineStart(at - 1)
		if line < floor || !strings.HasPrefix(strings.TrimLeft(string(e.Src[line:at]), " \t"), "#") {
			return at
		}
		at = line
		if at == floor || at == 0 {
			return at
		}
	}
	return start
}

// gap returns the start of the blank lines directly above a line, not before floor.
func (e *Editor) gap(start, floor int) int {
	for start > floor {
		line := e.LineStart(start - 1)
		if line < floor || strings.TrimSpace(string(e.Src[line:start])) != "" {
			break
		}
		start = line
	}
	return start
}

// below returns the end of the comments below a part that are about it.
func (e *Editor) below(end, limit, column int, isLast, owns bool) int {
	type comment struct {
		end    int
		closes bool
	}
	tail := end
	var run []comment // comments at the column, directly below
	blank := false
	for at := end; at < limit; {
		next := e.LineEnd(at)
		line := string(e.Src[at:next])
		text := strings.TrimLeft(line, " \t")
		switch {
		case strings.TrimSpace(text) == "":
			if !blank && len(run) > 0 { // the run ended with a blank line
				tail, run = run[len(run)-1].end, nil
			}
			blank = true
		case text[0] != '#':
			limit = at
			continue
		case len(line)-len(text) > column:
			tail, run, blank = next, nil, false
		case len(line)-len(text) < column:
			limit = at
			continue
		case !blank:
			run = append(run, comment{next, yamltext.ClosesAbove(strings.TrimSpace(text))})
		}
		at = next
	}
	for _, c := range run {
		if !c.closes && !(isLast && owns) {
			break
		}
		tail = c.end
	}
	return tail
}

// within returns the end of the comments about the last part of a block collection, 0
// for another value: they go where the collection goes.
func (e *Editor) within(w *spec.Written) int {
	if w.Kind == spec.ScalarNode || w.Flow || len(w.Items) == 0 {
		return 0
	}
	parts := e.parts(w)
	return parts[len(parts)-1].tail
}

// deeper returns the end of the comments from a place on that are indented deeper than
// column.
func (e *Editor) deeper(at, column int) int {
	end := at
	for at < len(e.Src) {
		line := string(e.Src[at:e.LineEnd(at)])
		text := strings.TrimLeft(line, " ")
		at += len(line)
		switch {
		case strings.TrimSpace(text) == "":
		case text[0] != '#' || len(line)-len(text) <= column:
			return end
		default:
			end = at
		}
	}
	return end
}
