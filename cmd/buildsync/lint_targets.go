package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/spec"
)

// target is a workspace and the files of it to report on; none means all.
type target struct {
	dir   string
	files []string // relative to dir, with slashes; a folder stands for what is in it
	stdin bool
}

// only returns a function that reports whether a file is among those of the
// target; nil for all.
func (t target) only() func(string) bool {
	if len(t.files) == 0 {
		return nil
	}
	asked := make(map[string]bool, len(t.files))
	for _, name := range t.files {
		asked[name] = true
	}
	return func(file string) bool {
		for name := file; ; name = path.Dir(name) {
			if asked[name] {
				return true
			}
			if name == "." || name == "/" {
				return false
			}
		}
	}
}

// lintTargets groups the arguments by the workspace that they lie in. refused
// says which arguments cannot be linted: what the others cause is reported all
// the same.
func (in *invocation) lintTargets() (groups []target, refused, err error) {
	args := in.Flags.Args().Slice()
	switch {
	case slices.Contains(args, "-"):
		name := in.Text("stdin-filename")
		if len(args) > 1 || name == "" {
			return nil, nil, kit.UsageError{Text: "lint - reads one file from stdin: give its name with --stdin-filename and no other file"}
		}
		dir, name, err := locate(in.Text("dir"), name)
		return []target{{dir: dir, files: []string{name}, stdin: true}}, nil, err
	case in.On("hook"):
		return in.hookTargets(args), nil, nil
	case len(args) == 0:
		dir, err := in.findWorkspace()
		return []target{{dir: dir}}, nil, err
	}
	var problems []error
	for _, arg := range args {
		dir, name, err := locate(in.Text("dir"), arg)
		if err == nil {
			// A misspelt name must not pass for a file without findings.
			_, err = os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("linting %s: %w", arg, err))
			continue
		}
		groups = addTarget(groups, dir, name)
	}
	kept := groups[:0]
	for _, group := range groups {
		problems = append(problems, group.dropUnread(in.Text("env"))...)
		if len(group.files) > 0 {
			kept = append(kept, group)
		}
	}
	if len(problems) > 0 {
		refused = &failure{exitInvalid, errors.Join(problems...)}
	}
	return kept, refused, nil
}

// addTarget adds a file to the group of its workspace.
func addTarget(groups []target, dir, name string) []target {
	i := slices.IndexFunc(groups, func(t target) bool { return t.dir == dir })
	if i < 0 {
		return append(groups, target{dir: dir, files: []string{name}})
	}
	groups[i].files = append(groups[i].files, name)
	return groups
}

// dropUnread takes out YAML files that were named and that nothing reads, and
// says so: silence about one would pass for "no findings". Files of other kinds
// may be scripts that definitions include.
func (t *target) dropUnread(environment string) (problems []error) {
	tree, err := spec.OpenDir(t.dir)
	if err != nil {
		return nil // the run says it
	}
	defer tree.Close()
	workspace, _ := spec.LoadWorkspace(tree, spec.Options{Environment: environment})
	if workspace == nil {
		return nil
	}
	var read []string
	t.files = slices.DeleteFunc(slices.Clone(t.files), func(name string) bool {
		if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" && ext != ".json" || name == spec.WorkspaceFile || workspace.Modules != nil && name == path.Clean(workspace.Modules.Text) {
			return false
		}
		if info, err := os.Stat(filepath.Join(t.dir, filepath.FromSlash(name))); err != nil || info.IsDir() {
			return false
		}
		if read == nil {
			read = spec.OwnFiles(tree, workspace)
		}
		if slices.Contains(read, name) {
			return false
		}
		problems = append(problems, kit.UsageError{Text: fmt.Sprintf("%s is not read: no pattern of definitions in %s matches it (%s)", name, spec.WorkspaceFile, strings.Join(workspace.Definitions, ", "))})
		return true
	})
	return problems
}

// locate finds the workspace that a file lies in, and the file's name there.
func locate(from, arg string) (dir, name string, err error) {
	full, err := filepath.Abs(filepath.Join(from, arg))
	if filepath.IsAbs(arg) {
		full = filepath.Clean(arg)
	}
	if err != nil {
		return "", "", &failure{exitInvalid, err}
	}
	start := full
	if info, err := os.Stat(full); err != nil || !info.IsDir() {
		start = filepath.Dir(full)
	}
	if dir, err = spec.FindWorkspace(start); err != nil {
		return "", "", &failure{exitInvalid, err}
	}
	relative, err := filepath.Rel(dir, full)
	if err != nil {
		return "", "", &failure{exitInvalid, err}
	}
	return dir, filepath.ToSlash(relative), nil
}

// hookTargets groups what a commit hook passes. A hook knows the files of a
// commit and not which of them a workspace reads, so files outside every
// workspace are passed over. It does not pass the files that the commit removes:
// those are taken from the last commit.
func (in *invocation) hookTargets(args []string) (groups []target) {
	for _, arg := range append(slices.Clone(args), in.removedFiles()...) {
		if dir, name, err := locate(in.Text("dir"), arg); err == nil {
			groups = addTarget(groups, dir, name)
		}
	}
	return groups
}

// removedFiles lists the files below the working folder that the last commit has
// and the work tree has not, by their paths.
func (in *invocation) removedFiles() (removed []string) {
	dir := in.Text("dir")
	if dir == "" {
		dir = "."
	}
	repo, err := gitbase.Open(in.Ctx, dir)
	if err != nil {
		return nil // a hook of another tool than Git
	}
	commit, err := repo.Head(in.Ctx)
	if err != nil || commit == "" {
		return nil
	}
	tree, err := repo.Tree(in.Ctx, commit)
	if err != nil {
		return nil // the folder is new, so nothing of it is gone
	}
	defer tree.Close()
	names, _ := tree.Glob([]string{"**"})
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); errors.Is(err, os.ErrNotExist) {
			removed = append(removed, name)
		}
	}
	return removed
}
