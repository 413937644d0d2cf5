// Package lint has the rules for definitions: they find what is valid and still wrong, or fails at
// run time. It reads the results of pkg/spec and pkg/compile, and reports spec.Diagnostics.
//
// It promises: a finding has a permanent rule name, an exact range, and a pointer by names; the
// same input gives the same findings in the same order; work and memory are linear in the
// definitions; nothing is executed, no network and no clock is used; a secret is never quoted in
// full.
//
// Rules check the files as written, template by template and job by job, so that a finding of a
// matrix or template is reported once, where it can be corrected. The values of ${{ }} are followed
// where they are certain.
package lint

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Options are everything that a run depends on besides the definitions. The zero value is usable.
type Options struct {
	// Catalogue holds the step modules; nil stands for the shipped ones and the
	// workspace's own.
	Catalogue *catalog.Catalogue
	// Vars are the values of --var.
	Vars map[string]string
	// Now is the start for computing the next runs of a trigger; zero omits them.
	Now time.Time
	// Today is the date, such as 2027-01-31, for the expiry of policy exceptions; with "" none
	// expires.
	Today string
	// Only reports whether a file was requested; nil means all. Findings that a requested file
	// causes are reported anywhere.
	Only func(file string) bool
	// Others are the workspace with these files in another state: as before, or removed.
	Others []Other
	// Changed limits findings to what a change touches or causes; nil does not.
	Changed Changes
	// Before is the workspace before the change; may be nil.
	Before Other
	// Selected limits findings to some rules; nil does not. Findings that stop plan and apply are
	// reported in any case.
	Selected func(rule string) bool
	// ShellCheck checks scripts; nil if there is none. ShellCheckMode overrides buildsync.yaml.
	ShellCheck     ShellCheck
	ShellCheckMode ShellCheckMode
	// Bash decides which scripts parse; nil if there is none.
	Bash Bash
	// Baseline has old findings that are not reported again; may be nil.
	Baseline *Baseline
}

// inBody converts names in the compiler's paths to the form of pointers.
var inBody = strings.NewReplacer(`["`, "[", `"]`, "]")

// sharpen gives the compiler's findings pointers in the common form.
func sharpen(ds spec.Diagnostics, files []*spec.File) {
	if len(ds) == 0 {
		return
	}
	for i := range ds {
		ds[i].Pointer = inBody.Replace(ds[i].Pointer)
	}
	for _, file := range files {
		ds.SharpenInto(file.Root)
	}
}

// linter is the state of one run. Files are checked one at a time, so they need not all be in
// memory; facts has what rules across files need.
type linter struct {
	*tools
	set       *spec.Set
	opts      Options
	catalogue *catalog.Catalogue
	config    *config
	vars      map[string]*spec.Node
	templates map[string]*unit
	fragments map[string]*unit
	families  map[string]*spec.Node
	scripts   map[string]*scriptFile
	facts     facts
	unchecked []*script            // those that shellcheck is to be asked about
	silent    error                // why shellcheck does not answer
	stopped   bool                 // bash or shellcheck was stopped, so another run may find more
	comments  map[string]*comments // suppressions by file
	found     spec.Diagnostics
	hidden    []string // the secrets that were found
	judging   judging
}

func newLinter(set *spec.Set, opts Options) *linter {
	l := &linter{
		set: set, opts: opts, catalogue: opts.Catalogue,
		templates: map[string]*unit{}, fragments: map[string]*unit{}, families: map[string]*spec.Node{}, scripts: map[string]*scriptFile{}, tools: newTools(),
		comments: map[string]*comments{}, facts: newFacts(),
	}
	if l.catalogue == nil {
		l.catalogue, _ = catalog.ForWorkspace(set) // its findings are the compiler's to report
	}
	if set.Workspace != nil {
		l.vars = set.Workspace.Vars
	}
	l.workspace()
	return l
}

// tools are what one worker reuses from file to file.
type tools struct {
	shell  *shellParser
	zones  zoneTable
	timers timerTable
}

func newTools() *tools {
	return &tools{shell: newShellParser(), zones: zoneTable{}, timers: timerTable{}}
}

// learn records what rules need to know of a file while they check others.
func (l *linter) learn(file *spec.File) {
	for _, node := range file.Templates {
		name := node.Str("name")
		if name == "" || l.templates[name] != nil {
			continue
		}
		l.templates[name] = l.unitOf(node, templateUnit)
	}
	for _, node := range file.Fragments {
		if name := node.Str("name"); name != "" && l.fragments[name] == nil {
			l.fragments[name] = l.unitOf(node, fragmentUnit)
		}
	}
	for _, node := range file.Families {
		if name := node.Str("name"); name != "" && l.families[name] == nil {
			l.families[name] = node
		}
	}
}

// file applies every rule that looks at one file.
func (l *linter) file(file *spec.File) {
	before := len(l.found)
	p := l.pass(file.Name, file.Source)
	p.readComments(file.Root)
	for _, node := range file.Fragments {
		u := l.fragments[node.Str("name")]
		if u == nil || u.node != node { // the second of a name
			u = l.unitOf(node, fragmentUnit)
		}
		p.unit(u)
	}
	for _, node := range file.Templates {
		u := l.templates[node.Str("name")]
		if u == nil || u.node != node { // the second of a name
			u = l.unitOf(node, templateUnit)
		}
		p.unit(u)
	}
	for _, node := range file.Families {
		p.family(node)
	}
	for _, node := range file.Jobs {
		if node.Get("family") == nil {
			p.unit(l.unitOf(node, jobUnit))
		}
	}
	for _, node := range file.Removed {
		if name := node.Get("job"); name != nil && name.Kind == spec.ScalarNode {
			p.facts.ranges[node.Range.Start] = name.Range
		}
	}
	p.implicitTypes(file.Root)
	p.secretLiterals(file.Root)
	p.referenceForms(file.Root)
	l.found[before:].SharpenInto(file.Root)
}

// workspace reads the configuration and lints the job settings in buildsync.yaml.
func (l *linter) workspace() {
	w := l.set.Workspace
	if w == nil {
		l.config = newConfig(nil, nil)
		return
	}
	p := l.pass(workspaceFile, l.read(workspaceFile))
	l.config = newConfig(w.Lint, p)
	if w.Root == nil {
		return
	}
	p.readComments(w.Root)
	if w.JobDefaults != nil {
		p.unit(l.unitOf(w.JobDefaults, defaultsUnit))
	}
	p.implicitTypes(w.Root)
	p.secretLiterals(w.Root)
	p.referenceForms(w.Root)
	p.workspaceValues(w.Root)
	l.found.SharpenInto(w.Root)
}

const workspaceFile = "buildsync.yaml"

// read returns a file's bytes, nil if it cannot be read.
func (l *linter) read(name string) []byte {
	if l.set.Tree == nil {
		return nil
	}
	source, err := l.set.Tree.ReadFile(name, spec.MaxFileBytes)
	if err != nil {
		return nil // whoever needed it reported it
	}
	return source
}

// unit applies the rules about one job, template or set of defaults.
func (p *pass) unit(u *unit) {
	p.jobFields(u)
	p.sources(u)
	p.parameters(u)
	p.steps(u)
	p.notifications(u)
	p.triggers(u)
	p.commitTrigger(u)
	p.oldForms(u)
	p.serviceValues(u)
	p.protectDisabled(u)
	p.references(u)
	p.fragmentUses(u)
	p.names(u)
}

// decide adds the rules across files, then applies configuration and suppressions. Errors of
// loading and compiling ignore both: they stop plan and apply too.
func (l *linter) decide(front spec.Diagnostics) spec.Diagnostics {
	l.shellChecked()
	l.missingShellCheck()
	l.inScripts()
	l.acrossFiles()
	l.unusedNames(front)
	l.found = append(l.found, l.judging.run.Exceptions(!front.HasErrors())...)
	if !front.HasErrors() {
		l.found = append(l.found, l.judging.set.UnknownNames(compile.Shared{Templates: slices.Sorted(maps.Keys(l.templates)), Fragments: slices.Sorted(maps.Keys(l.fragments))})...)
		l.found = append(l.found, l.judging.run.Idle()...)
	}
	hard, all := l.withFront(front)
	all = l.config.apply(all)
	all = markSequels(l.suppress(all, hard), hard)
	all = append(all, l.judging.found...)
	all = append(all, hard...)
	l.hideSecrets(all)
	all.Sort()
	l.addCauses(all)
	return all
}

// wanted keeps the requested findings. Those of fixed rules are never in a baseline, see
// NewBaseline.
func (o *Options) wanted(all spec.Diagnostics, environment string) spec.Diagnostics {
	secrets := secretPlaces(all)
	all = withNextRuns(withoutSequels(all, o.Selected), o.Now)
	if o.Selected != nil {
		all = slices.DeleteFunc(slices.Clone(all), func(d spec.Diagnostic) bool { return !d.Blocking && !o.Selected(d.Rule) })
	}
	all = o.Baseline.Filter(all)
	all = o.caused(all, environment)
	all.Sort()
	if len(all) > 0 {
		all[0].Hidden = secrets // a finding that is left out may point at one
	}
	return all
}

// withFront joins the diagnostics of loading and compiling with the linter's. hard are those that
// stop plan and apply: the errors among the former, and what the linter finds across files as they
// do. At places that loading or compiling has reported, the linter's findings are dropped.
func (l *linter) withFront(front spec.Diagnostics) (hard, all spec.Diagnostics) {
	said := make(map[spec.Pos][]string, len(front))
	for _, d := range front {
		said[d.Range.Start] = append(said[d.Range.Start], d.Rule)
		if d.Value.IsValid() {
			said[d.Value] = append(said[d.Value], d.Rule)
		}
		if d.Severity == spec.Error {
			for _, other := range d.Related { // where the value of a reference is defined
				said[other.Range.Start] = append(said[other.Range.Start], d.Rule)
			}
			d.Blocking = true
			hard = append(hard, d)
		} else {
			all = append(all, d)
		}
	}
	lendFixes(hard, l.found)
	for _, d := range l.found {
		repeats := slices.ContainsFunc(said[d.Range.Start], func(rule string) bool {
			return rule == d.Rule || saysNothingMore(rule) && d.Rule != "secret-literal" // which must not be shown either
		})
		switch {
		case repeats:
		case d.Blocking:
			hard = append(hard, d)
		default:
			all = append(all, d)
		}
	}
	all.Sort()
	return hard, all
}

// lendFixes gives an error of the schema the fix and hint of the same rule here.
func lendFixes(hard, found spec.Diagnostics) {
	for i := range hard {
		if len(hard[i].Fixes) > 0 {
			continue
		}
		same := func(d spec.Diagnostic) bool {
			return d.Rule == hard[i].Rule && (d.Range == hard[i].Range ||
				slices.ContainsFunc(hard[i].Related, func(other spec.Related) bool { return other.Range.Start == d.Range.Start }))
		}
		if at := slices.IndexFunc(found, same); at >= 0 {
			hard[i].Fixes = found[at].Fixes
			if hard[i].Rule != "wrong-type" { // its message is complete
				hard[i].Hint = cmp.Or(hard[i].Hint, found[at].Hint)
			}
		}
	}
}

// saysNothingMore reports whether a rule means that a value is not valid at all, so that no other
// rule needs to report it.
func saysNothingMore(rule string) bool {
	switch rule {
	case "wrong-type", "yaml-syntax", "duplicate-key", "unknown-key", "unknown-name", "expression", "param-name":
		return true
	}
	return false
}

// pass is the check of one file.
type pass struct {
	*linter
	name   string
	source []byte
	lines  *textedit.Lines // made on first use
	edits  *yamledit.Editor

	placesFor *spec.Node // what places are those of
	places    *spec.TextPlaces
}

func (l *linter) pass(name string, source []byte) *pass {
	return &pass{linter: l, name: name, source: source}
}

// report adds a finding with its rule's own severity. The caller may complete the result until the
// next call.
func (l *linter) report(rule string, at spec.Range, pointer, message, hint string) *spec.Diagnostic {
	l.found = append(l.found, spec.Diagnostic{
		Rule: rule, Severity: severityOf(rule), Range: at, Message: message, Hint: hint, Pointer: pointer,
	})
	return &l.found[len(l.found)-1]
}

// textRange returns the range of a part of a scalar's text.
func (p *pass) textRange(n *spec.Node, start, end int) spec.Range {
	if p.source == nil || n.Range.Start.File != p.name {
		return n.Range
	}
	places := p.placesOf(n)
	return spec.Range{Start: places.At(start), End: places.At(end)}
}

// offset returns the offset of a place in the source.
func (p *pass) offset(at spec.Pos) (int, bool) {
	if p.source == nil || at.File != p.name || at.Line < 1 || at.Column < 1 {
		return 0, false
	}
	return p.index().Offset(at.Line, at.Column)
}

// index returns the lines of the file, indexed once.
func (p *pass) index() *textedit.Lines {
	if p.lines == nil {
		p.lines = textedit.Index(p.source)
	}
	return p.lines
}

// placesOf returns the places of a scalar's text. Rules ask for several places of one scalar in a
// row, so the last result is kept.
func (p *pass) placesOf(n *spec.Node) *spec.TextPlaces {
	if p.placesFor != n {
		p.placesFor, p.places = n, n.TextPlaces(p.index())
	}
	return p.places
}

// replace makes a fix that replaces a range by text; none if the range is not in the source.
func (p *pass) replace(at spec.Range, text, message string, safe safety) []spec.Fix {
	start, ok := p.offset(at.Start)
	end, found := p.offset(at.End)
	if !ok || !found || end < start {
		return nil
	}
	return []spec.Fix{{Message: message, Unsafe: safe == unsafeFix, Edits: []spec.Edit{{File: p.name, Start: start, End: end, New: text}}}}
}

// safety reports whether a fix may change what the definition means.
type safety bool

const (
	safeFix   safety = false
	unsafeFix safety = true
)
