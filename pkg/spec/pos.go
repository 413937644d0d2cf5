package spec

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Pos is a position in a file: the name relative to the workspace with slashes, and line and column
// from 1, in characters. The zero Pos means no position.
type Pos struct {
	File   string
	Line   int
	Column int
}

// IsValid reports whether p is a place.
func (p Pos) IsValid() bool { return p.File != "" }

// String returns file:line:column without the unknown parts. The file name is safe to print.
func (p Pos) String() string {
	file := sanitize.Line(p.File, 0)
	switch {
	case p.Line == 0:
		return file
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", file, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
}

// Compare orders places by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Range is a stretch of one file; End is the place just after it.
type Range struct{ Start, End Pos }

// Contains reports whether a place lies in r.
func (r Range) Contains(at Pos) bool {
	return at.File == r.Start.File && at.Compare(r.Start) >= 0 && at.Compare(r.End) < 0
}

// Severity is the weight of a Diagnostic.
type Severity uint8

// The severities, mildest first.
const (
	Info Severity = iota + 1
	Warning
	Error
)

func (s Severity) String() string {
	return [...]string{"", "info", "warning", "error"}[s]
}

// ParseSeverity reads what String writes; ok is false for other words.
func ParseSeverity(word string) (s Severity, ok bool) {
	for s := Info; s <= Error; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return 0, false
}

// Diagnostic is one thing that is wrong in a user's file. The schema check, the compiler and the
// linter all report diagnostics.
type Diagnostic struct {
	Rule     string // permanent name, such as "unknown-key"
	Severity Severity
	Range    Range
	Message  string    // what is wrong, with the value quoted; no full stop
	Hint     string    // what would be right, such as `did you mean "arch"?`; may be empty
	Related  []Related // other places that matter
	Pointer  string    // stable, with names: jobs[order].steps[Build].inputs.command
	Fixes    []Fix
	Blocking bool     // plan and apply refuse it: loading or compiling all files reports it too
	Sequel   bool     // lint: it judges a text that nobody means; the finding about that text stands for it
	Value    Pos      // start of the refused value, if Range is its key; for Besides
	Conceals bool     // the text of Range may hold a secret: no excerpt shows it
	Hidden   []Range  // secrets elsewhere that no excerpt may show, of findings that are left out
	Causes   []string // lint: other files that it depends on
	Owners   []string // of the jobs that a policy's finding is about, sorted
}

// secretRules are the rules whose findings point at a secret's own text.
var secretRules = []string{"secret-default", "secret-literal", "scm-credentials"}

// HoldsSecret reports whether the text of Range may be a secret.
func (d *Diagnostic) HoldsSecret() bool {
	return d.Conceals || slices.Contains(secretRules, d.Rule)
}

// Related is another place that a Diagnostic mentions.
type Related struct {
	Range   Range
	Message string // such as "first declared here"
}

// Fix is a set of edits of one file that mends what a Diagnostic reports.
type Fix struct {
	Message string
	Unsafe  bool // may change what the definition means
	Edits   []Edit
}

// Edit replaces the bytes from Start to End (offsets in the file, from 0).
type Edit struct {
	File       string
	Start, End int
	New        string
}

// Diagnostics are the findings of one run.
type Diagnostics []Diagnostic

// HasErrors reports whether one of ds is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders ds by place, then rule, then message, and drops repetitions. The owners of what it
// drops stay: a finding in a template is about the jobs of many.
func (ds *Diagnostics) Sort() {
	slices.SortStableFunc(*ds, func(a, b Diagnostic) int {
		return cmp.Or(a.Range.Start.Compare(b.Range.Start), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	kept := (*ds)[:0]
	for _, d := range *ds {
		if n := len(kept); n > 0 && kept[n-1].repeats(&d) {
			kept[n-1].Owners = both(kept[n-1].Owners, d.Owners)
			continue
		}
		kept = append(kept, d)
	}
	clear((*ds)[len(kept):])
	*ds = kept
}

func (d *Diagnostic) repeats(other *Diagnostic) bool {
	return d.Range == other.Range && d.Rule == other.Rule && d.Message == other.Message
}

// both returns the sorted union of two sorted lists.
func both(a, b []string) []string {
	if len(b) == 0 || slices.Equal(a, b) {
		return a
	}
	union := slices.Concat(a, b)
	slices.Sort(union)
	return slices.Compact(union)
}

// Besides returns the diagnostics of ds that earlier does not have. It leaves out those about a
// value that was refused before.
func (ds Diagnostics) Besides(earlier Diagnostics) Diagnostics {
	refused := make(map[Pos]bool, len(earlier))
	for i := range earlier {
		if earlier[i].Severity == Error {
			refused[earlier[i].Range.Start] = true
			refused[earlier[i].Value] = true
		}
	}
	kept := make(Diagnostics, 0, len(ds))
	for _, d := range ds {
		if d.Range.Start == (Pos{}) || !refused[d.Range.Start] {
			kept = append(kept, d)
		}
	}
	return kept
}
