package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// findWorkspace returns the folder of the workspace that the command is about.
func (in *invocation) findWorkspace() (string, error) {
	start := in.global.dir
	if start == "" {
		start = "."
	}
	dir, err := spec.FindWorkspace(start)
	if err != nil {
		return "", &failure{exitInvalid, err}
	}
	return dir, nil
}

// openFolder opens a workspace's folder until the end of the run. Nothing is read
// yet. A first signal leaves it open, since what is under way is finished.
func (in *invocation) openFolder(dir string) (*workspace.Workspace, error) {
	w, err := workspace.Open(dir)
	if err != nil {
		return nil, &failure{exitInvalid, err}
	}
	in.Stops.AtEnd(func() { _ = w.Close() }) // it was only read
	return w, nil
}

// open finds, loads and compiles the workspace. Everything that is wrong with
// it is printed, and ends the command with code 3.
func (in *invocation) open() (*workspace.Workspace, error) {
	return in.openBy((*workspace.Workspace).Load)
}

// openPacked is open for a plan: of the definitions it keeps no nodes, of the
// jobs no trees, and what was read can be compared with a commit.
func (in *invocation) openPacked() (*workspace.Workspace, error) {
	return in.openBy((*workspace.Workspace).LoadPacked)
}

// openRoot opens the workspace and reads buildsync.yaml only.
func (in *invocation) openRoot() (*workspace.Workspace, error) {
	return in.openBy(func(w *workspace.Workspace, environment string, _ map[string]string) spec.Diagnostics {
		return w.LoadRoot(environment)
	})
}

// loader is how a workspace is loaded: see the methods of workspace.Workspace.
type loader func(w *workspace.Workspace, environment string, vars map[string]string) spec.Diagnostics

func (in *invocation) openBy(load loader) (*workspace.Workspace, error) {
	dir, err := in.findWorkspace()
	if err != nil {
		return nil, err
	}
	return in.openAt(dir, load)
}

// openAt is openBy for the workspace in a folder.
func (in *invocation) openAt(dir string, load loader) (*workspace.Workspace, error) {
	w, err := in.openFolder(dir)
	if err != nil {
		return nil, err
	}
	vars, err := in.variables()
	if err != nil {
		return nil, err
	}
	diagnostics := load(w, in.global.env, vars)
	if in.Ctx.Err() != nil { // nothing is printed or written yet
		return nil, context.Cause(in.Ctx)
	}
	if err := in.unknownEnvironment(diagnostics); err != nil {
		return nil, err
	}
	if err := in.report(diagnostics, w); err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, said(exitInvalid)
	}
	return w, unknownVariable(w)
}

// unknownVariable returns the error about --var for a name that means nothing, nil
// where each is declared or referred to.
func unknownVariable(w *workspace.Workspace) error {
	if w.Result == nil || len(w.Result.UnknownVars) == 0 {
		return nil
	}
	name := w.Result.UnknownVars[0]
	text := fmt.Sprintf("--var %s: the workspace has no such variable: vars does not declare it, and nothing refers to it", name)
	return kit.UsageError{Text: spec.WithSuggestion(text, spec.Nearest(name, slices.Collect(maps.Keys(w.Set.Workspace.Vars))))}
}

// report prints findings on stderr, with their source lines.
func (in *invocation) report(diagnostics spec.Diagnostics, w *workspace.Workspace) error {
	if in.global.quiet && !diagnostics.HasErrors() {
		return nil
	}
	options := in.formatOptions(w.Tree.DirTree)
	options.Path = w.Shown
	return format.Text(in.Stderr, diagnostics, options)
}

// reportAt is report for findings in a commit, whose files are not those in the
// folder.
func (in *invocation) reportAt(diagnostics spec.Diagnostics, tree spec.Tree) error {
	return format.Text(in.Stderr, diagnostics, in.formatOptions(tree))
}

// formatOptions returns how findings about the files of a tree are written on
// stderr.
func (in *invocation) formatOptions(tree spec.Tree) format.Options {
	return format.Options{
		Color:   in.Colorful(in.Stderr, in.global.noColor),
		Width:   kit.Width(in.Stderr),
		Version: kit.Version(),
		Source: func(name string) []byte {
			content, err := tree.ReadFile(name, 1<<20)
			if err != nil {
				return nil
			}
			return content
		},
	}
}

// checkProject refuses a --project that the workspace does not know.
func (in *invocation) checkProject(w *workspace.Workspace) error {
	word := in.global.project
	if word == "" {
		return nil
	}
	var known []string
	for alias, project := range w.Set.Workspace.Projects {
		if word == alias || word == project.ID {
			return nil
		}
		known = append(known, alias)
	}
	slices.Sort(known)
	return kit.UnknownWord("project", word, known)
}
