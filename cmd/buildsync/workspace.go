package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// stateFolder is where buildsync keeps what is not in Git: the emulator's file,
// the journal, caches. Git ignores it.
const stateFolder = ".buildsync"

// workspace is a loaded and compiled workspace.
type workspace struct {
	dir       string
	tree      *readTree
	set       *spec.Set
	catalogue *catalog.Catalogue
	result    *compile.Result
	loaded    *compile.Loaded         // by loadPacked and loadKept
	declared  map[string]*compile.Job // see definitionOf
}

// findWorkspace returns the folder of the workspace that the command is about.
func (in *invocation) findWorkspace() (string, error) {
	start := in.Text("dir")
	if start == "" {
		start = "."
	}
	dir, err := spec.FindWorkspace(start)
	if err != nil {
		return "", &failure{exitInvalid, err}
	}
	return dir, nil
}

// openTree opens a workspace's folder.
func openTree(dir string) (*readTree, error) {
	tree, err := spec.OpenDir(dir)
	if err != nil {
		return nil, &failure{exitInvalid, err}
	}
	return &readTree{DirTree: tree}, nil
}

// open finds, loads and compiles the workspace. Everything that is wrong with
// it is printed, and ends the command with code 3.
func (in *invocation) open() (*workspace, error) { return in.openBy((*workspace).load) }

// openPacked is open for a plan: of the definitions it keeps no nodes, of the
// jobs no trees, and what was read can be compared with a commit.
func (in *invocation) openPacked() (*workspace, error) { return in.openBy((*workspace).loadPacked) }

func (in *invocation) openBy(load func(w *workspace, environment string, vars map[string]string) spec.Diagnostics) (*workspace, error) {
	dir, err := in.findWorkspace()
	if err != nil {
		return nil, err
	}
	tree, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	vars, err := in.variables()
	if err != nil {
		return nil, err
	}
	w := &workspace{dir: dir, tree: tree}
	diagnostics := load(w, in.Text("env"), vars)
	if err := in.unknownEnvironment(diagnostics); err != nil {
		return nil, err
	}
	if err := in.report(diagnostics, w); err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, said(exitInvalid)
	}
	return w, w.unknownVariable()
}

// unknownVariable is the error about --var for a name that means nothing, nil
// where each is declared or referred to.
func (w *workspace) unknownVariable() error {
	if w.result == nil || len(w.result.UnknownVars) == 0 {
		return nil
	}
	name := w.result.UnknownVars[0]
	text := fmt.Sprintf("--var %s: the workspace has no variable of this name: vars does not declare it, and nothing refers to it", name)
	if near := spec.Nearest(name, slices.Collect(maps.Keys(w.set.Workspace.Vars))); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return kit.UsageError{Text: text}
}

// load reads and compiles the definitions.
func (w *workspace) load(environment string, vars map[string]string) spec.Diagnostics {
	return w.loadFrom(w.tree, environment, vars)
}

// loadFrom is load from another tree, such as one with edits.
func (w *workspace) loadFrom(tree spec.Tree, environment string, vars map[string]string) spec.Diagnostics {
	set, diagnostics := spec.Load(tree, spec.Options{Environment: environment})
	w.set = set
	if set == nil || set.Workspace == nil {
		return diagnostics
	}
	catalogue, more := catalog.ForWorkspace(set)
	diagnostics = append(diagnostics, more...)
	w.catalogue = catalogue
	result, more := compile.Compile(set, compile.Options{Vars: vars, Catalogue: catalogue})
	diagnostics = append(diagnostics, more.Besides(diagnostics)...)
	diagnostics.Sort()
	w.result = result
	return diagnostics
}

// loadPacked is load file by file.
func (w *workspace) loadPacked(environment string, vars map[string]string) spec.Diagnostics {
	w.tree.read = map[string]gitbase.Identity{}
	return w.loadBy(environment, compile.Options{Vars: vars, Pack: true})
}

// loadKept is load that keeps the parsed files, for a change of many jobs: the
// workspace can then be compiled again with files replaced.
func (w *workspace) loadKept(environment string, vars map[string]string) spec.Diagnostics {
	return w.loadBy(environment, compile.Options{Vars: vars, Keep: true})
}

func (w *workspace) loadBy(environment string, opts compile.Options) spec.Diagnostics {
	loaded, diagnostics := compile.Load(w.tree, environment, opts)
	if loaded != nil {
		w.loaded, w.set, w.catalogue, w.result = loaded, loaded.Set, loaded.Catalogue, loaded.Result
	}
	return diagnostics
}

// report prints findings on stderr, with their source lines.
func (in *invocation) report(diagnostics spec.Diagnostics, w *workspace) error {
	if in.On("quiet") && !diagnostics.HasErrors() {
		return nil
	}
	options := in.formatOptions(w.tree.DirTree)
	options.Path = w.shown
	return format.Text(in.Stderr, diagnostics, options)
}

// reportAt is report for findings in a commit, whose files are not those in the
// folder.
func (in *invocation) reportAt(diagnostics spec.Diagnostics, tree spec.Tree) error {
	return format.Text(in.Stderr, diagnostics, in.formatOptions(tree))
}

// formatOptions are how findings about the files of a tree are written on
// stderr.
func (in *invocation) formatOptions(tree spec.Tree) format.Options {
	return format.Options{
		Color:   in.Colorful(in.Stderr, in.On("no-color")),
		Width:   kit.Width(in.Stderr),
		Version: kit.Version(),
		Source: func(name string) []byte {
			content, err := tree.ReadFile(name, 1<<20)
			if err != nil {
				return nil
			}
			return content
		},
	}
}

// shown is a file's name as a terminal understands it: relative to the working
// folder where that is shorter.
func (w *workspace) shown(name string) string {
	full := filepath.Join(w.dir, filepath.FromSlash(name))
	here, err := os.Getwd()
	if err != nil {
		return full
	}
	if relative, err := filepath.Rel(here, full); err == nil && len(relative) < len(full) {
		return relative
	}
	return full
}

// repositoryOf returns the folder of the Git work tree that dir lies in, "" where
// it lies in none.
func repositoryOf(dir string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir = above
	}
}

// readTree remembers what was read of a folder, so that it can be told whether
// a commit holds the same.
type readTree struct {
	*spec.DirTree
	mu   sync.Mutex
	read map[string]gitbase.Identity // nil: nobody will ask
}

// ReadFile reads a file and remembers it.
func (t *readTree) ReadFile(name string, limit int64) ([]byte, error) {
	content, err := t.DirTree.ReadFile(name, limit)
	if err == nil && t.read != nil {
		id := gitbase.IdentityOf(content)
		t.mu.Lock()
		t.read[path.Clean(name)] = id // as Git names it
		t.mu.Unlock()
	}
	return content, err
}

// job finds a compiled job by address or by name.
func (w *workspace) job(word string) (*compile.Job, error) {
	var found *compile.Job
	var names []string
	for _, job := range w.result.Jobs {
		names = append(names, job.Name, job.Address)
		if job.Address == word {
			return job, nil
		}
		if job.Name != word {
			continue
		}
		if found != nil {
			return nil, kit.UsageError{Text: fmt.Sprintf("%q is the name of jobs in several projects: %s and %s; give the address", word, found.Address, job.Address)}
		}
		found = job
	}
	if found != nil {
		return found, nil
	}
	text := fmt.Sprintf("no definition compiles to a job called %q", word)
	if near := spec.Nearest(word, names); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return nil, &failure{exitInvalid, errors.New(text)}
}
