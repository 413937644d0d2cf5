package lint

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/internal/crash"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// batch is a group of files that one worker loads, compiles and judges. It starts with the linter's
// knowledge and shares nothing that it writes. The linter takes the batches in the order of their
// files, so the findings do not depend on the number of workers.
type batch struct {
	*linter              // its own findings, facts, scripts and comments
	shared  []*spec.File // the templates and fragments that its jobs may use
	files   []batchFile
	size    int // in bytes

	places bool // compile with the places of all values
	bodies bool // compile with bodies, which only policies read

	front    spec.Diagnostics // of loading
	compiled spec.Diagnostics // of compiling
	read     []*spec.File     // shared ones too
	result   *compile.Result
	done     chan struct{} // closed when it has been run
	fault    error
}

// batchFile is a file to judge. parsed is set if it was parsed before.
type batchFile struct {
	name   string
	source []byte
	parsed *spec.File
}

// newBatch makes an empty batch. Until all templates and fragments are known it has none: its files
// use none.
func (c *checker) newBatch() *batch {
	part := &linter{
		set: c.set, opts: c.opts, catalogue: c.catalogue, config: c.config, vars: c.vars,
		scripts: map[string]*scriptFile{}, comments: map[string]*comments{}, facts: newFacts(),
	}
	if c.complete {
		part.templates, part.fragments, part.families = c.linter.templates, c.fragments, c.families
	}
	return &batch{linter: part, shared: c.templates, places: c.needsPlaces(), bodies: len(c.judging.set.Policies) > 0, done: make(chan struct{})}
}

// needsPlaces reports whether something asks where the values of compiled jobs come from:
// policy.ignore does, and policies do once a job has broken one.
func (c *checker) needsPlaces() bool {
	return c.judging.broken || c.set.Workspace != nil && len(c.set.Workspace.Policy.Ignore) > 0
}

// run loads, compiles and judges the files.
func (b *batch) run() {
	files := slices.Clone(b.shared)
	var judged []*spec.File
	for _, f := range b.files {
		file := f.parsed
		if file == nil {
			var more spec.Diagnostics
			file, more = b.set.Workspace.ParseDefinitions(f.name, f.source)
			b.front = append(b.front, more...)
		}
		if file != nil {
			judged = append(judged, file)
		}
	}
	files = append(files, judged...)
	if len(judged) == 0 {
		return
	}
	b.read = files
	b.result, b.compiled = b.compile(0)
	sharpen(b.compiled, files)
	for _, file := range judged {
		b.facts.uses(file.Root)
		if b.set.Workspace.SourceOf(file.Name) == nil { // copied files are corrected in their source
			b.file(file)
		}
	}
	b.shellChecked()
}

// compile compiles the files that were read. spent is how many values there are of other batches.
func (b *batch) compile(spent int) (*compile.Result, spec.Diagnostics) {
	part := *b.set
	part.Files = b.read
	return compile.Compile(&part, compile.Options{Vars: b.opts.Vars, Catalogue: b.catalogue, Partly: true, NoPlaces: !b.places, NoBodies: !b.bodies, Spent: spent})
}

// within compiles the batch again if its values and those of the batches before come to more than
// the definitions may have, so that it reports where.
func (b *batch) within(spent int) {
	if b.result == nil || b.result.Exhausted || b.result.Values+spent <= compile.MaxTotal {
		return
	}
	b.result, b.compiled = b.compile(spent)
	sharpen(b.compiled, b.read)
}

// withPlaces returns the result with the places of all values. It compiles again for them: most
// batches never need it.
func (b *batch) withPlaces() *compile.Result {
	if !b.places {
		b.places = true
		b.result, _ = b.compile(0)
	}
	return b.result
}

// startWorkers limits the batches under way to the number of processors.
func (c *checker) startWorkers() {
	workers := runtime.GOMAXPROCS(0)
	c.idle = make(chan *tools, workers)
	for range workers {
		c.idle <- newTools()
	}
}

// start runs a batch as soon as a worker is idle. It does not wait for that: meanwhile the next
// batch is read.
func (c *checker) start(b *batch) {
	if cap(c.idle) == 1 {
		b.tools = c.linter.tools
		b.run()
		close(b.done)
		return
	}
	go func() {
		b.tools = <-c.idle
		b.fault = crash.Caught(func() error {
			b.run()
			return nil
		})
		c.idle <- b.tools
		close(b.done)
	}()
}

// join takes the oldest batches until at most some are left.
func (c *checker) join(left int) {
	for len(c.pending) > left {
		b := c.pending[0]
		c.pending[0], c.pending = nil, c.pending[1:]
		<-b.done
		if b.fault != nil {
			panic(b.fault)
		}
		c.take(b)
	}
}

// take adds the findings of a batch. Once the definitions have come to too many values, what
// follows is left out.
func (c *checker) take(b *batch) {
	if c.full {
		return
	}
	b.within(c.spent)
	if b.result != nil {
		c.spent, c.full = c.spent+b.result.Values, b.result.Exhausted
	}
	c.front = append(c.front, b.front...)
	c.front = append(c.front, b.compiled.Besides(c.front)...)
	c.found = append(c.found, b.found...)
	c.facts.join(&b.facts)
	c.hidden = append(c.hidden, b.hidden...)
	for name, file := range b.scripts {
		if known := c.scripts[name]; known != nil {
			known.join(file)
		} else {
			c.scripts[name] = file
		}
	}
	for name, comments := range b.comments {
		if c.comments[name] == nil {
			c.comments[name] = comments
		}
	}
	if c.silent == nil {
		c.silent = b.silent
	}
	c.stopped = c.stopped || b.stopped
	c.judge(b)
	c.linter.compiled(b.result)
}

// lockedTree lets several workers read from a tree that is not safe for concurrent use. It searches
// for the same patterns only once.
type lockedTree struct {
	spec.Tree
	mutex sync.Mutex
	globs map[string]globResult
}

type globResult struct {
	names []string
	err   error
}

// forget drops the lists of files, which take memory: only the start of a run asks for them again
// and again.
func (t *lockedTree) forget() { t.globs = nil }

// ReadFile implements spec.Tree.
func (t *lockedTree) ReadFile(name string, limit int64) ([]byte, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.Tree.ReadFile(name, limit)
}

// Glob implements spec.Tree.
func (t *lockedTree) Glob(patterns []string) ([]string, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	key := strings.Join(patterns, "\x00")
	known, found := t.globs[key]
	if !found {
		known.names, known.err = t.Tree.Glob(patterns)
		if t.globs == nil {
			t.globs = map[string]globResult{}
		}
		t.globs[key] = known
	}
	return slices.Clone(known.names), known.err
}
