package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/gitbase"
)

// baseAuto is the value of --base that asks for the commit applied last.
const baseAuto = "auto"

// revisions are what Git says about the definitions.
type revisions struct {
	repo *gitbase.Repo // nil outside a repository
	head diff.Revision
	base *revision
}

// revision is a compiled commit.
type revision struct {
	diff.Revision
	result *compile.Result
}

// readRevisions finds the commit that is checked out, whether the definitions
// that were read differ from it, and the base. Outside a repository there is
// neither, which is an error only where a base was asked for.
func (in *invocation) readRevisions(ctx context.Context, w *workspace, base string) (*revisions, error) {
	repo, err := gitbase.Open(ctx, w.dir)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if base != "" && base != baseAuto {
			return nil, &failure{exitInvalid, fmt.Errorf("--base %s: %w", base, err)}
		}
		if base == baseAuto || !errors.Is(err, gitbase.ErrNoRepository) {
			in.note("there is no base to compare with: %v", err)
		}
		return &revisions{}, nil
	}
	r := &revisions{repo: repo}
	if err := r.readHead(ctx, w); err != nil {
		return nil, err
	}
	if base == "" {
		return r, nil
	}
	return r, in.readBase(ctx, w, r, base)
}

// readHead fills in the commit that is checked out.
func (r *revisions) readHead(ctx context.Context, w *workspace) error {
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
	ref := base
	if base == baseAuto {
		ref = gitbase.Ref(in.text("env"))
		if named := in.env.get("BUILDSYNC_BASE"); named != "" && named != baseAuto {
			ref = named
		}
	}
	commit, err := r.repo.Resolve(ctx, ref)
	switch {
	case errors.Is(err, gitbase.ErrUnknownRevision) && base == baseAuto && ref == gitbase.Ref(in.text("env")):
		in.note("there is no base yet: %s does not exist in this clone. Definitions and live state are compared directly, "+
			"and nothing is removed. (A ref of the same name elsewhere: git fetch origin '+refs/buildsync/*:refs/buildsync/*')", ref)
		if r.repo.Shallow {
			in.note("this clone is shallow")
		}
		return nil
	case errors.Is(err, gitbase.ErrUnknownRevision):
		return &failure{exitInvalid, fmt.Errorf("--base %s: %w", base, err)}
	case err != nil:
		return fmt.Errorf("--base %s: %w", base, err)
	}
	result, err := in.compileCommit(ctx, w, r.repo, commit)
	if err != nil {
		return err
	}
	r.base = &revision{Revision: diff.Revision{Ref: ref, Commit: commit}, result: result}
	return nil
}

// compileCommit compiles the workspace as it was at a commit: only what can have
// come out differently than it does now.
func (in *invocation) compileCommit(ctx context.Context, w *workspace, repo *gitbase.Repo, commit string) (*compile.Result, error) {
	tree, err := repo.Tree(ctx, commit)
	if err != nil {
		return nil, fmt.Errorf("reading the base: %w", err)
	}
	defer tree.Close()
	vars, err := in.variables()
	if err != nil {
		return nil, err
	}
	same := func(name string) bool {
		content, read := w.tree.read[name]
		return read && tree.HoldsExactly(name, content)
	}
	then, diagnostics := w.loaded.Earlier(tree, in.text("env"), compile.Options{Vars: vars, Pack: true, Partly: true}, same)
	if then == nil || diagnostics.HasErrors() {
		in.printf("buildsync: the base, commit %.12s, does not compile:\n", commit)
		if err := in.reportAt(diagnostics, tree); err != nil {
			return nil, err
		}
		return nil, &failure{exitInvalid, fmt.Errorf("the definitions at the base %.12s have errors; choose another --base, or leave it out to compare without one", commit)}
	}
	return then.Result, nil
}

// note says something on stderr that is worth knowing, unless --quiet.
func (in *invocation) note(format string, args ...any) {
	if !in.on("quiet") {
		in.printf("note: "+format+"\n", args...)
	}
}
