// Package compile turns the definitions of a workspace into request bodies of the API: it merges
// defaults and templates, expands matrices, resolves references and includes, and translates the
// friendly forms. Each value keeps its origin.
//
// It promises: the result depends only on the arguments and is the same byte for byte whatever the
// order of the files; an absent key stays absent in the body, and an empty list or explicit null
// makes the value empty; where the API wants text, the written text is kept; a secret is a
// placeholder; one run reports all errors. Section numbers are those of the API Reference
// (2023-11-30).
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
	// Catalogue has the step modules; nil means the shipped ones and the
	// workspace's own modules file.
	Catalogue *catalog.Catalogue
	// Pack stores each job's body and the places of its values as text, so that very many jobs fit
	// in memory. Provenance is nil then; PlaceOf knows the places.
	Pack bool
	// Keep makes Load keep the parsed files, so that Earlier, With and Under need not parse them
	// again. It takes about 30 times the size of the files.
	Keep bool
	// Partly means that more files follow, or that the definitions will not be applied. Conflicts
	// over which live jobs they mean are not checked.
	Partly bool
	// Spent is how many values other parts of the same workspace have compiled to: they count for
	// the limit of all.
	Spent int
	// NoPlaces leaves out of each job's Provenance all but the places of its name and former names.
	NoPlaces bool
	// NoBodies compiles for the findings alone: no job of the result has a body.
	NoBodies bool
}

// Compile compiles a loaded workspace. The result has everything that could be compiled. It must
// not be planned or applied if the diagnostics have errors.
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

// compileFile compiles the jobs and removals of one file. All templates must be known.
func (c *compiler) compileFile(file *spec.File) {
	c.refuseFile(file)
	for _, entry := range file.Jobs {
		c.compileEntry(entry, nil)
	}
	for _, removal := range file.Removed {
		c.compileRemoval(removal)
	}
}

// finish adds the findings that need all files.
func (c *compiler) finish() (*Result, spec.Diagnostics) {
	c.hasRoom(c.last)
	c.result.Values, c.result.Exhausted = c.total, c.exhausted
	c.publishTemplates()
	c.checkAllUnused()
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
	c.result.Declared = Shared{Templates: slices.Sorted(maps.Keys(c.templates)), Fragments: slices.Sorted(maps.Keys(c.fragments))}
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

// checkAllUnused compiles what no job uses, to find mistakes in it. If jobs were left out, nobody
// knows what they use.
func (c *compiler) checkAllUnused() {
	if !c.exhausted {
		c.total = 0 // a limit of its own: what nothing uses takes no room
		c.checkUnusedFamilies()
		c.checkUnused()
		c.checkUnusedFragments()
		return
	}
	for _, f := range c.families {
		f.compiled = true
	}
	for _, f := range c.fragments {
		f.compiled = true
	}
}

// compiler is the state of one compilation. Once the first job is compiled, only the caches and the
// findings change.
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
	placesFor *spec.Node                 // the scalar of places
	places    *spec.TextPlaces           // of the scalar that something was reported in last
	total     int                        // values of all jobs so far
	maxTotal  int
	exhausted bool                // there were more than maxTotal
	multiples map[string]multiple // of the families that were counted
	leasts    map[string]int64    // of the fragments that were counted, the least number of their values
	last      spec.Range          // of the entry of jobs that was compiled last
	findings  findings
	result    *Result

	pack     bool
	noPlaces bool
	noBodies bool
	partly   bool
	files    *fileTable
	room     []recorded // for the next job
	packing  []byte     // as well
	part     *filePart  // notes what the file being compiled depends on; nil: nobody asks
}

// newCompiler makes a compiler and resolves the variables. part, if not nil, records what they
// depend on.
func newCompiler(set *spec.Set, opts Options, part *filePart) *compiler {
	c := &compiler{
		set: set, workspace: set.Workspace, catalogue: opts.Catalogue,
		templates: map[string]*template{}, fragments: map[string]*fragment{}, families: map[string]*family{}, secrets: map[string]bool{}, includes: map[string]*include{}, sources: make(map[string][]byte, len(set.Files)),
		result: &Result{}, total: opts.Spent, maxTotal: MaxTotal, pack: opts.Pack, noPlaces: opts.NoPlaces, noBodies: opts.NoBodies, partly: opts.Partly, files: &fileTable{number: map[string]uint64{}}, part: part,
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
		Action: u.plainText(u.get(n, "action")), Reason: u.plainText(u.get(n, "reason")), Pos: n.Pos(), nameAt: n.Get("job").Range,
	}
	if r.Action == "" {
		r.Action = "disable"
		if c.workspace.Policy.OnRemove == "delete" {
			r.Action = "delete"
		}
	}
	c.result.Removals = append(c.result.Removals, r)
}
