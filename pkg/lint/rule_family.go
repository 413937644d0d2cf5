package lint

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// family applies the job rules to the jobs of a family, and records its name.
func (p *pass) family(node *spec.Node) {
	pointer := "families[" + node.Str("name") + "]"
	if n := node.Get("name"); isPlainText(n) {
		p.facts.names = append(p.facts.names, named{"family", "", n.Text, pointer + ".name", n.Range})
	}
	p.unusedInputs("family", pointer, node)
	jobs := node.Get("jobs")
	if jobs == nil || jobs.Kind != spec.SequenceNode {
		return
	}
	for i, job := range jobs.Items {
		if job.Kind != spec.MappingNode || job.Get("family") != nil {
			continue
		}
		u := p.ofFamily(job, node)
		u.repoint(pointer + ".jobs" + spec.ItemSegment(job, i))
		p.unit(u)
	}
}

// repoint changes the pointer of a unit and of everything in it.
func (u *unit) repoint(pointer string) {
	moved := func(of string) string { return pointer + strings.TrimPrefix(of, u.pointer) }
	for i := range u.params {
		u.params[i].pointer = moved(u.params[i].pointer)
	}
	for i := range u.steps {
		s := &u.steps[i]
		s.pointer = moved(s.pointer)
		for k := range s.props {
			s.props[k].pointer = moved(s.props[k].pointer)
		}
	}
	u.pointer = pointer
}

// acrossFamilies reports families that nothing uses.
func (l *linter) acrossFamilies() {
	for name, node := range l.families {
		if !l.facts.usedFamilies[name] && l.set.Workspace.SourceOf(node.Range.Start.File) == nil {
			l.report("family-unused", node.Get("name").Range, "families["+name+"]", "nothing uses the family "+quoted(name), "remove it, or write - family: {name: "+name+"} under jobs")
		}
	}
}

// unusedInputs reports inputs that their template, fragment or family never uses: their values have
// no effect.
func (p *pass) unusedInputs(kind, pointer string, node *spec.Node) {
	inputs := node.Get("inputs")
	if inputs == nil || inputs.Kind != spec.MappingNode || len(inputs.Fields) == 0 {
		return
	}
	used := map[string]bool{}
	for _, f := range node.Fields {
		if f.Key.Text != "inputs" {
			referencesIn(f.Value, "inputs.", used)
		}
	}
	for _, f := range inputs.Fields {
		if !used[f.Key.Text] {
			p.report("input-unused", f.Key.Range, pointer+".inputs."+f.Key.Text, "the "+kind+" does not use its input "+quoted(f.Key.Text), "remove it, or write ${{ inputs."+f.Key.Text+" }} where it belongs")
		}
	}
}
