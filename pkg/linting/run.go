package linting

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/shelltool"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Options control how a workspace is linted.
type Options struct {
	Environment string
	Vars        map[string]string
	Selected    func(rule string) bool // nil: all rules
	Today       string
	Now         time.Time           // for the next runs of triggers; zero: omit them
	Fix         lint.FixMode        // 0: no fixes
	ShellCheck  lint.ShellCheckMode // "": the workspace's setting
	NoCache     bool
	Build       string // of this program, part of the cache key
	Since       string // only what changes since this commit touch or cause; "" for all
	Baseline    string // a file of findings that are not reported
	Remember    bool   // the findings become the baseline
	Stdin       io.Reader
	Note        func(format string, args ...any)
	Verbose     bool
}

// Topic is the subject of an input error.
type Topic int

// The subjects of input errors.
const (
	aboutInput        Topic = iota
	AboutBaselineFile       // it cannot be read
	AboutBaseline           // its content is not a baseline
	AboutForeignFile        // a file in the place of a new baseline is not one
	AboutSince              // the commit cannot be found
	AboutSinceTree          // the workspace at the commit cannot be read
	AboutFixingStdin
)

// InputError reports a named file or commit that is not usable.
type InputError struct {
	About Topic
	Err   error
}

func (e *InputError) Error() string { return e.Err.Error() }

func (e *InputError) Unwrap() error { return e.Err }

var errNoBaseline = errors.New("the file is not a baseline, so it is not overwritten")

// New opens one workspace and reads the files in the options.
func New(ctx context.Context, t Target, opts Options) (_ *Run, err error) {
	tree, err := spec.OpenDir(t.Dir)
	if err != nil {
		return nil, &InputError{aboutInput, err}
	}
	l := &Run{ctx: ctx, opts: opts, target: t, dir: t.Dir, tree: tree, folder: tree, reads: map[string]bool{}}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	l.options = lint.Options{Vars: opts.Vars, Selected: opts.Selected, Today: opts.Today, Now: opts.Now, Only: t.only()}
	l.options.ShellCheckMode = opts.ShellCheck
	if found := shelltool.FindShellCheck(ctx); found != nil {
		l.options.ShellCheck = found
	}
	if bash := shelltool.FindBash(ctx); bash != nil {
		l.options.Bash = bash
	}
	if t.Stdin {
		text, err := io.ReadAll(io.LimitReader(opts.Stdin, spec.MaxFileBytes+1))
		if err != nil {
			return nil, fmt.Errorf("reading stdin: %w", err)
		}
		l.tree = spec.Edited(tree, map[string][]byte{t.Files[0]: text})
	}
	if opts.Since != "" {
		if err := l.openThen(opts.Since); err != nil {
			return nil, err
		}
	}
	if l.then != nil {
		l.options.Before = func() (spec.Tree, error) { return l.then, nil }
	}
	l.options.Others = l.others()
	return l, l.readBaseline()
}

// readBaseline reads the findings that are not reported, or checks that a new baseline will
// overwrite nothing else.
func (l *Run) readBaseline() error {
	name := l.opts.Baseline
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	switch {
	case l.opts.Remember:
		if err == nil && len(text) > 0 && !lint.IsBaseline(text) {
			return &InputError{AboutForeignFile, errNoBaseline}
		}
		return nil
	case err != nil:
		return &InputError{AboutBaselineFile, err}
	}
	if l.options.Baseline, err = lint.ReadBaseline(text); err != nil {
		return &InputError{AboutBaseline, err}
	}
	return nil
}

// Run is one run of lint over one workspace.
type Run struct {
	ctx     context.Context
	opts    Options
	target  Target
	dir     string
	folder  *spec.DirTree
	tree    spec.Tree     // the folder, or text of stdin over it
	then    *gitbase.Tree // with --changed-since; or nil
	head    *gitbase.Tree // the commit that is checked out; or nil
	reads   map[string]bool
	options lint.Options
	found   spec.Diagnostics
	Broken  bool // buildsync.yaml could not be read, so nothing else was
	Fixed   int
}

// Close releases the folder.
func (l *Run) Close() {
	l.endGit()
	_ = l.folder.Close() // what is written is written elsewhere
}

// endGit ends the git processes.
func (l *Run) endGit() {
	for _, tree := range []*gitbase.Tree{l.then, l.head} {
		if tree != nil {
			tree.Close()
		}
	}
}

// Run lints, fixes, and lints again as long as fixes help.
func (l *Run) Run() error {
	defer l.endGit()
	mode := l.opts.Fix
	const mostPasses = 10
	for pass := 0; ; pass++ {
		l.lintOnce()
		if l.ctx.Err() != nil { // before anything is written
			return context.Cause(l.ctx)
		}
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
		l.Fixed += count
	}
	if l.opts.Baseline != "" && l.opts.Remember {
		return l.remember()
	}
	return nil
}

// lintOnce uses the cache for an unchanged workspace. Fixed or unsaved files are not cached.
func (l *Run) lintOnce() {
	env, tree := l.opts.Environment, l.tree
	if l.target.Named { // else Unread does not ask for them
		tree = &reading{l.tree, l.reads}
	}
	if l.then != nil {
		l.options.Changed = l.changedLines()
	}
	if l.target.Stdin || l.opts.NoCache || l.opts.Fix != 0 {
		l.found = lint.Check(tree, env, l.options)
	} else {
		store := lint.DirStore{Dir: filepath.Join(l.dir, workspace.StateFolder, "cache")}
		var err error
		l.found, err = lint.CheckCached(tree, env, l.options, store, l.opts.Build)
		if err != nil && l.opts.Verbose {
			l.opts.Note("%v", err) // the next run is slower, no more
		}
	}
	l.Broken = slices.ContainsFunc(l.found, func(d spec.Diagnostic) bool {
		return d.Severity == spec.Error && d.Range.Start.File == spec.WorkspaceFile
	}) && !l.readable()
}

// readable reports whether buildsync.yaml is a workspace at all.
func (l *Run) readable() bool {
	workspace, _ := spec.LoadWorkspace(l.tree, spec.Options{Environment: l.opts.Environment})
	return workspace != nil
}

// remember writes the baseline and keeps the findings that a baseline cannot have.
func (l *Run) remember() error {
	baseline := lint.NewBaseline(l.found)
	if err := outfile.WriteMode(l.opts.Baseline, baseline.Encode(), 0o644); err != nil {
		return err
	}
	all := len(l.found)
	l.found = baseline.Filter(l.found)
	l.opts.Note("%s now holds %s", l.opts.Baseline, findingsText(all-len(l.found)))
	return nil
}

// fix fixes each file once and returns the number of fixed findings.
func (l *Run) fix(mode lint.FixMode) (count int, err error) {
	if l.target.Stdin {
		return 0, &InputError{AboutFixingStdin, errors.New("text from stdin cannot be fixed")}
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
		full := filepath.Join(l.dir, filepath.FromSlash(name))
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

// openThen opens the workspace as it was at a commit. Before the first commit of a repository there
// is none at HEAD, so everything is new: a hook that asks for HEAD must not refuse that commit.
func (l *Run) openThen(rev string) error {
	ctx := l.ctx
	repo, err := gitbase.Open(ctx, l.dir)
	if err != nil {
		return &InputError{AboutSince, fmt.Errorf("%s: %w", rev, err)}
	}
	commit, err := repo.Resolve(ctx, rev)
	if rev == "HEAD" && errors.Is(err, gitbase.ErrUnknownRevision) {
		return nil
	}
	if err != nil {
		return &InputError{AboutSince, err}
	}
	if l.then, err = repo.Tree(ctx, commit); err != nil {
		return &InputError{AboutSinceTree, fmt.Errorf("%s: %w", rev, err)}
	}
	return nil
}

// changedLines compares a file with its version at the commit of --changed-since. Only files with
// findings are compared, each once.
func (l *Run) changedLines() lint.Changes {
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

// others returns the states of the workspace that show what the requested files cause: without
// them, and with their version in the last commit.
func (l *Run) others() []lint.Other {
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
			return spec.Overlay(l.tree, committed, only), nil
		},
	}
}

// committed opens the workspace at the commit that is checked out.
func (l *Run) committed() (spec.Tree, error) {
	if l.head != nil {
		return l.head, nil
	}
	repo, err := gitbase.Open(l.ctx, l.dir)
	if err != nil {
		return nil, err
	}
	commit, err := repo.Head(l.ctx)
	if err != nil {
		return nil, err
	}
	if commit == "" {
		return nil, gitbase.ErrUnknownRevision
	}
	l.head, err = repo.Tree(l.ctx, commit)
	return l.head, err
}

func findingsText(n int) string {
	if n == 1 {
		return "1 finding"
	}
	return fmt.Sprintf("%d findings", n)
}
