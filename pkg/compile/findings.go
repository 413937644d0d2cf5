package compile

import (
	"fmt"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// maxPerRule is how many findings of one rule a file shows, as in loading. More would hide the
// others.
const maxPerRule = 20

// findings collects errors. A definition is compiled once for each job of its matrix and each user
// of a template, so the same finding may come many times; it counts once.
type findings struct {
	list   spec.Diagnostics
	seen   map[findingKey]int // the index in list, -1 for one that is not shown
	kinds  map[ruleInFile]int
	hidden map[ruleInFile]spec.Range // the first that is not shown

	refused map[spec.Pos]string // values that the schema refuses, with its message
}

// refuse records that d is the only finding to show about a value.
func (f *findings) refuse(d *spec.Diagnostic) {
	if f.refused == nil {
		f.refused = map[spec.Pos]string{}
	}
	f.refused[d.Range.Start] = d.Message
	if d.Value.IsValid() {
		f.refused[d.Value] = d.Message
	}
}

type findingKey struct {
	at            spec.Range
	rule, message string
}

type ruleInFile struct{ rule, file string }

// add stores a finding and returns it, so that the caller can complete it. For a hidden one it
// returns a copy that is not stored.
func (f *findings) add(d spec.Diagnostic) *spec.Diagnostic {
	if f.seen == nil {
		f.seen, f.kinds, f.hidden = map[findingKey]int{}, map[ruleInFile]int{}, map[ruleInFile]spec.Range{}
	}
	if said, refused := f.refused[d.Range.Start]; refused && said != d.Message {
		return &d
	}
	key, kind := findingKey{d.Range, d.Rule, d.Message}, ruleInFile{d.Rule, d.Range.Start.File}
	if at, seen := f.seen[key]; seen {
		f.addPlaces(at, d.Related)
		return &d
	}
	f.seen[key] = -1
	f.kinds[kind]++
	switch n := f.kinds[kind]; {
	case n == maxPerRule+1:
		f.hidden[kind] = d.Range
		return &d
	case n > maxPerRule:
		return &d
	}
	f.seen[key] = len(f.list)
	f.list = append(f.list, d)
	return &f.list[len(f.list)-1]
}

// maxUses is how many uses of a fragment a finding in it shows.
const maxUses = 10

// addPlaces adds what else a finding is about: further uses of a fragment.
func (f *findings) addPlaces(at int, places []spec.Related) {
	if at < 0 {
		return
	}
	d := &f.list[at]
	for _, place := range places {
		if len(d.Related) < maxUses && !slices.Contains(d.Related, place) {
			d.Related = append(d.Related, place)
		}
	}
}

// isFull reports whether a file shows no more findings of a rule. Then the caller need not look for
// a hint.
func (f *findings) isFull(rule, file string) bool {
	return f.kinds[ruleInFile{rule, file}] >= maxPerRule
}

func (f *findings) sorted() spec.Diagnostics {
	for kind, at := range f.hidden {
		f.list = append(f.list, spec.Diagnostic{
			Rule: kind.rule, Severity: spec.Error, Range: at,
			Message: fmt.Sprintf("%d more of this kind in this file are not listed", f.kinds[kind]-maxPerRule),
		})
	}
	f.list.Sort()
	f.foldNoProject()
	return f.list
}

// noProject is the message of a job without a project in a workspace without a default.
const noProject = "no project selected"

// manyWithout is from how many objects without a project on there is one finding for all: one line
// of buildsync.yaml is their cause.
const manyWithout = 4

// foldNoProject makes one finding of many that lack a project. It names the first places; the files
// of all are its causes, so that a check of any of them shows it.
func (f *findings) foldNoProject() {
	without := func(d spec.Diagnostic) bool { return d.Rule == "missing-key" && d.Message == noProject }
	first, rest := -1, 0
	for i := range f.list {
		switch {
		case !without(f.list[i]):
		case first < 0:
			first = i
		default:
			rest++
		}
	}
	if rest+1 < manyWithout {
		return
	}
	all := f.list[first]
	kept := make(spec.Diagnostics, 0, len(f.list)-rest)
	for i, d := range f.list {
		switch {
		case i <= first || !without(d):
			kept = append(kept, d)
			continue
		case len(all.Related) < maxUses:
			all.Related = append(all.Related, spec.Related{Range: d.Range, Message: "nor here"})
		}
		all.Causes = append(all.Causes, d.Range.Start.File)
	}
	all.Message += fmt.Sprintf("; the same holds for %d more", rest)
	slices.Sort(all.Causes)
	all.Causes = slices.Compact(all.Causes)
	kept[first] = all
	f.list = kept
}

// report adds an error about n.
func (c *compiler) report(rule string, n *spec.Node, pointer, hint, format string, args ...any) *spec.Diagnostic {
	at, others := n.Shown()
	d := c.reportAt(rule, at, pointer, hint, format, args...)
	for _, other := range others {
		if !slices.Contains(d.Related, other) {
			d.Related = append(d.Related, other)
		}
	}
	return d
}

func (c *compiler) reportAt(rule string, at spec.Range, pointer, hint, format string, args ...any) *spec.Diagnostic {
	return c.add(spec.Diagnostic{Rule: rule, Severity: spec.Error, Range: at, Pointer: pointer, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// add stores a finding and the uses of the fragments around it.
func (c *compiler) add(d spec.Diagnostic) *spec.Diagnostic {
	for _, use := range slices.Backward(c.uses) {
		if use.at != nil && len(d.Related) < maxUses {
			d.Related = append(d.Related, spec.Related{Range: use.at.Range, Message: "the " + use.kind + " " + use.name + " is used here"})
		}
	}
	return c.findings.add(d)
}
