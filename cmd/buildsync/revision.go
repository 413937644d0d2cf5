package main

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
	"github.com/buildsync/buildsync/pkg/spec"
)

// The values of --base that are no revisions.
const (
	baseAuto = "auto" // what the record says, the default
	baseNone = "none" // compare without a base
)

// revisions are what Git says about the definitions.
type revisions struct {
	repo *gitbase.Repo // nil outside a repository
	head diff.Revision
	base *revision

	scope    record.Scope   // of the record
	recorded *record.Stored // nil: nothing was applied to this endpoint from here
	applied  *record.Base   // what the record stands for, where it was read
	first    bool           // nothing is known here of an earlier apply to any endpoint
	notes    []string       // what to say beside a plan, once there is one
}

// revision is a compiled commit.
type revision struct {
	diff.Revision
	result *compile.Result
	policy spec.Policy // of a base that is one commit
}

// readRevisions finds the commit that is checked out, whether the definitions
// that were read differ from it, and the base. Outside a repository there is
// neither, which is an error only where a revision was asked for.
func (in *invocation) readRevisions(ctx context.Context, w *workspace, base string) (*revisions, error) {
	repo, err := gitbase.Open(ctx, w.dir)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		switch base {
		case baseAuto:
			if in.Set("base") || !errors.Is(err, gitbase.ErrNoRepository) {
				in.Note("there is no base: %v, so nothing is removed, and drift cannot be told from change", err)
			}
		case baseNone:
		default:
			return nil, &failure{exitInvalid, fmt.Errorf("--base %s: %w", base, err)}
		}
		return &revisions{first: true}, nil
	}
	r := &revisions{repo: repo}
	if err := r.readHead(ctx, w, base); err != nil {
		return nil, err
	}
	return r, in.readBase(ctx, w, r, base)
}

// readHead fills in the commit that is checked out. Definitions in a submodule
// are refused: they are in no commit of this repository, so every comparison
// with one would go wrong.
func (r *revisions) readHead(ctx context.Context, w *workspace, base string) error {
	commit, err := r.repo.Head(ctx)
	if err != nil {
		return fmt.Errorf("reading the commit that is checked out: %w", err)
	}
	r.head.Commit = commit
	if commit == "" {
		r.head.Dirty = true
		return nil
	}
	tree, err := r.repo.Tree(ctx, commit)
	if err != nil {
		// The workspace's folder is new and in no commit yet.
		r.head.Dirty = true
		return ctx.Err()
	}
	defer tree.Close()
	for _, name := range slices.Sorted(maps.Keys(w.tree.read)) {
		if folder := tree.Submodule(name); folder != "" && base != baseNone {
			return &failure{exitInvalid, fmt.Errorf("%s lies in the Git submodule %s, and buildsync reads the commits of one repository: "+
				"keep the definitions in this repository, or make the submodule a workspace of its own; --base none compares without Git", w.shown(name), w.shown(folder))}
		}
	}
	r.head.Dirty = w.differsFrom(tree)
	return nil
}

// differsFrom tells whether the definitions that were read are other than
// those of a commit.
func (w *workspace) differsFrom(tree *gitbase.Tree) bool {
	for name, content := range w.tree.read {
		if !tree.Holds(name, content) {
			return true
		}
	}
	names, err := tree.Glob(w.set.Workspace.Definitions)
	if err != nil {
		return true
	}
	for _, name := range names {
		if _, read := w.tree.read[name]; !read {
			return true // deleted, but not committed so
		}
	}
	return false
}

// readBase resolves and compiles the base.
func (in *invocation) readBase(ctx context.Context, w *workspace, r *revisions, base string) error {
	if named := in.Env.Get("BUILDSYNC_BASE"); base == baseAuto && named != "" {
		base = named
	}
	switch base {
	case baseNone:
		return nil
	case baseAuto:
		return in.readRecord(ctx, w, r)
	}
	commit, err := r.repo.Resolve(ctx, base)
	switch {
	case errors.Is(err, gitbase.ErrUnknownRevision):
		return &failure{exitInvalid, fmt.Errorf("--base %s: %w", base, err)}
	case err != nil:
		return fmt.Errorf("--base %s: %w", base, err)
	}
	loaded, err := in.compileCommit(ctx, w, r.repo, commit)
	if err != nil {
		return err
	}
	r.base = &revision{Revision: diff.Revision{Ref: base, Commit: commit}, result: loaded.Result, policy: loaded.Set.Workspace.Policy}
	return nil
}

// compileCommit compiles the workspace as it was at a commit: only what can have
// come out differently than it does now.
func (in *invocation) compileCommit(ctx context.Context, w *workspace, repo *gitbase.Repo, commit string) (*compile.Loaded, error) {
	tree, err := repo.Tree(ctx, commit)
	switch {
	case errors.Is(err, gitbase.ErrNoWorkspace):
		return nil, &failure{exitInvalid, fmt.Errorf("the base: %w; if the folder was renamed since, choose a later --base, or --base none to compare without one", err)}
	case err != nil:
		return nil, fmt.Errorf("reading the base: %w", err)
	}
	defer tree.Close()
	same := func(name string) bool {
		content, read := w.tree.read[name]
		return read && tree.HoldsExactly(name, content)
	}
	then, diagnostics := w.loaded.Earlier(tree, same)
	if then == nil || diagnostics.HasErrors() {
		in.Printf("buildsync: the base, commit %.12s, does not compile:\n", commit)
		if err := in.reportAt(diagnostics, tree); err != nil {
			return nil, err
		}
		return nil, &failure{exitInvalid, fmt.Errorf("the definitions at the base %.12s have errors; choose another --base, or --base none to compare without one", commit)}
	}
	if then.Files() == 0 && w.loaded.Files() > 0 {
		in.Warn("the base, commit %.12s, holds no definitions file, so nothing counts as applied at it; look at definitions: in its buildsync.yaml", commit)
	}
	return then, nil
}
