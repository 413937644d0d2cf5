package spec

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// report collects the diagnostics of one file and caps the number of each kind, so that a file with
// 10,000 equal mistakes stays readable.
type report struct {
	file  string
	root  *Node // for pointers, once there is one
	found Diagnostics
	kinds map[string]*kindCount
}

type kindCount struct {
	shown, hidden int
	firstHidden   Diagnostic
}

func (r *report) add(d Diagnostic) {
	if r.kinds == nil {
		r.kinds = map[string]*kindCount{}
	}
	count := r.kinds[d.Rule]
	if count == nil {
		count = &kindCount{}
		r.kinds[d.Rule] = count
	}
	if count.shown < maxMessagesPerRule {
		count.shown++
		r.found = append(r.found, d)
		return
	}
	if count.hidden == 0 {
		count.firstHidden = d
	}
	count.hidden++
}

func (r *report) errorf(rule string, at Range, hint, format string, args ...any) {
	r.add(Diagnostic{Rule: rule, Severity: Error, Range: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// done returns the sorted diagnostics, and one for each kind with hidden ones.
func (r *report) done() Diagnostics {
	r.found.PointInto(r.root)
	for rule, count := range r.kinds {
		if count.hidden == 0 {
			continue
		}
		r.found = append(r.found, Diagnostic{
			Rule: rule, Severity: count.firstHidden.Severity, Range: count.firstHidden.Range,
			Message: fmt.Sprintf("%d more of this kind in this file are not listed", count.hidden),
		})
	}
	r.kinds = nil
	r.found.Sort()
	return r.found
}

// quoted makes a name or value from a file safe for a message. It shows the first line only.
func quoted(s string) string {
	const longest = 60
	first, rest, several := strings.Cut(s, "\n")
	switch shown := `"` + sanitize.Line(first, longest) + `"`; {
	case !several || first == "":
		return `"` + sanitize.Line(s, longest) + `"`
	case strings.Trim(rest, "\n") == "":
		return shown + " and a line break"
	default:
		return shown + " and further lines"
	}
}
