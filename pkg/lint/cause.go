package lint

import (
	"cmp"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Other opens the workspace in another state. A finding that this state lacks is caused by the
// difference. It is opened only if there are findings whose places do not show the cause.
type Other func() (spec.Tree, error)

// caused keeps the findings in the requested files and those that the change causes.
func (o *Options) caused(all spec.Diagnostics, environment string) spec.Diagnostics {
	if o.Only != nil {
		all = o.keep(all, environment, o.concerns, o.Others)
	}
	if o.Changed != nil {
		all = o.keep(all, environment, o.Changed.touch, []Other{o.Before})
	}
	return all
}

// keep returns the findings that wanted selects, and those that one of the other states lacks.
func (o *Options) keep(all spec.Diagnostics, environment string, wanted func(*spec.Diagnostic) bool, others []Other) spec.Diagnostics {
	kept := make(spec.Diagnostics, 0, len(all))
	var open spec.Diagnostics
	for _, d := range all {
		if wanted(&d) {
			kept = append(kept, d)
		} else {
			open = append(open, d)
		}
	}
	for _, other := range others {
		if len(open) == 0 {
			break
		}
		if other == nil {
			continue
		}
		tree, err := other()
		if err != nil {
			continue // there is no such state to compare with
		}
		theirs := check(tree, environment, Options{Vars: o.Vars, Today: o.Today, Bash: o.Bash, ShellCheck: o.ShellCheck, ShellCheckMode: o.ShellCheckMode})
		var added spec.Diagnostics
		added, open = newlyFound(open, theirs.all)
		kept = append(kept, added...)
	}
	kept.Sort()
	return kept
}

// concerns reports whether a requested file has a place of d, or d depends on one.
func (o *Options) concerns(d *spec.Diagnostic) bool {
	return d.Range.Start.File == "" || o.Only(d.Range.Start.File) || slices.ContainsFunc(d.Causes, o.Only) ||
		slices.ContainsFunc(d.Related, func(r spec.Related) bool { return r.Range.Start.File != "" && o.Only(r.Range.Start.File) })
}

// newlyFound splits findings into those that another state lacks and those that it has. Lines, and
// the indexes of nameless items, may have moved: it compares by pointer first, then anywhere in the
// file.
func newlyFound(ds, theirs spec.Diagnostics) (added, old spec.Diagnostics) {
	type key struct {
		severity                     spec.Severity
		rule, file, pointer, message string
	}
	loose := func(d *spec.Diagnostic) key { return key{d.Severity, d.Rule, d.Range.Start.File, "", d.Message} }
	exact := func(d *spec.Diagnostic) key {
		k := loose(d)
		k.pointer = d.Pointer
		return k
	}
	take := func(counts map[key]int, k key) bool {
		if counts[k] == 0 {
			return false
		}
		counts[k]--
		return true
	}
	count := func(of func(*spec.Diagnostic) key) map[key]int {
		counts := make(map[key]int, len(theirs))
		for i := range theirs {
			counts[of(&theirs[i])]++
		}
		return counts
	}
	byPointer, inFile := count(exact), count(loose)
	var moved spec.Diagnostics
	for i := range ds {
		if take(byPointer, exact(&ds[i])) {
			take(inFile, loose(&ds[i]))
			old = append(old, ds[i])
		} else {
			moved = append(moved, ds[i])
		}
	}
	for i := range moved {
		if take(inFile, loose(&moved[i])) {
			old = append(old, moved[i])
		} else {
			added = append(added, moved[i])
		}
	}
	return added, old
}

// addCauses adds the files that findings depend on without a place there: the users of a script,
// and the files that could declare an unknown name.
func (l *linter) addCauses(ds spec.Diagnostics) {
	modules := []string{workspaceFile}
	if w := l.set.Workspace; w != nil && w.Modules != nil && w.Modules.Text != "" {
		modules = append(modules, w.Modules.Text)
	}
	for i := range ds {
		d := &ds[i]
		if file := l.scripts[d.Range.Start.File]; file != nil {
			d.Causes = append(d.Causes, file.users...)
		}
		switch d.Rule {
		case "template-unknown":
			d.Causes = append(d.Causes, declaring(l.templates)...)
		case "family-unknown":
			for _, node := range l.families {
				d.Causes = append(d.Causes, node.Range.Start.File)
			}
		case "fragment-unknown":
			d.Causes = append(d.Causes, declaring(l.fragments)...)
		case "project-unknown", "secret-unknown", "unknown-name", "unknown-environment":
			d.Causes = append(d.Causes, workspaceFile)
		case "module-unknown":
			d.Causes = append(d.Causes, modules...)
		}
	}
}

// declaring lists the files that declare templates or fragments.
func declaring(units map[string]*unit) []string {
	var files []string
	for _, t := range units {
		files = append(files, t.node.Range.Start.File)
	}
	slices.SortFunc(files, cmp.Compare)
	return slices.Compact(files)
}

// Without returns a workspace without some of its files. buildsync.yaml stays, since it makes the
// workspace.
func Without(tree spec.Tree, gone func(file string) bool) spec.Tree {
	return spec.Overlay(tree, spec.MapTree{}, func(file string) bool { return file != workspaceFile && gone(file) })
}
