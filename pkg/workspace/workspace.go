package workspace

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/spec"
)

// StateFolder is the folder for state outside Git: the emulator's file, the journal, caches.
const StateFolder = ".buildsync"

// Workspace is a loaded and compiled workspace.
type Workspace struct {
	Dir       string
	Tree      *Tree
	Set       *spec.Set
	Catalogue *catalog.Catalogue
	Result    *compile.Result
	Loaded    *compile.Loaded
	jobs      *Jobs // see Jobs
}

// Load reads and compiles the definitions. It keeps the parsed files, so that the
// workspace can be compiled again with files replaced.
func (w *Workspace) Load(environment string, vars map[string]string) spec.Diagnostics {
	return w.take(compile.Load(w.Tree, environment, compile.Options{Vars: vars, Keep: true}))
}

// LoadPacked is Load for a plan: it keeps no files and no trees of jobs, and
// remembers what was read, to compare it with a commit.
func (w *Workspace) LoadPacked(environment string, vars map[string]string) spec.Diagnostics {
	w.Tree.read = map[string]gitbase.Identity{}
	return w.take(compile.Load(w.Tree, environment, compile.Options{Vars: vars, Pack: true}))
}

// LoadRoot reads buildsync.yaml only. After errors Set may be nil.
func (w *Workspace) LoadRoot(environment string) spec.Diagnostics {
	root, diagnostics := spec.LoadWorkspace(w.Tree, spec.Options{Environment: environment})
	if root != nil {
		w.Set = &spec.Set{Tree: w.Tree, Workspace: root}
	}
	return diagnostics
}

// Reread loads the workspace again after the named files have changed. It reads
// and compiles only those files and the jobs that depend on them.
func (w *Workspace) Reread(names []string) spec.Diagnostics {
	return w.take(w.Loaded.Earlier(w.Loaded.Set.Tree, func(name string) bool { return !slices.Contains(names, name) }))
}

func (w *Workspace) take(loaded *compile.Loaded, found spec.Diagnostics) spec.Diagnostics {
	if loaded != nil {
		w.Loaded, w.Set, w.Catalogue, w.Result = loaded, loaded.Set, loaded.Catalogue, loaded.Result
	}
	return found
}

// Shown returns a file's name for people: relative to the working folder if that is shorter.
func (w *Workspace) Shown(name string) string {
	full := filepath.Join(w.Dir, filepath.FromSlash(name))
	here, err := os.Getwd()
	if err != nil {
		return full
	}
	if relative, err := filepath.Rel(here, full); err == nil && len(relative) < len(full) {
		return relative
	}
	return full
}

// RepositoryOf returns the folder of the Git work tree that contains dir, "" if there is none.
func RepositoryOf(dir string) string {
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

// Tree records what was read of a folder, so that it can be compared with a commit.
type Tree struct {
	*spec.DirTree
	mu   sync.Mutex
	read map[string]gitbase.Identity // nil: not recorded
}

// ReadFile reads a file and records its identity.
func (t *Tree) ReadFile(name string, limit int64) ([]byte, error) {
	content, err := t.DirTree.ReadFile(name, limit)
	if err == nil && t.read != nil {
		id := gitbase.IdentityOf(content)
		t.mu.Lock()
		t.read[path.Clean(name)] = id // as Git names it
		t.mu.Unlock()
	}
	return content, err
}

// Open opens a workspace's folder. It reads nothing yet.
func Open(dir string) (*Workspace, error) {
	tree, err := spec.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	return &Workspace{Dir: dir, Tree: &Tree{DirTree: tree}}, nil
}

// StateFile returns the path of a file in the workspace's state folder. It creates the folder with
// a .gitignore.
func StateFile(dir, name string) (string, error) {
	folder := filepath.Join(dir, StateFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("making the folder for buildsync's state: %w", err)
	}
	ignore := filepath.Join(folder, ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return "", fmt.Errorf("making the folder for buildsync's state: %w", err)
		}
	}
	return filepath.Join(folder, name), nil
}

// Close releases the folder. Nothing can be read of the workspace after it.
func (w *Workspace) Close() error { return w.Tree.Close() }
