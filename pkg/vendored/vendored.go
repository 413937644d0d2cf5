// Package vendored copies the sources of a workspace, which are folders of other repositories, into
// it, and compares the copies with their origin.
//
// It promises: fetched files are neither run nor checked out; a copy is replaced as a whole or not
// at all; links, submodules and too large files are refused.
package vendored

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Copy is a source's content at a commit, and the copy in the workspace.
type Copy struct {
	Source  spec.Source
	Commit  string
	Files   map[string][]byte // nil: the copy in the workspace is what the source holds
	Before  spec.Locked       // zero if there was no copy
	Changed []string          // names of files that are added, changed or removed
}

// Fetch reads sources to copy them: at the commit of the lock if the declaration of the source has
// not changed, else at the present commit of its ref. latest always takes the present commit. The
// source is read even if copy and lock agree, because somebody may have changed both.
func Fetch(ctx context.Context, tree spec.Tree, sources []spec.Source, latest bool) ([]Copy, error) {
	lock, _ := spec.ReadLock(tree) // what of it is wrong is written again
	copies := make([]Copy, 0, len(sources))
	for _, source := range sources {
		locked := lock.Sources[source.Name]
		c, err := fetch(ctx, tree, source, locked, latest || !locked.Of(&source))
		if err != nil {
			return nil, err
		}
		copies = append(copies, c)
	}
	return copies, nil
}

func fetch(ctx context.Context, tree spec.Tree, source spec.Source, locked spec.Locked, latest bool) (Copy, error) {
	c := Copy{Source: source, Commit: locked.Commit, Before: locked}
	remote, err := gitbase.OpenSource(ctx, source)
	if err != nil {
		return c, err
	}
	defer remote.Close()
	commit, full := locked.Commit, ""
	if latest {
		if commit, full, err = resolve(ctx, remote, source); err != nil {
			return c, err
		}
	}
	files, err := fetchCommit(ctx, remote, source, commit, full)
	if err != nil {
		return c, err
	}
	have := Standing(tree, source)
	c.Commit, c.Files = files.Commit, files.Files
	c.Changed = differences(have, files.Files)
	if len(c.Changed) == 0 && commit == locked.Commit && locked.Of(&source) && maps.Equal(have, locked.Files) {
		c.Files = nil
	}
	return c, nil
}

// differences lists the files that are added, changed or removed.
func differences(have map[string]string, files map[string][]byte) (names []string) {
	for name, text := range files {
		if sum, known := have[name]; !known || sum != spec.Sum(text) {
			names = append(names, name)
		}
	}
	for name := range have {
		if files[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Standing returns the checksums of the files in the folder of a source.
func Standing(tree spec.Tree, source spec.Source) map[string]string {
	sums := map[string]string{}
	names, err := tree.Glob([]string{source.Folder() + "/**"})
	if err != nil {
		return sums
	}
	for _, name := range names {
		text, err := tree.ReadFile(name, spec.MaxFileBytes)
		if err != nil {
			sums[name[len(source.Folder())+1:]] = "" // no file has this sum
			continue
		}
		sums[name[len(source.Folder())+1:]] = spec.Sum(text)
	}
	return sums
}

// Write writes copies to the workspace in dir, and the lock for all of declared: sources that are
// no longer declared are removed, with their folders. After an error each folder is either old or
// new as a whole.
func Write(dir string, tree spec.Tree, declared []spec.Source, copies []Copy) error {
	if err := checkFolder(dir); err != nil {
		return err
	}
	lock := lockWith(tree, declared, copies)
	for _, c := range copies {
		if c.Files != nil {
			if err := replaceFolder(filepath.Join(dir, spec.VendorFolder), c.Source.Name, c.Files); err != nil {
				return fmt.Errorf("copying the source %s: %w", c.Source.Name, err)
			}
		}
	}
	old, _ := spec.ReadLock(tree)
	for name := range old.Sources {
		if _, declared := lock.Sources[name]; !declared {
			if err := replaceFolder(filepath.Join(dir, spec.VendorFolder), name, nil); err != nil {
				return fmt.Errorf("removing the copy of %s: %w", name, err)
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, spec.VendorFolder), 0o755); err != nil {
		return err
	}
	return outfile.WriteSource(filepath.Join(dir, filepath.FromSlash(spec.LockFile)), lock.Encode(), 0o644)
}

// Sync copies the sources that are missing or differ from the lock.
func Sync(ctx context.Context, dir string, tree spec.Tree, w *spec.Workspace, sources []spec.Source) ([]Copy, error) {
	copies, err := Fetch(ctx, tree, sources, false)
	if err != nil {
		return nil, err
	}
	isChanged := func(c Copy) bool { return c.Files != nil }
	if slices.ContainsFunc(copies, isChanged) || len(spec.CheckVendored(tree, w)) > 0 {
		return copies, Write(dir, tree, w.Sources, copies)
	}
	return copies, nil
}

// checkFolder refuses a vendor folder that is a link: its target must not be replaced.
func checkFolder(dir string) error {
	info, err := os.Lstat(filepath.Join(dir, spec.VendorFolder))
	if err == nil && !info.IsDir() {
		return errors.New(spec.VendorFolder + " is not a folder: nothing was written")
	}
	return nil
}

// replaceFolder replaces a folder by files in one step; no files means removal. name comes from a
// checked buildsync.yaml or from a lock, so it is checked here.
func replaceFolder(parent, name string, files map[string][]byte) error {
	if spec.CheckName(name) != nil || name != path.Base(name) || name == "." || name[0] == '.' {
		return fmt.Errorf("%q is not the name of a source", name)
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	target := filepath.Join(parent, name)
	fresh, err := os.MkdirTemp(parent, ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh) // nothing is there once it has been renamed
	for file, text := range files {
		full := filepath.Join(fresh, "copy", filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, text, 0o644); err != nil {
			return err
		}
	}
	old := filepath.Join(fresh, "old")
	switch err := os.Rename(target, old); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	}
	if files == nil {
		return nil
	}
	if err := os.Rename(filepath.Join(fresh, "copy"), target); err != nil {
		_ = os.Rename(old, target) // as it was
		return err
	}
	return nil
}

// lockWith returns the lock of the workspace as it is with the copies: for declared sources only.
func lockWith(tree spec.Tree, declared []spec.Source, copies []Copy) *spec.Lock {
	old, _ := spec.ReadLock(tree)
	lock := &spec.Lock{Sources: map[string]spec.Locked{}}
	for _, source := range declared {
		if locked, known := old.Sources[source.Name]; known {
			lock.Sources[source.Name] = locked
		}
	}
	for _, c := range copies {
		locked := spec.Locked{Git: c.Source.Git, Ref: c.Source.Ref, Path: c.Source.Path, Commit: c.Commit, Files: c.Before.Files}
		if c.Files != nil {
			locked.Files = map[string]string{}
			for name, text := range c.Files {
				locked.Files[name] = spec.Sum(text)
			}
		}
		lock.Sources[c.Source.Name] = locked
	}
	return lock
}

// overlaid returns the workspace as it would be with the copies.
func overlaid(tree spec.Tree, declared []spec.Source, copies []Copy) spec.Tree {
	files, folders := map[string][]byte{spec.LockFile: lockWith(tree, declared, copies).Encode()}, []string{}
	for _, c := range copies {
		if c.Files != nil {
			folders = append(folders, c.Source.Folder()+"/")
		}
		for name, text := range c.Files {
			files[c.Source.Folder()+"/"+name] = text
		}
	}
	without := spec.Overlay(tree, spec.MapTree{}, func(name string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(name, folder) })
	})
	return spec.Edited(without, files)
}
