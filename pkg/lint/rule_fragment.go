package lint

import (
	"slices"
	"strconv"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// templateWord is the value of use for the steps of the job's template.
const templateWord = "template"

// replacesTemplate reports whether the steps of a unit replace its template's.
func (u *unit) replacesTemplate() bool {
	return len(u.steps) > 0 && !slices.ContainsFunc(u.steps, func(s step) bool { return s.use != nil && s.use.Text == templateWord })
}

// fragmentUses records the fragments of a unit and the parameters that their scripts can use there,
// and reports steps that replace the template's.
func (p *pass) fragmentUses(u *unit) {
	for i := range u.steps {
		if use := u.steps[i].use; use != nil && !(u.kind == fragmentUnit && use.Text == u.name) {
			p.facts.used[use.Text] = true
		}
	}
	p.stepsReplaced(u)
	switch u.kind {
	case templateUnit:
		if u.node.Get("publish") != nil {
			break // there an input may become a build parameter
		}
		p.unusedInputs("template", u.pointer, u.node)
	case fragmentUnit:
		p.unusedInputs("fragment", u.pointer, u.node)
	}
	if u.kind == fragmentUnit || len(p.fragments) == 0 {
		return
	}
	declared, all := p.declared(u), p.stepsOf(u)
	p.facts.unclear = p.facts.unclear || !all.known
	for name := range all.fragments {
		provided := p.facts.provided[name]
		if provided == nil {
			provided = map[string]bool{}
			p.facts.provided[name] = provided
		}
		for parameter := range declared {
			provided[parameter] = true
		}
	}
}

// stepsReplaced reports a job whose own steps drop those of its template.
func (p *pass) stepsReplaced(u *unit) {
	own, template := u.node.Get("steps"), u.template
	if u.kind != jobUnit || own == nil || template == nil || own.Kind == spec.ScalarNode && !own.IsNull() {
		return
	}
	t := p.templates[template.Text]
	if t == nil || len(t.steps) == 0 || len(u.steps) > 0 && !u.replacesTemplate() {
		return
	}
	d := p.report("template-steps-replaced", u.node.Key("steps").Range, u.pointer+".steps",
		"these steps replace the "+stepCount(t)+" of the template "+quoted(t.name)+", which the job does not run", "write - use: template where the template's steps belong")
	d.Related = []spec.Related{{Range: t.node.Key("steps").Range, Message: "the steps of the template are here"}}
	if own.Range.Start.File == p.name && p.source != nil {
		d.Fixes = p.editing("run them first with - use: template", unsafeFix, func() { p.putFirst(own, templateWord) })
	}
}

// putFirst writes a use before the steps of a list.
func (p *pass) putFirst(list *spec.Node, use string) {
	items := []yamledit.Item{{Have: -1, New: yamltext.Mapping(yamltext.Entry("use", yamltext.Text(use)))}}
	for i := range list.Items {
		items = append(items, yamledit.Item{Have: i})
	}
	p.editor().Arrange(list, items)
}

func stepCount(t *unit) string {
	if len(t.steps) == 1 {
		return "step"
	}
	return strconv.Itoa(len(t.steps)) + " steps"
}

// allSteps are all steps of a unit, with those of its template and fragments.
type allSteps struct {
	steps     []step
	fragments map[string]bool // by name
	known     bool            // false if a template or fragment is not known here
}

// stepsOf returns the steps of a unit with those of its template and of the
// fragments that it uses, each fragment once.
func (p *pass) stepsOf(u *unit) *allSteps {
	all := &allSteps{fragments: map[string]bool{}, known: true}
	own, template := u.steps, (*unit)(nil)
	if u.template != nil {
		if template = p.templates[u.template.Text]; template == nil {
			all.known = false
		}
	}
	if whole := u.node.Get("steps"); whole != nil && whole.Kind == spec.ScalarNode && !whole.IsNull() {
		all.known = false // a reference
	}
	if inherited := u.inherited("steps"); inherited != nil {
		own = u.readSteps(inherited)
	}
	if template != nil && (len(own) == 0 || u.kind == jobUnit && u.node.Get("steps") == nil) {
		all.add(p, template.steps, nil)
	}
	all.add(p, own, template)
	return all
}

func (all *allSteps) add(p *pass, steps []step, template *unit) {
	for i := range steps {
		use := steps[i].use
		switch {
		case use == nil && steps[i].node.Kind == spec.ScalarNode: // a reference
			all.known = false
			continue
		case use == nil:
			all.steps = append(all.steps, steps[i])
			continue
		case use.Text == templateWord:
			if template != nil {
				all.add(p, template.steps, nil)
			}
		case p.fragments[use.Text] == nil: // unknown, or a reference
			all.known = false
		case !all.fragments[use.Text]:
			all.fragments[use.Text] = true
			all.add(p, p.fragments[use.Text].steps, nil)
		}
		all.steps = append(all.steps, steps[i]) // for its inputs
	}
}

// acrossFragments reports findings about fragments that need all files.
func (l *linter) acrossFragments() {
	for _, d := range l.facts.inFragments {
		if !l.facts.unclear && !l.facts.provided[d.template][d.name] {
			l.found = append(l.found, d.finding)
		}
	}
	for name, f := range l.fragments {
		if !l.facts.used[name] && !l.isCopied(f) {
			l.report("fragment-unused", f.node.Get("name").Range, f.pointer, "nothing uses the fragment "+quoted(name), "remove it, or write - use: "+name+" among the steps of a job, template or fragment")
		}
	}
}
