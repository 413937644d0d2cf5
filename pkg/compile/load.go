package compile

import (
	"maps"
	"path"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Loaded is a workspace that was loaded and compiled file by file.
type Loaded struct {
	Set       *spec.Set          // with its files only if they were kept
	Catalogue *catalog.Catalogue // the workspace's own modules among it
	Result    *Result

	parts       map[string]*filePart
	includes    []string // of buildsync.yaml; every job may depend on them
	environment string
	opts        Options
	parsed      map[string]parsedFile // with Options.Keep
}

// parsedFile is a definitions file with the findings of parsing it.
type parsedFile struct {
	file  *spec.File
	found spec.Diagnostics
}

// Files returns how many definitions files were compiled.
func (l *Loaded) Files() int { return len(l.parts) }

// File returns a definitions file as it was parsed, nil if none of this name
// was kept (Options.Keep).
func (l *Loaded) File(name string) *spec.File { return l.parsed[name].file }

// filePart is the result of one file, with what it depends on besides the file itself,
// buildsync.yaml and the modules.
type filePart struct {
	size      int // in bytes
	values    int // compiled
	jobs      []*Job
	removals  []Removal
	templates []string // names of those that its jobs use
	fragments []string // as well
	families  []string // as well
	includes  []string // names of the files whose text is in it
	declares  bool     // templates, fragments or families
}

func (c *compiler) noteTemplate(name string) {
	if c.part != nil && !slices.Contains(c.part.templates, name) {
		c.part.templates = append(c.part.templates, name)
	}
}

func (c *compiler) noteFragment(name string) {
	if c.part != nil && !slices.Contains(c.part.fragments, name) {
		c.part.fragments = append(c.part.fragments, name)
	}
}

func (c *compiler) noteFamily(name string) {
	if c.part != nil && !slices.Contains(c.part.families, name) {
		c.part.families = append(c.part.families, name)
	}
}

func (c *compiler) noteInclude(name string) {
	name = path.Clean(name)
	if c.part != nil && !slices.Contains(c.part.includes, name) {
		c.part.includes = append(c.part.includes, name)
	}
}

// Load reads, checks and compiles a workspace file by file. Besides the result, memory holds the
// nodes of one batch of files and of those that declare templates or fragments. It reports the same
// findings as spec.Load, catalog.ForWorkspace and Compile. environment is a key of environments, ""
// for none. The result is nil without a usable workspace file.
func Load(tree spec.Tree, environment string, opts Options) (*Loaded, spec.Diagnostics) {
	return newLoader(tree, environment, opts).load()
}

// Earlier loads the workspace from another tree, such as an older commit, with the environment and
// options of l. same reports whether a file has the same content in both. A job is reused from l,
// not compiled again, if nothing it depends on has changed: its file, buildsync.yaml, the modules,
// and the templates, fragments and included files that it uses. The result equals that of Load.
// Warnings cover only the files that were compiled.
func (l *Loaded) Earlier(tree spec.Tree, same func(name string) bool) (*Loaded, spec.Diagnostics) {
	loader := newLoader(tree, l.environment, l.opts)
	loader.parsed, loader.same = l.parsed, same
	if l.worldIs(same) {
		loader.known = l.parts
		if loaded, found := loader.load(); !found.HasErrors() {
			return loaded, found
		}
		loader.known = nil // compile everything to report all errors
	}
	return loader.load()
}

// With loads the workspace with files replaced. Their names are clean.
func (l *Loaded) With(files map[string][]byte) (*Loaded, spec.Diagnostics) {
	return l.Earlier(spec.Edited(l.Set.Tree, files), func(name string) bool {
		_, edited := files[path.Clean(name)]
		return !edited
	})
}

// Under loads the same files for another environment, "" for none.
func (l *Loaded) Under(environment string) (*Loaded, spec.Diagnostics) {
	loader := newLoader(l.Set.Tree, environment, l.opts)
	loader.parsed, loader.same = l.parsed, func(string) bool { return true }
	return loader.load()
}

// worldIs reports whether the files that every job depends on are the same.
func (l *Loaded) worldIs(same func(name string) bool) bool {
	shared := append([]string{spec.WorkspaceFile}, l.includes...)
	if modules := l.Set.Workspace.Modules; modules != nil && !modules.IsNull() {
		shared = append(shared, modules.Text)
	}
	return !slices.ContainsFunc(shared, func(name string) bool { return !same(name) })
}

// loader loads one workspace.
type loader struct {
	tree        spec.Tree
	environment string
	opts        Options

	known  map[string]*filePart  // of Earlier; nil: nothing is
	parsed map[string]parsedFile // of Earlier; nil: nothing is
	same   func(name string) bool

	compiler *compiler
	parts    map[string]*filePart
	sources  map[string][]byte     // read and not compiled yet
	files    map[string]*spec.File // those that declare templates or fragments
	kept     map[string]parsedFile // with Options.Keep: all
	found    spec.Diagnostics
}

func newLoader(tree spec.Tree, environment string, opts Options) *loader {
	return &loader{tree: tree, environment: environment, opts: opts}
}

func (l *loader) load() (*Loaded, spec.Diagnostics) {
	l.parts, l.sources, l.files, l.kept, l.found = map[string]*filePart{}, map[string][]byte{}, map[string]*spec.File{}, nil, nil
	if l.opts.Keep {
		l.kept = map[string]parsedFile{}
	}
	reading, found := spec.OpenReading(l.tree, spec.Options{Environment: l.environment})
	if reading == nil {
		return nil, found
	}
	l.found = found
	set := &spec.Set{Tree: l.tree, Workspace: reading.Workspace}
	opts := l.opts
	var ofModules spec.Diagnostics
	if opts.Catalogue == nil {
		opts.Catalogue, ofModules = catalog.ForWorkspace(set)
	}
	shared := &filePart{}
	l.compiler = newCompiler(set, opts, shared)
	names := l.read(reading)
	l.compiler.checkShared()
	l.compileAll(names)
	l.compiler.part = nil
	result, more := l.compiler.finish()
	found = append(l.found, ofModules...)
	found.Sort()
	found = append(found, more.Besides(found)...)
	found.Sort()
	for _, name := range slices.Sorted(maps.Keys(l.kept)) {
		set.Files = append(set.Files, l.kept[name].file)
	}
	return &Loaded{
		Set: set, Catalogue: opts.Catalogue, Result: result,
		parts: l.parts, includes: shared.includes, environment: l.environment, opts: l.opts, parsed: l.kept,
	}, found
}

// read reads the files that have to be, and what templates they declare. It
// returns the names of those that count: all up to the limit, except unreadable ones.
func (l *loader) read(reading *spec.Reading) (names []string) {
	known := func(name string) (size int, ok bool) {
		if part := l.unchanged(name); part != nil {
			return part.size, true
		}
		have, ok := l.parsedAlready(name)
		if ok {
			size = len(have.file.Source)
		}
		return size, ok
	}
	more := reading.Each(known, func(name string, text []byte) {
		names = append(names, name)
		if l.unchanged(name) != nil {
			return
		}
		if have, ok := l.parsedAlready(name); ok {
			text = have.file.Source
		}
		l.sources[name] = text
		if spec.MayDeclareShared(text) {
			l.declare(name)
		}
	})
	l.found = append(l.found, more...)
	return names
}

// unchanged returns the known result of a file that is the same and declares neither templates nor
// fragments.
func (l *loader) unchanged(name string) *filePart {
	part := l.known[name]
	if part == nil || part.declares || !l.same(name) || slices.ContainsFunc(part.includes, func(name string) bool { return !l.same(name) }) {
		return nil
	}
	return part
}

// parsedAlready returns the earlier parse of an unchanged file.
func (l *loader) parsedAlready(name string) (parsedFile, bool) {
	have, ok := l.parsed[name]
	return have, ok && l.same(name)
}

// parse parses a file or reuses its earlier parse.
func (l *loader) parse(name string, source []byte) (*spec.File, spec.Diagnostics) {
	if have, ok := l.parsedAlready(name); ok {
		return have.file, have.found
	}
	return l.compiler.workspace.ParseDefinitions(name, source)
}

// keep stores a parsed file.
func (l *loader) keep(file *spec.File, found spec.Diagnostics) {
	if l.kept != nil && file != nil {
		l.kept[file.Name] = parsedFile{file, found}
	}
}

// declare parses a file for its templates and fragments, and keeps it if it has
// some.
func (l *loader) declare(name string) {
	file, more := l.parse(name, l.sources[name])
	if file == nil || !file.Shares() {
		return // what is wrong with it is found again when its turn comes
	}
	l.found = append(l.found, more...)
	l.keep(file, more)
	l.files[name] = file
	l.compiler.sources[name] = file.Source
	l.compiler.collectFile(file)
}

// sharedIsSame reports whether the templates and fragments are those that the known files were
// compiled with.
func (l *loader) sharedIsSame() bool {
	declaring := map[string]bool{}
	for name, part := range l.known {
		if part.declares {
			declaring[name] = true
		}
	}
	for name := range declaring {
		if !l.same(name) {
			return false
		}
	}
	return maps.EqualFunc(declaring, l.files, func(bool, *spec.File) bool { return true })
}

// pending is a file that is compiled next.
type pending struct {
	name   string
	part   *filePart // what is known of it, if that is still so
	source []byte
	file   *spec.File
	found  spec.Diagnostics
}

// compileAll compiles the files in order, or takes what is known of them.
func (l *loader) compileAll(names []string) {
	next := l.parseAhead(names, l.sharedIsSame())
	for batch := next(); len(batch) > 0; batch = next() {
		for _, p := range batch {
			if p.part != nil {
				if have, ok := l.parsedAlready(p.name); ok {
					l.keep(have.file, have.found)
				}
				l.reuse(p.name, p.part)
				continue
			}
			l.found = append(l.found, p.found...)
			if p.file != nil {
				if l.files[p.name] == nil {
					l.keep(p.file, p.found)
				}
				l.compile(p.file)
			}
		}
	}
}

// batchFiles is how many files are parsed together: enough to use all processors, few enough to
// keep in memory.
const batchFiles = 32

// parseAhead returns a function that returns the batches of parsed files in turn. While one is
// compiled, the other processors parse the next. A parser's panic is raised again where the batch
// is requested.
func (l *loader) parseAhead(names []string, sharedSame bool) (next func() []pending) {
	var fault any
	start := func() <-chan []pending {
		batch := make([]pending, min(batchFiles, len(names)))
		for i := range batch {
			batch[i] = l.pending(names[i], sharedSame)
		}
		names = names[len(batch):]
		done := make(chan []pending, 1)
		go func() {
			fault = parseBatch(l.compiler.workspace, batch)
			done <- batch
		}()
		return done
	}
	ahead := start()
	return func() []pending {
		batch := <-ahead
		if fault != nil {
			panic(fault)
		}
		if len(batch) > 0 {
			ahead = start()
		}
		return batch
	}
}

// pending decides what must be done for a file.
func (l *loader) pending(name string, sharedSame bool) pending {
	p := pending{name: name, file: l.files[name], source: l.sources[name]}
	delete(l.sources, name)
	if part := l.unchanged(name); part != nil && (sharedSame || len(part.templates)+len(part.fragments)+len(part.families) == 0) {
		p.part = part
		return p
	}
	if p.file == nil {
		if have, ok := l.parsedAlready(name); ok {
			p.file, p.found = have.file, have.found
		}
	}
	if p.file == nil && p.source == nil { // it is the same, and its templates are not
		p.source, p.found = spec.ReadDefinitions(l.tree, name)
	}
	return p
}

// parseBatch parses the files of a batch in parallel and returns the value of a panic.
func parseBatch(workspace *spec.Workspace, batch []pending) (fault any) {
	var workers sync.WaitGroup
	var taken atomic.Int64
	faults := make(chan any, runtime.GOMAXPROCS(0))
	for range min(cap(faults), len(batch)) {
		workers.Go(func() {
			defer func() { faults <- recover() }()
			for i := taken.Add(1) - 1; int(i) < len(batch); i = taken.Add(1) - 1 {
				if p := &batch[i]; p.part == nil && p.file == nil && p.source != nil {
					p.file, p.found = workspace.ParseDefinitions(p.name, p.source)
				}
			}
		})
	}
	workers.Wait()
	close(faults)
	for f := range faults {
		if f != nil {
			fault = f
		}
	}
	return fault
}

func (l *loader) compile(file *spec.File) {
	c := l.compiler
	jobs, removals, total := len(c.result.Jobs), len(c.result.Removals), c.total
	part := &filePart{size: len(file.Source), declares: file.Shares()}
	c.part = part
	c.sources[file.Name] = file.Source
	c.compileFile(file)
	if !part.declares {
		delete(c.sources, file.Name)
	}
	part.jobs, part.removals = slices.Clone(c.result.Jobs[jobs:]), slices.Clone(c.result.Removals[removals:])
	part.values = c.total - total
	l.parts[file.Name] = part
}

// reuse adds the earlier result of a file.
func (l *loader) reuse(name string, part *filePart) {
	c := l.compiler
	c.total += part.values
	if len(part.jobs) > 0 && !c.hasRoom(part.jobs[0].nameAt) {
		return
	}
	c.result.Jobs = append(c.result.Jobs, part.jobs...)
	c.result.Removals = append(c.result.Removals, part.removals...)
	for _, used := range part.templates {
		if t := c.templates[used]; t != nil {
			t.compiled = true
		}
	}
	for _, used := range part.families {
		if f := c.families[used]; f != nil {
			f.compiled = true
		}
	}
	for _, used := range part.fragments {
		if f := c.fragments[used]; f != nil {
			f.compiled = true
		}
	}
	l.parts[name] = part
}
