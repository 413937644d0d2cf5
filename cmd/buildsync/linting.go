package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// linting is one run of lint over one workspace.
type linting struct {
	in       *invocation
	w        *workspace
	tree     spec.Tree
	options  lint.Options
	baseline string
	found    spec.Diagnostics
}

// newLinting opens one workspace and reads what the flags say about it.
func (in *invocation) newLinting(t target) (*linting, error) {
	tree, err := openTree(t.dir)
	if err != nil {
		return nil, err
	}
	vars, err := in.variables()
	if err != nil {
		return nil, err
	}
	l := &linting{in: in, w: &workspace{dir: t.dir, tree: tree}, tree: tree.DirTree, baseline: in.text("baseline")}
	l.options = lint.Options{Vars: vars, Now: time.Now(), Only: t.only()}
	if t.stdin {
		text, err := io.ReadAll(io.LimitReader(in.stdin, spec.MaxFileBytes+1))
		if err != nil {
			return nil, fmt.Errorf("reading stdin: %w", err)
		}
		l.tree = &overlay{Tree: tree.DirTree, name: t.files[0], content: text}
	}
	if rev := in.text("changed-since"); rev != "" {
		if l.options.Changed, err = l.changes(rev); err != nil {
			return nil, err
		}
	}
	if l.baseline != "" && !in.on("update-baseline") {
		text, err := os.ReadFile(l.baseline)
		if err != nil {
			return nil, &failure{exitInvalid, fmt.Errorf("--baseline: %w; --update-baseline writes it", err)}
		}
		if l.options.Baseline, err = lint.ReadBaseline(text); err != nil {
			return nil, &failure{exitInvalid, fmt.Errorf("--baseline %s: %w", l.baseline, err)}
		}
	}
	return l, nil
}

// only tells which files findings are wanted of; nil for all.
func (t target) only() func(string) bool {
	if len(t.files) == 0 {
		return nil
	}
	return func(file string) bool {
		return slices.ContainsFunc(t.files, func(name string) bool {
			return name == "." || file == name || strings.HasPrefix(file, name+"/")
		})
	}
}

// run lints, mends and lints again as long as mending helps.
func (l *linting) run() error {
	mode := l.in.flags.Generic("fix").(*fixValue).mode
	const mostPasses = 10
	fixed := 0
	for pass := 0; ; pass++ {
		l.lintOnce()
		if mode == 0 || pass == mostPasses {
			break
		}
		count, err := l.fix(mode)
		if err != nil {
			return err
		}
		if count == 0 {
			break
		}
		fixed += count
	}
	if fixed > 0 {
		l.in.note("%d findings were mended", fixed)
	}
	if l.baseline == "" || !l.in.on("update-baseline") {
		return nil
	}
	remembered := lint.NewBaseline(l.found)
	if err := writeFileMode(l.baseline, remembered.Encode(), 0o644); err != nil {
		return err
	}
	l.in.note("%s remembers %d findings", l.baseline, len(l.found))
	return nil
}

func (l *linting) lintOnce() {
	front := l.w.load(l.tree, l.in.text("env"), l.options.Vars)
	if l.w.set == nil {
		l.found = front
		return
	}
	l.options.Catalogue = l.w.catalogue
	l.found = lint.Run(l.w.set, front, l.w.result, l.options)
}

// fix mends each file once and returns how many findings that took.
func (l *linting) fix(mode lint.FixMode) (count int, err error) {
	if _, piped := l.tree.(*overlay); piped {
		return 0, usageError{text: "--fix changes files; it cannot mend what comes from stdin"}
	}
	var names []string
	for _, d := range l.found {
		if len(d.Fixes) > 0 && !slices.Contains(names, d.Range.Start.File) {
			names = append(names, d.Range.Start.File)
		}
	}
	for _, name := range names {
		source, err := l.tree.ReadFile(name, spec.MaxFileBytes)
		if err != nil {
			return count, err
		}
		mendedSource, mended := lint.Fix(name, source, l.found, mode)
		if len(mended) == 0 {
			continue
		}
		full := filepath.Join(l.w.dir, filepath.FromSlash(name))
		info, err := os.Stat(full)
		if err != nil {
			return count, err
		}
		if err := writeFileMode(full, mendedSource, info.Mode().Perm()); err != nil {
			return count, err
		}
		count += len(mended)
	}
	return count, nil
}

// changes are the lines that differ from a commit.
func (l *linting) changes(rev string) (lint.Changes, error) {
	ctx := l.in.ctx
	repo, err := gitbase.Open(ctx, l.w.dir)
	if err != nil {
		return nil, &failure{exitInvalid, fmt.Errorf("--changed-since %s: %w", rev, err)}
	}
	commit, err := repo.Resolve(ctx, rev)
	if err != nil {
		return nil, &failure{exitInvalid, fmt.Errorf("--changed-since: %w", err)}
	}
	then, err := repo.Tree(ctx, commit)
	if err != nil {
		return nil, fmt.Errorf("--changed-since %s: %w", rev, err)
	}
	defer then.Close()
	changes := lint.Changes{}
	workspace, _ := spec.LoadWorkspace(l.tree, spec.Options{Environment: l.in.text("env")})
	if workspace == nil {
		return changes, nil
	}
	names, _ := spec.DefinitionFiles(l.tree, workspace)
	for _, name := range append(names, spec.WorkspaceFile) {
		content, err := l.tree.ReadFile(name, spec.MaxFileBytes)
		if err != nil || then.Same(name, content) {
			continue
		}
		changes[name] = nil
		before, err := then.ReadFile(name, spec.MaxFileBytes)
		if err != nil {
			continue // new: touched as a whole
		}
		for _, lines := range gitbase.ChangedLines(before, content) {
			changes[name] = append(changes[name], lint.Lines{First: lines[0], Last: lines[1]})
		}
	}
	return changes, nil
}

// overlay is a tree in which one file has another content: what an editor has
// not saved yet.
type overlay struct {
	spec.Tree
	name    string
	content []byte
}

// ReadFile returns the unsaved content of the one file.
func (o *overlay) ReadFile(name string, limit int64) ([]byte, error) {
	if name != o.name {
		return o.Tree.ReadFile(name, limit)
	}
	if int64(len(o.content)) > limit {
		return nil, &spec.TooLargeError{Limit: limit}
	}
	return o.content, nil
}

// Glob finds the one file even where it is not on disk yet.
func (o *overlay) Glob(patterns []string) ([]string, error) {
	names, err := o.Tree.Glob(patterns)
	if err != nil || slices.Contains(names, o.name) {
		return names, err
	}
	if matched, err := (spec.MapTree{o.name: ""}).Glob(patterns); err == nil && len(matched) == 1 {
		names = append(names, o.name)
		slices.Sort(names)
	}
	return names, nil
}
