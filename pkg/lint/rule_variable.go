package lint

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// variables reports the variables of buildsync.yaml that no file refers to, those of environments
// included. A variable that several places declare is reported at the first.
func (l *linter) variables(front spec.Diagnostics) {
	w := l.set.Workspace
	if w == nil || w.Root == nil || front.HasErrors() {
		return // the file that cannot be read may use them
	}
	used := l.facts.usedVars
	referencesIn(w.Root, "vars.", used)
	l.fixtureReferences(used)
	reported := map[string]*spec.Diagnostic{}
	var order []string
	declared := func(vars *spec.Node, pointer string) {
		if vars == nil {
			return
		}
		for _, f := range vars.Fields {
			name := f.Key.Text
			if used[name] {
				continue
			}
			if first := reported[name]; first != nil {
				first.Related = append(first.Related, spec.Related{Range: f.Key.Range, Message: "it has another value here"})
				continue
			}
			order = append(order, name)
			reported[name] = &spec.Diagnostic{
				Rule: "variable-unused", Severity: severityOf("variable-unused"), Range: f.Key.Range, Pointer: pointer + "." + name,
				Message: "nothing uses the variable " + quoted(name), Hint: "remove it, or write ${{ vars." + name + " }} where it belongs",
			}
		}
	}
	declared(w.Root.Get("vars"), "vars")
	if environments := w.Root.Get("environments"); environments != nil {
		for _, f := range environments.Fields {
			declared(f.Value.Get("vars"), "environments."+f.Key.Text+".vars")
		}
	}
	for _, name := range order {
		l.found = append(l.found, *reported[name])
	}
}

// fixtureReferences records the variables that the fixtures of policies use.
func (l *linter) fixtureReferences(used map[string]bool) {
	if l.set.Tree == nil {
		return
	}
	for _, folder := range spec.PolicyTestFolders(l.set.Workspace) {
		files, _ := l.set.Tree.Glob([]string{folder + "/**/*.{yaml,yml}"}) // policy test reports the errors
		for _, name := range files {
			if file, _ := spec.LoadFile(l.set.Tree, name); file != nil {
				referencesIn(file.Root, "vars.", used)
			}
		}
	}
}

// referencesIn records the names that n refers to with a prefix, such as vars. or inputs.
func referencesIn(n *spec.Node, prefix string, used map[string]bool) {
	if n == nil {
		return
	}
	if n.Kind == spec.ScalarNode {
		referencesInText(n.Text, prefix, used)
	}
	for _, f := range n.Fields {
		referencesInText(f.Key.Text, prefix, used)
		referencesIn(f.Value, prefix, used)
	}
	for _, item := range n.Items {
		referencesIn(item, prefix, used)
	}
}

func referencesInText(text, prefix string, used map[string]bool) {
	for _, r := range spec.References(text) {
		if name, ok := strings.CutPrefix(r.Text, prefix); ok {
			used[name] = true
		}
	}
}
