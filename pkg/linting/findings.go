package linting

import (
	"path/filepath"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Findings are the findings of all linted workspaces. Their file names are relative to one folder,
// the repository if there is one, so that they do not depend on where the command runs.
type Findings struct {
	List    spec.Diagnostics
	root    string
	Sources map[string]func() []byte
}

func NewFindings(groups []Target) *Findings {
	f := &Findings{Sources: map[string]func() []byte{}}
	f.root = workspace.RepositoryOf(groups[0].Dir)
	if f.root == "" && len(groups) == 1 {
		f.root = groups[0].Dir
	}
	return f
}

// name returns a file's name relative to the root, or for people if the file is outside.
func (f *Findings) name(dir, file string) string {
	if f.root != "" {
		relative, err := filepath.Rel(f.root, filepath.Join(dir, filepath.FromSlash(file)))
		if err == nil && filepath.IsLocal(relative) {
			return filepath.ToSlash(relative)
		}
	}
	return (&workspace.Workspace{Dir: dir}).Shown(file)
}

// Add adds the findings of one workspace.
func (f *Findings) Add(l *Run) {
	rename := func(name string) string {
		if name == "" {
			return ""
		}
		shown := f.name(l.dir, name)
		f.Sources[shown] = func() []byte {
			content, err := l.tree.ReadFile(name, spec.MaxFileBytes)
			if err != nil {
				return nil
			}
			return content
		}
		return shown
	}
	move := func(r *spec.Range) {
		r.Start.File = rename(r.Start.File)
		r.End.File = r.Start.File
	}
	for _, d := range l.found {
		move(&d.Range)
		d.Related = slices.Clone(d.Related)
		for i := range d.Related {
			move(&d.Related[i].Range)
		}
		d.Fixes = slices.Clone(d.Fixes)
		for i := range d.Fixes {
			d.Fixes[i].Edits = slices.Clone(d.Fixes[i].Edits)
			for k := range d.Fixes[i].Edits {
				d.Fixes[i].Edits[k].File = rename(d.Fixes[i].Edits[k].File)
			}
		}
		f.List = append(f.List, d)
	}
}

// FromHere returns a file's name relative to the working folder.
func (f *Findings) FromHere(name string) string {
	root := workspace.Workspace{Dir: f.root}
	if f.root == "" {
		return name
	}
	return root.Shown(name)
}
