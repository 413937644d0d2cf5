package lint

import (
	"bytes"
	"fmt"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/spec"
)

// batchBytes is how much source is loaded, compiled and judged together. A file
// takes some twenty times its size while that is done, so this bounds the memory
// of a run of any size.
const batchBytes = 32 << 10

// Check loads, compiles and lints a workspace batch by batch, so that memory
// does not grow with the number of definitions: what it reports is what Load,
// Compile and Run report together. environment is a key of environments, "" for
// none. Where buildsync.yaml is not a workspace, why not is all that is reported,
// whichever files are asked for.
func Check(tree spec.Tree, environment string, opts Options) spec.Diagnostics {
	all, readable, _ := check(tree, environment, opts)
	if !readable {
		return all
	}
	return opts.wanted(all, environment)
}

// check returns all findings, whatever is asked for, and whether there is a
// workspace that could be read. lastDay is the day after which time alone may
// change them, "" where it does not.
func check(tree spec.Tree, environment string, opts Options) (all spec.Diagnostics, readable bool, lastDay string) {
	tree = &lockedTree{Tree: tree}
	workspace, front := spec.LoadWorkspace(tree, spec.Options{Environment: environment})
	if workspace == nil {
		front.Sort()
		return front, false, ""
	}
	set := &spec.Set{Tree: tree, Workspace: workspace}
	if opts.Catalogue == nil {
		var more spec.Diagnostics
		opts.Catalogue, more = catalog.ForWorkspace(set)
		front = append(front, more...)
	}
	names, more := spec.DefinitionFiles(tree, workspace)
	c := &checker{linter: newLinter(set, opts), tree: tree, front: append(front, more...)}
	c.front = append(c.front, c.loadPolicies()...)
	c.run(names)
	return c.decide(c.front), true, c.judging.set.LastDay(opts.Today)
}

// checker feeds a linter with batches, which workers load, compile and judge.
type checker struct {
	*linter
	tree      spec.Tree
	front     spec.Diagnostics
	templates []*spec.File // the files that declare templates or fragments, without their jobs, once all are known
	complete  bool         // all templates and fragments are known
	batch     *batch
	total     int         // of all files, in bytes
	idle      chan *tools // those of the workers that have nothing to do
	pending   []*batch    // in the order of the files
}

// useWord matches a key called use, however it is written.
var useWord = pattern(`\buse['"]?\s*:|\?\s*['"]?use\b`)

// hasUse reports whether a file seems to use a fragment.
func hasUse(source []byte) bool {
	return bytes.Contains(source, []byte("use")) && useWord().Match(source)
}

// run takes the files that neither declare nor use templates or fragments first,
// one by one. Those that declare some stay in memory; those that use some come
// when all are known. Which is which shows in the bytes, before anything is
// parsed.
func (c *checker) run(names []string) {
	var declaring, held []*spec.File
	var later []string
	c.startWorkers()
	alwaysUsed := c.set.Workspace.JobDefaults.Get("template") != nil || hasUse(c.read(workspaceFile))
	for _, name := range names {
		source, ok := c.source(name)
		switch {
		case !ok:
		case mentions(source, "templates"), mentions(source, "fragments"), mentions(source, "families"):
			if file := c.load(name, source); file != nil && file.Shares() {
				declaring = append(declaring, file)
				c.learn(file)
			} else if file != nil {
				held = append(held, file)
			}
		case alwaysUsed || mentions(source, "template") || mentions(source, "family") || hasUse(source):
			later = append(later, name)
		default:
			c.add(batchFile{name: name, source: source})
		}
	}
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

// mentions reports whether a file may hold a key: it has the word, or an escape
// in which a letter of the word may be written.
func mentions(source []byte, word string) bool {
	for _, way := range [...]string{word, `\u`, `\U`, `\x`} {
		if bytes.Contains(source, []byte(way)) {
			return true
		}
	}
	return false
}

// source reads a file as long as the files together stay within the limit.
func (c *checker) source(name string) ([]byte, bool) {
	if c.total > spec.MaxTotalBytes {
		return nil, false
	}
	source, err := c.tree.ReadFile(name, spec.MaxFileBytes)
	if err != nil {
		_, more := spec.LoadFile(c.tree, name) // it says why
		c.front = append(c.front, more...)
		return nil, false
	}
	if c.total += len(source); c.total > spec.MaxTotalBytes {
		c.front = append(c.front, spec.Diagnostic{
			Rule: "file-limit", Severity: spec.Error, Range: spec.Range{Start: spec.Pos{File: name}},
			Message: fmt.Sprintf("the definition files have more than %d MiB together; the rest is not read", spec.MaxTotalBytes>>20),
		})
		return nil, false
	}
	return source, true
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

// flush gives the batch to a worker. It waits for the oldest batches while all
// workers have one.
func (c *checker) flush() {
	b := c.batch
	if b == nil {
		return
	}
	c.batch = nil
	c.pending = append(c.pending, b)
	c.start(b)
	c.join(cap(c.idle) - 1)
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
