package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/shelltool"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// linting is one run of lint over one workspace.
type linting struct {
	in       *invocation
	w        *workspace.Workspace
	tree     spec.Tree
	then     *gitbase.Tree // with --changed-since; or nil
	head     *gitbase.Tree // the commit that is checked out; or nil
	options  lint.Options
	baseline string
	found    spec.Diagnostics
	broken   bool // buildsync.yaml could not be read, so nothing else was
	fixed    int
}

// newLinting opens one workspace and reads what the flags say about it.
func (in *invocation) newLinting(t target) (*linting, error) {
	tree, err := spec.OpenDir(t.dir)
	if err != nil {
		return nil, &failure{exitInvalid, err}
	}
	vars, err := in.variables()
	if err != nil {
		return nil, err
	}
	l := &linting{in: in, w: &workspace.Workspace{Dir: t.dir}, tree: tree, baseline: in.Text("baseline")}
	selected, err := selectedRules(in.Texts("select"), in.Texts("ignore"))
	if err != nil {
		return nil, err
	}
	l.options = lint.Options{Vars: vars, Selected: selected, Today: today(), Only: t.only()}
	if in.On("verbose") { // when a trigger fires next is another line each day
		l.options.Now = time.Now()
	}
	mode, err := in.OneOf("shellcheck", "", "auto", "off", "required")
	if err != nil {
		return nil, err
	}
	l.options.ShellCheckMode = lint.ShellCheckMode(mode)
	if found := shelltool.FindShellCheck(in.Ctx); found != nil {
		l.options.ShellCheck = found
	}
	if bash := shelltool.FindBash(in.Ctx); bash != nil {
		l.options.Bash = bash
	}
	if t.stdin {
		text, err := io.ReadAll(io.LimitReader(in.Stdin, spec.MaxFileBytes+1))
		if err != nil {
			return nil, fmt.Errorf("reading stdin: %w", err)
		}
		l.tree = &overlay{Tree: tree, name: t.files[0], content: text}
	}
	if rev := in.Text("changed-since"); rev != "" {
		if err := l.openThen(rev); err != nil {
			return nil, err
		}
		l.options.Before = func() (spec.Tree, error) { return l.then, nil }
	}
	l.options.Others = l.others()
	if in.On("update-baseline") {
		if before, err := os.ReadFile(l.baseline); err == nil && len(before) > 0 && !lint.IsBaseline(before) {
			return nil, kit.UsageError{Text: fmt.Sprintf("--baseline %s: what stands there is not a baseline, so it is not overwritten: name another file, or remove it first", l.baseline)}
		}
	} else if l.baseline != "" {
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

// close ends the git processes.
func (l *linting) close() {
	for _, tree := range []*gitbase.Tree{l.then, l.head} {
		if tree != nil {
			tree.Close()
		}
	}
}

// run lints, mends and lints again as long as mending helps.
func (l *linting) run() error {
	defer l.close()
	mode := l.in.Flags.Generic("fix").(*fixValue).mode
	const mostPasses = 10
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
		l.fixed += count
	}
	if l.baseline != "" && l.in.On("update-baseline") {
		return l.remember()
	}
	return nil
}

// lintOnce takes what is known of an unchanged workspace from the cache; what
// is mended or not saved yet is not what the cache is for.
func (l *linting) lintOnce() {
	_, piped := l.tree.(*overlay)
	env := l.in.Text("env")
	if l.then != nil {
		l.options.Changed = l.changedLines()
	}
	if piped || l.in.On("no-cache") || l.in.Flags.Generic("fix").(*fixValue).mode != 0 {
		l.found = lint.Check(l.tree, env, l.options)
	} else {
		store := lint.DirStore{Dir: filepath.Join(l.w.Dir, workspace.StateFolder, "cache")}
		var err error
		l.found, err = lint.CheckCached(l.tree, env, l.options, store, kit.BuildOf(kit.Version()))
		if err != nil && l.in.On("verbose") {
			l.in.Note("%v", err) // the next run is slower, no more
		}
	}
	l.broken = slices.ContainsFunc(l.found, func(d spec.Diagnostic) bool {
		return d.Severity == spec.Error && d.Range.Start.File == spec.WorkspaceFile
	}) && !l.readable()
}

// readable tells whether buildsync.yaml is a workspace at all.
func (l *linting) readable() bool {
	workspace, _ := spec.LoadWorkspace(l.tree, spec.Options{Environment: l.in.Text("env")})
	return workspace != nil
}

// remember writes the baseline and leaves over what a baseline cannot hold.
func (l *linting) remember() error {
	baseline := lint.NewBaseline(l.found)
	if err := outfile.WriteMode(l.baseline, baseline.Encode(), 0o644); err != nil {
		return err
	}
	all := len(l.found)
	l.found = baseline.Filter(l.found)
	l.in.Note("%s remembers %s", l.baseline, counted(all-len(l.found), "finding"))
	return nil
}

// fix mends each file once and returns how many findings that took.
func (l *linting) fix(mode lint.FixMode) (count int, err error) {
	if _, piped := l.tree.(*overlay); piped {
		return 0, kit.UsageError{Text: "--fix changes files; it cannot mend what comes from stdin"}
	}
	var names []string
	for _, d := range l.found {
		file := d.Range.Start.File
		if len(d.Fixes) > 0 && !slices.Contains(names, file) && (l.options.Only == nil || l.options.Only(file)) {
			names = append(names, file)
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
		full := filepath.Join(l.w.Dir, filepath.FromSlash(name))
		info, err := os.Stat(full)
		if err != nil {
			return count, err
		}
		if err := outfile.WriteSource(full, mendedSource, info.Mode().Perm()); err != nil {
			return count, err
		}
		count += len(mended)
	}
	return count, nil
}

// openThen opens the workspace as it was at a commit.
func (l *linting) openThen(rev string) error {
	ctx := l.in.Ctx
	repo, err := gitbase.Open(ctx, l.w.Dir)
	if err != nil {
		return &failure{exitInvalid, fmt.Errorf("--changed-since %s: %w", rev, err)}
	}
	commit, err := repo.Resolve(ctx, rev)
	if err != nil {
		return &failure{exitInvalid, fmt.Errorf("--changed-since: %w", err)}
	}
	if l.then, err = repo.Tree(ctx, commit); err != nil {
		return fmt.Errorf("--changed-since %s: %w", rev, err)
	}
	return nil
}

// changedLines compares a file with what it was at the commit of
// --changed-since. Only files that have findings are compared, each once.
func (l *linting) changedLines() lint.Changes {
	type change struct {
		lines   []lint.Lines
		touched bool
	}
	known := map[string]change{}
	compare := func(name string) (c change) {
		content, err := l.tree.ReadFile(name, spec.MaxFileBytes)
		if err != nil || l.then.Same(name, content) {
			return change{}
		}
		c.touched = true
		before, err := l.then.ReadFile(name, spec.MaxFileBytes)
		if err != nil {
			return c // new: touched as a whole
		}
		for _, lines := range gitbase.ChangedLines(before, content) {
			c.lines = append(c.lines, lint.Lines{First: lines[0], Last: lines[1]})
		}
		return c
	}
	return func(name string) ([]lint.Lines, bool) {
		c, seen := known[name]
		if !seen {
			c = compare(name)
			known[name] = c
		}
		return c.lines, c.touched
	}
}

// others are the states of the workspace that show what the files that were
// asked for cause: without them, and with these files as the last commit has
// them.
func (l *linting) others() []lint.Other {
	only := l.options.Only
	if only == nil {
		return nil
	}
	return []lint.Other{
		func() (spec.Tree, error) { return lint.Without(l.tree, only), nil },
		func() (spec.Tree, error) {
			committed, err := l.committed()
			if err != nil {
				return nil, err
			}
			return lint.WithFiles(l.tree, committed, only), nil
		},
	}
}

// committed opens the workspace as the commit that is checked out has it.
func (l *linting) committed() (spec.Tree, error) {
	if l.head != nil {
		return l.head, nil
	}
	repo, err := gitbase.Open(l.in.Ctx, l.w.Dir)
	if err != nil {
		return nil, err
	}
	commit, err := repo.Head(l.in.Ctx)
	if err != nil {
		return nil, err
	}
	if commit == "" {
		return nil, gitbase.ErrUnknownRevision
	}
	l.head, err = repo.Tree(l.in.Ctx, commit)
	return l.head, err
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
