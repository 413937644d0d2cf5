package workspace

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Values of Comparison.Base that are not revisions.
const (
	AutoBase = "auto" // what the record says, the default
	NoBase   = "none" // compare without a base
)

// Revisions are the Git revisions of the definitions.
type Revisions struct {
	Repo *gitbase.Repo // nil outside a repository
	Head diff.Revision
	Base *Revision

	Scope      record.Scope   // of the record
	Recorded   *record.Stored // nil: nothing was applied to this endpoint from here
	Applied    *record.Base   // the record's base, if it was read
	Asked      Comparison
	First      bool  // no earlier apply to any endpoint is known
	Unrecorded bool  // there is no record of the endpoint
	NoGit      error // why Git was not used; nil: it was

	submodules []string // of the head, in which definitions could lie
}

// Revision is a compiled commit.
type Revision struct {
	diff.Revision
	Result *compile.Result
	Policy spec.Policy // of a base that is one commit
}

// ReadHead fills in the commit that is checked out. Definitions in a submodule are refused: no
// commit of this repository contains them, so every comparison would be wrong.
func (w *Workspace) ReadHead(ctx context.Context, r *Revisions) error {
	commit, err := r.Repo.Head(ctx)
	if err != nil {
		return fmt.Errorf("reading the commit that is checked out: %w", err)
	}
	r.Head.Commit = commit
	if commit == "" {
		r.Head.Dirty = true
		return nil
	}
	tree, err := r.Repo.Tree(ctx, commit)
	if err != nil {
		// The workspace's folder is new and not committed yet.
		r.Head.Dirty = true
		return context.Cause(ctx)
	}
	defer tree.Close()
	for _, name := range slices.Sorted(maps.Keys(w.Tree.read)) {
		if folder := tree.Submodule(name); folder != "" && r.Asked.Base != NoBase {
			return &Refusal{fmt.Errorf("%s lies in the Git submodule %s, and buildsync reads the commits of one repository: "+
				"keep the definitions in this repository, or make the submodule a workspace of its own", w.Shown(name), w.Shown(folder)), remedy.CompareWithoutGit}
		}
	}
	r.submodules = tree.SubmodulesUnder(w.Set.Workspace.Definitions)
	r.Head.Dirty = w.differsFrom(tree)
	return nil
}

// differsFrom reports whether the definitions that were read differ from those of a commit.
func (w *Workspace) differsFrom(tree *gitbase.Tree) bool {
	for name, content := range w.Tree.read {
		if !tree.Holds(name, content) {
			return true
		}
	}
	names, err := tree.Glob(w.Set.Workspace.Definitions)
	if err != nil {
		return true
	}
	for _, name := range names {
		if _, read := w.Tree.read[name]; !read {
			return true // deleted, but not committed so
		}
	}
	return false
}

// readBase resolves and compiles the base.
func (w *Workspace) readBase(ctx context.Context, r *Revisions) error {
	base := r.Asked.Base
	switch base {
	case NoBase:
		return nil
	case AutoBase:
		return w.readRecord(ctx, r)
	}
	commit, err := r.Repo.Resolve(ctx, base)
	if err != nil {
		return &BaseError{base, err, false}
	}
	loaded, err := w.compileCommit(ctx, r, commit)
	if err != nil {
		return err
	}
	r.Base = &Revision{Revision: diff.Revision{Ref: base, Commit: commit}, Result: loaded.Result, Policy: loaded.Set.Workspace.Policy}
	return nil
}

// compileCommit compiles the workspace as it was at a commit, reusing what has not changed.
func (w *Workspace) compileCommit(ctx context.Context, r *Revisions, commit string) (*compile.Loaded, error) {
	tree, err := r.Repo.Tree(ctx, commit)
	switch {
	case errors.Is(err, gitbase.ErrNoWorkspace):
		return nil, &Refusal{fmt.Errorf("the base: %w", err), remedy.ChooseLaterBase}
	case err != nil:
		return nil, fmt.Errorf("reading the base: %w", err)
	}
	defer tree.Close()
	same := func(name string) bool {
		content, read := w.Tree.read[name]
		return read && tree.HoldsExactly(name, content)
	}
	then, diagnostics := w.Loaded.Earlier(tree, same)
	if then == nil || diagnostics.HasErrors() {
		if tell := r.Asked.Broken; tell != nil {
			if err := tell(commit, diagnostics, tree); err != nil {
				return nil, err
			}
		}
		return nil, &Refusal{fmt.Errorf("the definitions at the base %.12s have errors", commit), remedy.ChooseOtherBase}
	}
	if tell := r.Asked.Empty; tell != nil && then.Files() == 0 && w.Loaded.Files() > 0 {
		tell(commit)
	}
	for _, folder := range tree.SubmodulesUnder(then.Set.Workspace.Definitions) {
		switch tell := r.Asked.Unread; {
		case slices.Contains(r.submodules, folder): // those of the head were looked at
		case r.Asked.Base != AutoBase: // chosen for this run, so another one can be chosen
			return nil, &Refusal{fmt.Errorf("at the base, commit %.12s, %s is a Git submodule, and buildsync reads the commits of one repository: "+
				"what the submodule declared there would count as not applied", commit, w.Shown(folder)), remedy.ChooseOtherBase}
		case tell != nil:
			tell(commit, w.Shown(folder))
		}
	}
	return then, nil
}

// Comparison selects what a workspace is compared with.
type Comparison struct {
	Base  string       // a revision, or baseAuto, or baseNone; "" is baseAuto
	Scope record.Scope // whose record baseAuto means; without an Endpoint there is none

	Broken func(commit string, found spec.Diagnostics, tree spec.Tree) error // reports why a base does not compile; or nil
	Empty  func(commit string)                                               // reports a base without definitions; or nil
	Unread func(commit, folder string)                                       // reports a submodule of a base, which is not read; or nil
}

// Compare finds the commit that is checked out, whether the definitions differ from it, and the
// base. Outside a repository it finds neither, which is an error only if a revision was requested.
// w must have been loaded by LoadPacked.
func (w *Workspace) Compare(ctx context.Context, c Comparison) (*Revisions, error) {
	if c.Base == "" {
		c.Base = AutoBase
	}
	r := &Revisions{Asked: c}
	var err error
	if r.Repo, err = gitbase.Open(ctx, w.Dir); err != nil {
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case c.Base == AutoBase, c.Base == NoBase:
			r.NoGit, r.First = err, true
			return r, nil
		}
		return nil, &BaseError{c.Base, err, true}
	}
	if err := w.ReadHead(ctx, r); err != nil {
		return nil, err
	}
	return r, w.readBase(ctx, r)
}

// BaseError reports that a named base cannot be found.
type BaseError struct {
	Base  string
	Err   error
	NoGit bool // Git could not be asked at all
}

func (e *BaseError) Error() string { return fmt.Sprintf("the base %s: %v", e.Base, e.Err) }

func (e *BaseError) Unwrap() error { return e.Err }

// Refusal means that a workspace cannot be used as asked, such as compared with a base.
type Refusal struct {
	Err    error
	Remedy remedy.Remedy // "" if the error says all
}

func (e *Refusal) Error() string { return e.Err.Error() }

func (e *Refusal) Unwrap() error { return e.Err }
