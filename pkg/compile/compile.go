// Package compile turns the definitions of a workspace into the bodies that the
// API takes: it merges defaults and templates, multiplies matrices, resolves
// references and includes, and expands the friendly forms. Each value keeps the
// place that it came from.
//
// Its promises: the result depends on its arguments alone and is the same to
// the byte whatever the order of the files; a key that is absent stays absent
// in the body, an empty list or an explicit null makes the value empty; where
// the API wants text, the text that was written is kept; a secret is a
// placeholder; all errors are reported in one run. Sections are those of the
// API Reference (2023-11-30).
package compile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Options are what a compilation depends on besides the definitions.
type Options struct {
	// Vars are the values of --var; they win over those of the workspace and
	// its environment.
	Vars map[string]string
	// Catalogue holds the step modules; nil stands for the shipped ones and the
	// workspace's own modules file.
	Catalogue *catalog.Catalogue
	// Pack keeps each job's body and the places of its values as texts, so that
	// very many jobs can be held: Body and Provenance are nil then, Unpacked and
	// PlaceOf serve in their place.
	Pack bool
	// Keep has Load keep the parsed files, so that Earlier, With and Under need not
	// parse them again. It takes some 30 times the size of the files.
	Keep bool
	// Partly says that more files follow, or that the definitions are not to be
	// applied: which live jobs they mean together is not checked.
	Partly bool
}

// Compile compiles a loaded workspace. The result holds whatever could be
// compiled; it must not be planned or applied when the diagnostics hold errors.
func Compile(set *spec.Set, opts Options) (*Result, spec.Diagnostics) {
	return newCompiler(set, opts, nil).compile()
}

func (c *compiler) compile() (*Result, spec.Diagnostics) {
	c.collect()
	c.checkShared()
	for _, file := range c.set.Files {
		c.compileFile(file)
	}
	return c.finish()
}

// compileFile compiles what one file defines, when all templates are known.
func (c *compiler) compileFile(file *spec.File) {
	for _, entry := range file.Jobs {
		c.compileEntry(entry, nil)
	}
	for _, removal := range file.Removed {
		c.compileRemoval(removal)
	}
}

// finish adds what can be said only when every file has been compiled.
func (c *compiler) finish() (*Result, spec.Diagnostics) {
	c.publishTemplates()
	c.checkUnusedFamilies()
	c.checkUnused()
	c.checkUnusedFragments()
	for _, name := range slices.Sorted(maps.Keys(c.fragments)) {
		if c.fragments[name].compiled {
			c.result.Fragments = append(c.result.Fragments, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.families)) {
		if c.families[name].compiled {
			c.result.Families = append(c.result.Families, name)
		}
	}
	c.refuseDuplicates()
	c.result.UnknownVars = c.vars.unknown()
	if !c.partly {
		c.checkIdentities()
	}
	slices.SortStableFunc(c.result.Jobs, func(a, b *Job) int {
		return cmp.Or(strings.Compare(a.Address, b.Address), a.Pos.Compare(b.Pos))
	})
	slices.SortStableFunc(c.result.Templates, func(a, b *Template) int { return strings.Compare(a.Address, b.Address) })
	slices.SortStableFunc(c.result.Removals, func(a, b Removal) int {
		return cmp.Or(strings.Compare(a.Address, b.Address), a.Pos.Compare(b.Pos))
	})
	return c.result, c.findings.sorted()
}

// compiler is what one compilation knows. Nothing of it changes once the first
// job is compiled, but for the caches and the collected findings.
type compiler struct {
	set       *spec.Set
	workspace *spec.Workspace
	catalogue *catalog.Catalogue
	vars      *variables
	defaults  *spec.Node // defaults.job, marked as such
	templates map[string]*template
	fragments map[string]*fragment
	families  map[string]*family
	uses      []usage // of the fragments whose steps are being compiled, the innermost last
	secrets   map[string]bool
	includes  map[string]*include
	sources   map[string][]byte          // of the definition files, by name
	indexes   map[string]*textedit.Lines // of sources, made on first use
	placesFor *spec.Node                 // what places are those of
	places    *spec.TextPlaces           // of the scalar that something was reported in last
	total     int                        // values of all jobs so far
	maxTotal  int
	exhausted bool // there were more than maxTotal
	findings  findings
	result    *Result

	pack    bool
	partly  bool
	files   *fileTable
	room    []recorded // for the next job
	packing []byte     // as well
	part    *filePart  // notes what the file being compiled depends on; nil: nobody asks
}

// newCompiler makes a compiler, which resolves the variables at once; part notes
// what they depend on, nil does not.
func newCompiler(set *spec.Set, opts Options, part *filePart) *compiler {
	c := &compiler{
		set: set, workspace: set.Workspace, catalogue: opts.Catalogue,
		templates: map[string]*template{}, fragments: map[string]*fragment{}, families: map[string]*family{}, secrets: map[string]bool{}, includes: map[string]*include{}, sources: make(map[string][]byte, len(set.Files)),
		result: &Result{}, maxTotal: maxTotal, pack: opts.Pack, partly: opts.Partly, files: &fileTable{number: map[string]uint64{}}, part: part,
	}
	if c.workspace == nil {
		c.workspace = &spec.Workspace{}
	}
	if c.catalogue == nil {
		var diags spec.Diagnostics
		c.catalogue, diags = catalog.ForWorkspace(set)
		c.findings.list = append(c.findings.list, diags...)
	}
	for _, file := range set.Files {
		c.sources[file.Name] = file.Source
	}
	c.vars = newVariables(c, opts.Vars)
	c.vars.resolveAll()
	c.result.Environment = c.workspace.Environment
	for _, secret := range c.workspace.Secrets {
		c.secrets[secret.Text] = true
		c.result.Secrets = append(c.result.Secrets, secret.Text)
	}
	if d := c.workspace.JobDefaults; d != nil && d.Kind == spec.MappingNode {
		c.defaults = marked(d, spec.FromDefault, "defaults.job")
	}
	return c
}

// refuseDuplicates reports jobs of one project and name.
func (c *compiler) refuseDuplicates() {
	type key struct{ project, name string }
	first := make(map[key]*Job, len(c.result.Jobs))
	for _, job := range c.result.Jobs {
		k := key{job.ProjectID, job.Name}
		other, twice := first[k]
		if !twice {
			first[k] = job
			continue
		}
		hint := "rename one of them"
		if job.Pos == other.Pos {
			hint = job.distinction(other)
		}
		d := c.reportAt("duplicate-job", job.nameAt, "jobs["+job.Name+"].name", hint,
			"job %q is defined twice in project %q", job.Name, job.Project)
		d.Related = append(d.Related, spec.Related{Range: other.nameAt, Message: "first defined here"})
		for _, place := range slices.Concat(job.familyPlaces(), other.familyPlaces()) {
			if !slices.Contains(d.Related, place) {
				d.Related = append(d.Related, place)
			}
		}
	}
}

func (c *compiler) compileRemoval(n *spec.Node) {
	u := c.newUnit(spec.OfRemoval, "removed["+n.Str("job")+"]", &scope{c: c})
	name := u.plainText(u.get(n, "job"))
	alias, project := u.project(u.get(n, "project"), n)
	if name == "" || project == nil {
		return
	}
	r := Removal{
		Address: JobAddress(alias, name), Project: alias, ProjectID: project.ID, Job: name,
		Action: u.plainText(u.get(n, "action")), Reason: u.plainText(u.get(n, "reason")), Pos: n.Pos(),
	}
	if r.Action == "" {
		r.Action = "disable"
		if c.workspace.Policy.OnRemove == "delete" {
			r.Action = "delete"
		}
	}
	c.result.Removals = append(c.result.Removals, r)
}
