package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// A policy with a misspelt name guards nothing, and nobody notices. Two kinds of
// names are checked: templates and fragments, which the definitions declare, and
// what only jobs show: labels, owners, job names and properties of steps.

// UnknownNames reports templates and fragments that policies name and the
// definitions do not declare. Such a policy applies to no job, or no job can keep to
// it.
func (s *Set) UnknownNames(declared compile.Shared) (found spec.Diagnostics) {
	both := slices.Concat(declared.Templates, declared.Fragments)
	report := func(at spec.Range, p *Policy, key, message, hint string) {
		found = append(found, spec.Diagnostic{Rule: fileRule, Severity: spec.Error, Range: at, Pointer: "policies[" + p.Name + "]." + key, Message: message, Hint: hint})
	}
	for _, p := range s.Policies {
		for _, f := range p.forms {
			if r, ok := f.(*requiredStep); ok && r.fragment != "" && !has(declared.Fragments, r.fragment) {
				report(r.at, p, "require_step.fragment", "there is no fragment "+quoted(r.fragment)+", which the policy "+quoted(p.Name)+" requires", spec.DidYouMeanOneOf(r.fragment, declared.Fragments))
			}
		}
		for i, name := range p.where.uses {
			if !has(both, name) {
				report(p.where.usesAt[i], p, "where.uses", "there is no template or fragment "+quoted(name)+", so that the policy "+quoted(p.Name)+" applies to no job", spec.DidYouMeanOneOf(name, both))
			}
		}
	}
	return found
}

// term is a part of a policy that is about a job only if a name in it is right.
type term struct {
	at      spec.Range
	policy  *Policy
	message string // behind "no job"
	near    func(seen *sightings) string
	met     func(job *Subject) bool
	isMet   bool
}

// sightings are the names that the judged jobs have.
type sightings struct {
	labels, values, owners, jobs map[string]bool
}

// see notes what a job is good for.
func (r *Run) see(job *Subject) {
	if len(r.set.terms) == 0 {
		return
	}
	r.judged++
	for _, t := range r.set.terms {
		t.isMet = t.isMet || t.met(job)
	}
	for key, value := range job.Labels {
		r.seen.labels[key] = true
		r.seen.values[key+"="+value] = true
	}
	r.seen.owners[job.Owner] = true
	r.seen.jobs[job.Name] = true
}

// Idle reports the names in policies that no job has. It is for a run in which
// every job of the workspace was judged.
func (r *Run) Idle() (found spec.Diagnostics) {
	if r.judged == 0 {
		return nil
	}
	for _, t := range r.set.terms {
		if !t.isMet {
			found = append(found, spec.Diagnostic{
				Rule: fileRule, Severity: spec.Warning, Range: t.at, Pointer: "policies[" + t.policy.Name + "]",
				Message: "no job " + t.message + ", which the policy " + quoted(t.policy.Name) + " names", Hint: t.near(&r.seen),
			})
		}
	}
	return found
}

// addTerm notes a name that only jobs can confirm. The policies of a source are
// for many workspaces: what none of the jobs here has may be right elsewhere.
func (l *loader) addTerm(p *Policy, at spec.Range, message string, met func(*Subject) bool, near func(*sightings) string) {
	if l.from == nil {
		l.set.terms = append(l.set.terms, &term{at: at, policy: p, message: message, met: met, near: near})
	}
}

func nearestOf(word string, seen func(*sightings) map[string]bool) func(*sightings) string {
	return func(s *sightings) string {
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(seen(s))), func(name string) bool { return name == "" })
		return spec.DidYouMeanOneOf(word, names)
	}
}

// whereTerms notes the conditions of a policy, one by one.
func (l *loader) whereTerms(p *Policy, n *spec.Node) {
	if n == nil || n.Kind != spec.MappingNode {
		return
	}
	for _, item := range labelTexts(n.Get("label")) {
		t, err := compile.ParseLabelTerm(item.Text)
		switch {
		case err != nil: // it has been said
		case t.IsNegative():
			l.labelKey(p, item.Range, t.Key())
		default:
			l.addTerm(p, item.Range, "has the label "+quoted(item.Text), func(job *Subject) bool { return t.Matches(job.labelled()) },
				nearestOf(item.Text, func(s *sightings) map[string]bool {
					if strings.Contains(item.Text, "=") {
						return s.values
					}
					return s.labels
				}))
		}
	}
	for _, item := range scalars(n.Get("owner")) {
		l.addTerm(p, item.Range, "has the owner "+quoted(item.Text), func(job *Subject) bool { return matchesAny([]string{item.Text}, job.Owner) },
			nearestOf(item.Text, func(s *sightings) map[string]bool { return s.owners }))
	}
	for _, item := range scalars(n.Get("has_step")) {
		if id := item.Text; strings.Contains(id, ".") && l.set.catalogue.Module(id) == nil {
			l.addTerm(p, item.Range, "has a step of the module "+quoted(id), func(job *Subject) bool {
				return slices.ContainsFunc(job.numberedSteps(), func(s step) bool { return s.module == id })
			}, func(*sightings) string { return "" })
		}
	}
	for i := range p.where.values {
		c := &p.where.values[i]
		l.addTerm(p, c.at, "fulfils "+quoted(c.written), c.holds, func(*sightings) string { return "" })
	}
	for _, item := range scalars(n.Get("job")) {
		g := spec.Names{item.Text}
		l.addTerm(p, item.Range, "is called "+quoted(item.Text), func(job *Subject) bool { return g.Match(job.Name) },
			nearestOf(item.Text, func(s *sightings) map[string]bool { return s.jobs }))
	}
}

// labelKey notes the key of a label; "owner" is none.
func (l *loader) labelKey(p *Policy, at spec.Range, key string) {
	if key == "owner" {
		return
	}
	l.addTerm(p, at, "has a label "+quoted(key), func(job *Subject) bool {
		_, labelled := job.Labels[key]
		return labelled
	}, nearestOf(key, func(s *sightings) map[string]bool { return s.labels }))
}

// pathTerms notes what a path names that no schema knows.
func (l *loader) pathTerms(p *Policy, at spec.Range, path valuepath.Path) {
	if names := path.Words(); len(names) > 1 && names[0] == "labels" && names[1] != "" {
		l.labelKey(p, at, names[1])
	}
	l.inventedTerms(p, at, path)
}

// inventedTerms notes properties of steps that no module of the catalogue has, and channels that no
// service has. A job may still have them.
func (l *loader) inventedTerms(p *Policy, at spec.Range, path valuepath.Path) {
	names := path.Words()
	switch {
	case len(names) > 1 && names[0] == "notifications" && names[1] != "" && !slices.Contains(wire.NoticeChannels, names[1]):
		l.addTerm(p, at, "has the notification channel "+quoted(names[1]), func(job *Subject) bool {
			return slices.ContainsFunc(job.notices, func(n compile.Notice) bool { return n.Type == names[1] })
		}, func(*sightings) string { return spec.DidYouMeanOneOf(names[1], wire.NoticeChannels) })
	case len(names) > 3 && names[0] == wire.KeySteps && names[2] == wire.KeyProperties && names[3] != "":
		known := l.properties()
		if name := names[3]; !known[name] {
			l.addTerm(p, at, "has a step with the property "+quoted(name), func(job *Subject) bool {
				return slices.ContainsFunc(job.numberedSteps(), func(s step) bool { return s.value.Get(wire.KeyProperties).Get(name) != nil })
			}, func(*sightings) string {
				near := spec.Nearest(name, append(slices.Sorted(maps.Keys(known)), wire.KeyProperties))
				if near == "" {
					return ""
				}
				return spec.DidYouMeanOneOf(name, []string{near})
			})
		}
	}
}

// properties returns the properties that the modules of the catalogue have.
func (l *loader) properties() map[string]bool {
	if l.known == nil {
		l.known = propertiesOf(l.set.catalogue)
	}
	return l.known
}

func propertiesOf(c *catalog.Catalogue) map[string]bool {
	known := map[string]bool{}
	for _, m := range c.Modules() {
		for _, property := range m.Properties {
			known[property.Name] = true
		}
		for _, input := range m.Inputs {
			known[input.Name] = true
		}
	}
	return known
}
