// Package formatting is one run of fmt over files: it finds them, formats them, and writes those
// that differ from their canonical form.
package formatting

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/linting"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Target is a file to format.
type Target struct {
	Shown string // for people
	path  string
}

// Finder finds files to format.
type Finder struct {
	From        string // the folder that names are relative to; "": the working folder
	Environment string
	Open        func(dir string) (*workspace.Workspace, error) // opens a workspace and reads its buildsync.yaml
}

// Below lists buildsync.yaml and the definition files of a workspace that lie in one of its folders,
// "." for all.
func (f Finder) Below(dir, folder string) ([]Target, error) {
	w, err := f.Open(dir)
	if err != nil {
		return nil, err
	}
	var files []Target
	for _, name := range append([]string{spec.WorkspaceFile}, spec.OwnFiles(w.Tree, w.Set.Workspace)...) {
		if folder == "." || strings.HasPrefix(name, folder+"/") {
			files = append(files, targetIn(w, name))
		}
	}
	return files, nil
}

func targetIn(w *workspace.Workspace, name string) Target {
	return Target{Shown: w.Shown(name), path: filepath.Join(w.Dir, filepath.FromSlash(name))}
}

// Named lists the named files. A folder stands for the definition files below it.
func (f Finder) Named(names []string) (files []Target, err error) {
	for _, name := range names {
		path := name
		if f.From != "" && !filepath.IsAbs(name) {
			path = filepath.Join(f.From, name)
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, &workspace.Refusal{Err: fmt.Errorf("formatting %s: %w", name, errors.Unwrap(err))}
		case !info.IsDir():
			files = append(files, Target{Shown: path, path: path})
			continue
		}
		dir, folder, err := linting.Locate(f.From, name)
		if err != nil {
			return nil, err
		}
		below, err := f.Below(dir, folder)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	return files, nil
}

// OfHook lists those of the files from a commit hook that a workspace reads as definitions.
func (f Finder) OfHook(names []string) (files []Target) {
	for _, found := range linting.HookDefinitions(f.From, f.Environment, names) {
		w := &workspace.Workspace{Dir: found.Dir}
		for _, name := range found.Files {
			files = append(files, targetIn(w, name))
		}
	}
	return files
}

// Formatted is a text and its canonical form.
type Formatted struct {
	Before, After []byte
	Foreign       string // why it is not a definition, and so stays as it is; "" for definitions

	path string // of the file; "" for text that is in none
	mode fs.FileMode
}

// Text formats a text that has a name. An invalid one is a *format.InvalidError.
func Text(name string, text []byte) (*Formatted, error) {
	name = filepath.ToSlash(name)
	f := &Formatted{Before: text, After: text, Foreign: format.Foreign(name, text)}
	if f.Foreign != "" {
		return f, nil
	}
	var err error
	f.After, err = format.Source(name, text, format.KindOf(name))
	return f, err
}

// ReadError is a file that could not be read.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return e.Err.Error() }
func (e *ReadError) Unwrap() error { return e.Err }

// Format reads and formats a file; it writes nothing. If the file cannot be read, the error is a
// *ReadError.
func (t Target) Format() (*Formatted, error) {
	path, err := filepath.EvalSymlinks(t.path)
	if err != nil {
		return nil, &ReadError{fmt.Errorf("formatting %s: %w", t.Shown, err)}
	}
	text, mode, err := outfile.ReadSource(path)
	if err != nil {
		return nil, &ReadError{fmt.Errorf("formatting %s: %w", t.Shown, err)}
	}
	f, err := Text(t.Shown, text)
	f.path, f.mode = path, mode
	return f, err
}

// Differs reports whether the text is not in its canonical form.
func (f *Formatted) Differs() bool { return !bytes.Equal(f.Before, f.After) }

// Write replaces the file by its canonical form.
func (f *Formatted) Write() error { return outfile.WriteSource(f.path, f.After, f.mode) }
