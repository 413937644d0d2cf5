package lint

import (
	"maps"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// unusedNames reports the variables and secrets of buildsync.yaml that no file uses, those of
// environments included.
func (l *linter) unusedNames(front spec.Diagnostics) {
	w := l.set.Workspace
	if w == nil || w.Root == nil || front.HasErrors() {
		return // the file that cannot be read may use them
	}
	l.facts.uses(w.Root)
	l.fixtureReferences()
	l.variables(w.Root)
	l.secrets(w.Root)
}

// uses records the variables that n refers to, and the values of its keys secret, references
// included.
func (f *facts) uses(n *spec.Node) {
	if n == nil {
		return
	}
	if n.Kind == spec.ScalarNode {
		referencesInText(n.Text, "vars.", f.usedVars)
	}
	for _, field := range n.Fields {
		referencesInText(field.Key.Text, "vars.", f.usedVars)
		if field.Key.Text == "secret" && field.Value != nil && field.Value.Kind == spec.ScalarNode {
			f.usedSecrets[field.Value.Text] = true
		}
		f.uses(field.Value)
	}
	for _, item := range n.Items {
		f.uses(item)
	}
}

// variables reports the unused variables. One that several places declare is reported at the first.
func (l *linter) variables(root *spec.Node) {
	used := l.facts.usedVars
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
	declared(root.Get("vars"), "vars")
	if environments := root.Get("environments"); environments != nil {
		for _, f := range environments.Fields {
			declared(f.Value.Get("vars"), "environments."+f.Key.Text+".vars")
		}
	}
	for _, name := range order {
		l.found = append(l.found, *reported[name])
	}
}

// secrets reports the unused secrets, each at its first place. A name that a reference makes may be
// any of them, so then nothing is reported.
func (l *linter) secrets(root *spec.Node) {
	used := maps.Clone(l.facts.usedSecrets)
	for name := range used {
		if spec.HasReference(name) {
			return
		}
	}
	declared := func(list *spec.Node, pointer string) {
		if list == nil || list.Kind != spec.SequenceNode {
			return
		}
		for _, n := range list.Items {
			if !isPlainText(n) || used[n.Text] {
				continue
			}
			used[n.Text] = true
			l.found = append(l.found, spec.Diagnostic{
				Rule: "secret-unused", Severity: severityOf("secret-unused"), Range: n.Range, Pointer: pointer + "[" + n.Text + "]",
				Message: "nothing uses the secret " + quoted(n.Text), Hint: "remove it, or write secret: " + n.Text + " where it belongs",
			})
		}
	}
	declared(root.Get("secrets"), "secrets")
	if environments := root.Get("environments"); environments != nil {
		for _, f := range environments.Fields {
			declared(f.Value.Get("secrets"), "environments."+f.Key.Text+".secrets")
		}
	}
}

// fixtureReferences records what the fixtures of policies use.
func (l *linter) fixtureReferences() {
	if l.set.Tree == nil {
		return
	}
	for _, folder := range spec.PolicyTestFolders(l.set.Workspace) {
		files, _ := l.set.Tree.Glob([]string{folder + "/**/*.{yaml,yml}"}) // policy test reports the errors
		for _, name := range files {
			if file, _ := spec.LoadFile(l.set.Tree, name); file != nil {
				l.facts.uses(file.Root)
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
