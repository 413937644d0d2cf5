package lint

import (
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/spec"
)

// batchBytes is how much source is loaded, compiled and judged together. A file takes about twenty
// times its size in memory meanwhile, so this bounds the memory of any run.
const batchBytes = 16 << 10

// Check loads, compiles and lints a workspace batch by batch, so that memory does not grow with the
// number of definitions. It reports the same findings as Load, Compile and Run together.
// environment is a key of environments, "" for none. If buildsync.yaml is not a workspace, only
// that is reported, whichever files are requested.
func Check(tree spec.Tree, environment string, opts Options) spec.Diagnostics {
	checked := check(tree, environment, opts)
	if !checked.readable {
		return checked.all
	}
	return opts.wanted(checked.all, environment)
}

// checked is the result of a run before the requested findings are chosen.
type checked struct {
	all      spec.Diagnostics
	readable bool   // there is a workspace
	lastDay  string // the last day for which the findings hold; "" if they do not depend on time
	stopped  bool   // a program was stopped, so another run may find more
}

func check(tree spec.Tree, environment string, opts Options) checked {
	locked := &lockedTree{Tree: tree}
	tree = locked
	reading, front := spec.OpenReading(tree, spec.Options{Environment: environment})
	if reading == nil {
		front.Sort()
		return checked{all: front}
	}
	set := &spec.Set{Tree: tree, Workspace: reading.Workspace}
	if opts.Catalogue == nil {
		var more spec.Diagnostics
		opts.Catalogue, more = catalog.ForWorkspace(set)
		front = append(front, more...)
	}
	c := &checker{linter: newLinter(set, opts), tree: tree, front: front}
	c.front = append(c.front, c.loadPolicies()...)
	locked.forget()
	c.run(reading)
	all := c.decide(c.front)
	return checked{all: all, readable: true, lastDay: c.judging.set.LastDay(opts.Today), stopped: c.stopped}
}

// checker passes batches to workers, which load, compile and judge them.
type checker struct {
	*linter
	tree      spec.Tree
	front     spec.Diagnostics
	templates []*spec.File // the files that declare templates or fragments, without their jobs, once all are known
	complete  bool         // all templates and fragments are known
	batch     *batch
	idle      chan *tools // those of the workers that have nothing to do
	pending   []*batch    // in the order of the files
	spent     int         // values that the definitions have compiled to so far
	full      bool        // these are too many
}

// run takes the files that neither declare nor use templates or fragments first, one by one. Files
// that declare some stay in memory; files that use some come when all are known. The bytes show
// which is which, without parsing.
func (c *checker) run(reading *spec.Reading) {
	var declaring, held []*spec.File
	var later []string
	c.startWorkers()
	alwaysUsed := c.set.Workspace.JobDefaults.Get("template") != nil || spec.MayUseShared(c.read(workspaceFile))
	more := reading.Each(nil, func(name string, source []byte) {
		switch {
		case spec.MayDeclareShared(source):
			if file := c.load(name, source); file != nil && file.Shares() {
				declaring = append(declaring, file)
				c.learn(file)
			} else if file != nil {
				held = append(held, file)
			}
		case alwaysUsed || spec.MayUseShared(source):
			later = append(later, name)
		default:
			c.add(batchFile{name: name, source: source})
		}
	})
	c.front = append(c.front, more...)
	c.flush()
	c.join(0)
	c.complete = true
	if len(declaring) > 0 {
		c.compileFiles(declaring)
	}
	for _, file := range declaring {
		templatesAlone := *file
		templatesAlone.Jobs, templatesAlone.Removed = nil, nil
		c.templates = append(c.templates, &templatesAlone)
	}
	for _, file := range held {
		c.add(batchFile{name: file.Name, source: file.Source, parsed: file})
	}
	for _, name := range later {
		if source, err := c.tree.ReadFile(name, spec.MaxFileBytes); err == nil {
			c.add(batchFile{name: name, source: source})
		}
	}
	c.flush()
	c.join(0)
}

func (c *checker) load(name string, source []byte) *spec.File {
	file, more := c.set.Workspace.ParseDefinitions(name, source)
	c.front = append(c.front, more...)
	return file
}

func (c *checker) add(file batchFile) {
	if c.batch == nil {
		c.batch = c.newBatch()
	}
	c.batch.files = append(c.batch.files, file)
	if c.batch.size += len(file.source); c.batch.size > batchBytes {
		c.flush()
	}
}

// flush passes the batch to a worker. If one batch already waits for a worker, it waits for the
// oldest batches.
func (c *checker) flush() {
	b := c.batch
	if b == nil || c.full {
		return
	}
	c.batch = nil
	c.pending = append(c.pending, b)
	c.start(b)
	c.join(cap(c.idle))
}

// compileFiles compiles and judges the files that declare templates or fragments.
func (c *checker) compileFiles(files []*spec.File) {
	b := c.newBatch()
	b.tools = c.linter.tools
	for _, file := range files {
		b.files = append(b.files, batchFile{name: file.Name, source: file.Source, parsed: file})
	}
	b.run()
	c.take(b)
}
