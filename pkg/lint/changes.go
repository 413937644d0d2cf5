package lint

import "github.com/buildsync/buildsync/pkg/spec"

// Changes returns the changed lines of a file. A touched file without lines has changed as a whole.
type Changes func(file string) (lines []Lines, touched bool)

// Lines is a range of lines of a file, from 1, including the last.
type Lines struct{ First, Last int }

// touch reports whether a finding, or a place that it mentions, is in changed lines. A finding
// without a place always counts.
func (c Changes) touch(d *spec.Diagnostic) bool {
	if !d.Range.Start.IsValid() || c.has(d.Range) {
		return true
	}
	for _, related := range d.Related {
		if related.Range.Start.IsValid() && c.has(related.Range) {
			return true
		}
	}
	return false
}

func (c Changes) has(r spec.Range) bool {
	lines, touched := c(r.Start.File)
	if !touched {
		return false
	}
	if len(lines) == 0 || r.Start.Line == 0 {
		return true
	}
	last := max(r.Start.Line, r.End.Line)
	if r.End.Line > r.Start.Line && r.End.Column == 1 {
		last-- // it ends before that line
	}
	for _, l := range lines {
		if l.First <= last && r.Start.Line <= l.Last {
			return true
		}
	}
	return false
}
