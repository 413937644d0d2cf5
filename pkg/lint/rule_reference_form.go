package lint

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

const ruleReferenceForm = "reference-form"

// slip is something in a text that looks like a reference and is none: ${ vars.x }} or {{ vars.x }}.
type slip struct {
	start, end  int
	space, name string // vars and x
	double      bool   // two braces on one side at least: nothing else looks so
}

// slips finds the misspelled references of a text. What the compiler reports is not among them: ${{
// without its end.
func slips(text string) (found []slip) {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '{')
		if i < 0 {
			return found
		}
		start := at + i
		opened := run(text[start:], '{')
		at = start + opened
		inside := strings.TrimLeft(text[at:], " \t")
		space, rest, dotted := strings.Cut(inside, ".")
		if !dotted || space != "vars" && space != "matrix" && space != "inputs" && space != "job" {
			continue
		}
		name := rest[:len(rest)-len(strings.TrimLeft(rest, nameLetters))]
		rest = strings.TrimLeft(rest[len(name):], " \t")
		closed := min(run(rest, '}'), 2)
		dollar := start > 0 && text[start-1] == '$'
		if name == "" || closed == 0 || opened > 2 || dollar == (opened == 2) {
			continue // another thing, or a reference
		}
		if dollar {
			start--
		} else if strings.HasSuffix(text[:start], "$ ") {
			start -= 2
		}
		if start > 0 && text[start-1] == '$' {
			continue // escaped
		}
		at = len(text) - len(rest)
		found = append(found, slip{start, at + closed, space, name, opened+closed > 2})
	}
}

const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// run returns how often text begins with c.
func run(text string, c byte) int {
	n := 0
	for n < len(text) && text[n] == c {
		n++
	}
	return n
}

// referenceForms reports texts that are meant as references and have another form, so that they go
// to the service as they are. Other languages have such forms too: the name must be known here, and
// where only single braces or a job's own names are used, nothing else may be in the text.
func (p *pass) referenceForms(root *spec.Node) {
	if root == nil || len(slips(string(p.source))) == 0 {
		return
	}
	w := formWalk{p, p.namesIn(root), map[*spec.Node]bool{}}
	w.node(root, make(way, 0, usualDepth))
}

// namesIn lists the names that the references of a file may have, by their space.
func (p *pass) namesIn(root *spec.Node) map[string]map[string]bool {
	known := map[string]map[string]bool{"vars": {}, "matrix": {}, "inputs": {}, "job": {"name": true, "project": true}}
	for name := range p.vars {
		known["vars"][name] = true
	}
	add := func(owner *spec.Node, key string) {
		if declared := owner.Get(key); declared != nil {
			for _, f := range declared.Fields {
				known[key][f.Key.Text] = true
			}
		}
	}
	items := func(n *spec.Node, key string) []*spec.Node {
		if list := n.Get(key); list != nil {
			return list.Items
		}
		return nil
	}
	jobs := items(root, "jobs")
	for _, key := range []string{"templates", "fragments", "families"} {
		for _, owner := range items(root, key) {
			add(owner, "inputs")
			jobs = append(slices.Clip(jobs), items(owner, "jobs")...)
		}
	}
	for _, job := range jobs {
		add(job, "matrix")
	}
	return known
}

// formWalk visits a file's nodes, each once, however many aliases it has.
type formWalk struct {
	*pass
	known map[string]map[string]bool // the names by their space
	seen  map[*spec.Node]bool
}

func (w *formWalk) node(n *spec.Node, path way) {
	if w.seen[n] {
		return
	}
	w.seen[n] = true
	if n.Kind == spec.ScalarNode {
		for _, s := range slips(n.Text) {
			alone := strings.TrimSpace(n.Text) == n.Text[s.start:s.end]
			if !w.known[s.space][s.name] || !alone && (!s.double || s.space == "job") {
				continue
			}
			d := w.report(ruleReferenceForm, w.textRange(n, s.start, s.end), path.pointer(), quoted(n.Text[s.start:s.end])+" is not a reference, and is sent as it is",
				"write ${{ "+s.space+"."+s.name+" }}")
			if n.Style != spec.LiteralStyle && n.Style != spec.FoldedStyle { // other rules look at parts of a script
				d.Value = n.Range.Start
			}
		}
		return
	}
	for _, f := range n.Fields {
		w.node(f.Value, append(path, leg{key: f.Key.Text}))
	}
	for i, item := range n.Items {
		w.node(item, append(path, leg{item: item, index: i}))
	}
}

// markSequels marks what other rules say about values that are meant as references: they judge a
// text that nobody means. The finding about the reference gets the highest severity of these. What
// loading or compiling refuses stays, with the hint of that finding in its place.
func markSequels(all, hard spec.Diagnostics) spec.Diagnostics {
	meant, refused := map[spec.Pos]*spec.Diagnostic{}, map[spec.Pos]bool{}
	for i := range all {
		if all[i].Rule == ruleReferenceForm && all[i].Value.IsValid() {
			meant[all[i].Value] = &all[i]
		}
	}
	if len(meant) == 0 {
		return all
	}
	for i := range hard {
		for _, at := range []spec.Pos{hard[i].Range.Start, hard[i].Value} {
			if form := meant[at]; form != nil {
				hard[i].Hint, refused[at] = form.Hint, true
			}
		}
	}
	for i := range all {
		d := &all[i]
		if form := meant[d.Range.Start]; form != nil && d.Rule != ruleReferenceForm && !d.HoldsSecret() {
			d.Sequel = true
			form.Severity = max(form.Severity, d.Severity)
		}
	}
	return slices.DeleteFunc(all, func(d spec.Diagnostic) bool {
		return d.Rule == ruleReferenceForm && refused[d.Value] || d.Sequel && refused[d.Range.Start]
	})
}

// withoutSequels drops the findings for which one about a misspelled reference stands. A run that
// does not ask for the latter keeps them: else nothing would be said about the value.
func withoutSequels(all spec.Diagnostics, selected func(rule string) bool) spec.Diagnostics {
	if selected != nil && !selected(ruleReferenceForm) || !slices.ContainsFunc(all, func(d spec.Diagnostic) bool { return d.Sequel }) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(d spec.Diagnostic) bool { return d.Sequel })
}
