package lint

import (
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// facts are what the rules across files need from each file.
type facts struct {
	users        map[string][]user // by template
	used         map[string]bool   // fragments, by name
	usedFamilies map[string]bool
	usedVars     map[string]bool
	usedSecrets  map[string]bool
	provided     map[string]map[string]bool // by fragment, the parameters that one of its users declares
	unclear      bool                       // some steps use what is not known here
	inFragments  []deferredUse              // references of fragments that no user may declare
	deferred     []deferredUse              // references of templates that nobody declares yet
	unused       []deferredUse              // parameters of templates that their own steps do not use
	names        []named
	jobs         []jobFact
	removals     []removalFact
	removed      map[removalFact]bool
	ignored      []ignoredField
	batch        int                     // how many compilations there have been
	ranges       map[spec.Pos]spec.Range // of the names in the files of this compilation, by where they start
}

// user is a job that uses a template.
type user struct {
	params   []string
	ownSteps bool
}

// deferredUse is a finding that is valid unless a user of the template or fragment declares the
// name.
type deferredUse struct {
	template, name string
	finding        spec.Diagnostic
}

// named is a thing with a name that must not look like another's.
type named struct {
	kind, scope, name, pointer string
	at                         spec.Range
}

func newFacts() facts {
	return facts{users: map[string][]user{}, used: map[string]bool{}, usedFamilies: map[string]bool{}, usedVars: map[string]bool{}, usedSecrets: map[string]bool{}, removed: map[removalFact]bool{}, provided: map[string]map[string]bool{}, ranges: map[spec.Pos]spec.Range{}}
}

func (f *facts) use(u *unit, template string) {
	by := user{ownSteps: u.replacesTemplate()}
	for i := range u.params {
		by.params = append(by.params, u.params[i].name)
	}
	f.users[template] = append(f.users[template], by)
}

// join adds the facts of another part of the workspace, except those of its compilation, see
// linter.compiled.
func (f *facts) join(other *facts) {
	for template, users := range other.users {
		f.users[template] = append(f.users[template], users...)
	}
	maps.Copy(f.used, other.used)
	maps.Copy(f.usedFamilies, other.usedFamilies)
	maps.Copy(f.usedVars, other.usedVars)
	maps.Copy(f.usedSecrets, other.usedSecrets)
	for fragment, provided := range other.provided {
		if f.provided[fragment] == nil {
			f.provided[fragment] = provided
		} else {
			maps.Copy(f.provided[fragment], provided)
		}
	}
	f.unclear = f.unclear || other.unclear
	f.inFragments = append(f.inFragments, other.inFragments...)
	f.deferred = append(f.deferred, other.deferred...)
	f.unused = append(f.unused, other.unused...)
	f.names = append(f.names, other.names...)
	maps.Copy(f.ranges, other.ranges)
}

// isCopied reports whether a template or fragment comes from a source.
func (l *linter) isCopied(u *unit) bool {
	return l.set.Workspace.SourceOf(u.node.Range.Start.File) != nil
}

// acrossFiles applies the rules that need all files.
func (l *linter) acrossFiles() {
	for _, d := range l.facts.deferred {
		if !slices.ContainsFunc(l.facts.users[d.template], func(u user) bool { return slices.Contains(u.params, d.name) }) {
			l.found = append(l.found, d.finding)
		}
	}
	for _, d := range l.facts.unused {
		if !slices.ContainsFunc(l.facts.users[d.template], func(u user) bool { return u.ownSteps }) {
			l.found = append(l.found, d.finding)
		}
	}
	for name, t := range l.templates {
		if len(l.facts.users[name]) > 0 || l.isCopied(t) || t.node.Str("publish") == "true" || spec.HasReference(t.node.Str("publish")) {
			continue
		}
		at := t.node.Get("name")
		l.report("template-unused", at.Range, t.pointer, "no job uses the template "+quoted(name)+", and it is not published", "remove it, or write publish: true to keep it on the server")
	}
	l.acrossFragments()
	l.acrossFamilies()
	l.policies()
	l.lookAlikes(l.facts.names)
}
