package linting

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Target is a workspace and the files of it to report on; none means all.
type Target struct {
	Dir   string
	Files []string // relative to dir, with slashes; a folder stands for what is in it
	Stdin bool
	Named bool // a person named the files, and wants to know which are not read
}

// only returns a function that reports whether a file is among those of the
// target; nil for all.
func (t Target) only() func(string) bool {
	if len(t.Files) == 0 {
		return nil
	}
	asked := make(map[string]bool, len(t.Files))
	for _, name := range t.Files {
		asked[name] = true
	}
	named := func(file string) bool {
		for name := file; ; name = path.Dir(name) {
			if asked[name] {
				return true
			}
			if name == "." || name == "/" || name == "" {
				return false
			}
		}
	}
	return func(file string) bool { return named(file) || named(t.linkedFrom(file)) }
}

// linkedFrom returns the name of the file that is read where file is a link, or stands in a folder
// that is one: Git and editors name that one. It is empty if there is none in the workspace.
func (t Target) linkedFrom(file string) string {
	dir, err := filepath.EvalSymlinks(t.Dir)
	if err != nil {
		return ""
	}
	full, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		return ""
	}
	if real, err := filepath.Rel(dir, full); err == nil && filepath.IsLocal(real) {
		return filepath.ToSlash(real)
	}
	return ""
}

// TargetsOf groups files and folders by their workspace. refused reports those that cannot be
// linted; the others are linted all the same. Names are relative to the folder from.
func TargetsOf(from, environment string, args []string) (groups []Target, refused error) {
	var problems []error
	for _, arg := range args {
		dir, name, err := Locate(from, arg)
		if err == nil {
			// A misspelt name must not look like a file without findings.
			_, err = os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("linting %s: %w", arg, sanitize.WithoutPath(err)))
			continue
		}
		groups = addTarget(groups, dir, name)
	}
	kept := groups[:0]
	for _, group := range groups {
		problems = append(problems, group.dropUnread(environment)...)
		group.Named = true
		if len(group.Files) > 0 {
			kept = append(kept, group)
		}
	}
	if len(problems) > 0 {
		refused = &InputError{aboutInput, errors.Join(problems...)}
	}
	return kept, refused
}

// addTarget adds a file to the group of its workspace. The lock of copies stands for the copies: it
// decides which text they have.
func addTarget(groups []Target, dir, name string) []Target {
	if name == spec.LockFile {
		groups = addTarget(groups, dir, spec.VendorFolder)
	}
	i := slices.IndexFunc(groups, func(t Target) bool { return t.Dir == dir })
	if i < 0 {
		return append(groups, Target{Dir: dir, Files: []string{name}})
	}
	groups[i].Files = append(groups[i].Files, name)
	return groups
}

// dropUnread removes named YAML files that no pattern matches, and reports them: silence would look
// like "no findings". Other kinds of files may be included scripts.
func (t *Target) dropUnread(environment string) (problems []error) {
	tree, err := spec.OpenDir(t.Dir)
	if err != nil {
		return nil // the run reports it
	}
	defer tree.Close()
	workspace, _ := spec.LoadWorkspace(tree, spec.Options{Environment: environment})
	if workspace == nil {
		return nil
	}
	var read []string
	t.Files = slices.DeleteFunc(slices.Clone(t.Files), func(name string) bool {
		if !isData(name) || name == spec.WorkspaceFile || workspace.Modules != nil && name == path.Clean(workspace.Modules.Text) || workspace.SourceOf(name) != nil {
			return false
		}
		if info, err := os.Stat(filepath.Join(t.Dir, filepath.FromSlash(name))); err != nil || info.IsDir() {
			return false
		}
		if read == nil {
			read = spec.OwnFiles(tree, workspace)
		}
		if slices.Contains(read, name) {
			return false
		}
		problems = append(problems, &InputError{aboutInput, fmt.Errorf("%s is not read: no pattern of definitions in %s matches it (%s)", name, spec.WorkspaceFile, strings.Join(workspace.Definitions, ", "))})
		return true
	})
	return problems
}

// isData reports whether a file would be a definition if a pattern matched it.
func isData(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(path.Ext(name)))
}

// reading is a tree that notes which files are read.
type reading struct {
	spec.Tree
	names map[string]bool
}

// ReadFile implements spec.Tree.
func (r *reading) ReadFile(name string, limit int64) ([]byte, error) {
	text, err := r.Tree.ReadFile(name, limit)
	if err == nil {
		r.names[name] = true
	}
	return text, err
}

// Unread reports the named files and folders of which the run has read nothing: without that, a
// misspelt script would look like one without findings.
func (l *Run) Unread() error {
	if !l.target.Named || l.Broken {
		return nil
	}
	names, workspace := spec.ReadNames(l.tree)
	if workspace == nil {
		return nil
	}
	for name := range l.reads {
		if !isData(name) { // data that no pattern matches is read only to warn of it
			names = append(names, name)
		}
	}
	var problems []error
	for _, name := range l.target.Files {
		info, err := os.Stat(filepath.Join(l.dir, filepath.FromSlash(name)))
		if err != nil || slices.ContainsFunc(names, Target{Files: []string{name}}.only()) {
			continue
		}
		what := fmt.Errorf("%s is not read: no definition includes it", name)
		if info.IsDir() {
			what = fmt.Errorf("nothing in %s is read: no pattern of definitions in %s matches a file there (%s)", name, spec.WorkspaceFile, strings.Join(workspace.Definitions, ", "))
		}
		problems = append(problems, &InputError{aboutInput, what})
	}
	return errors.Join(problems...)
}

// Locate finds the workspace of a file, and the file's name in it.
func Locate(from, arg string) (dir, name string, err error) {
	full, err := filepath.Abs(filepath.Join(from, arg))
	if filepath.IsAbs(arg) {
		full = filepath.Clean(arg)
	}
	if err != nil {
		return "", "", &InputError{aboutInput, err}
	}
	start := full
	if info, err := os.Stat(full); err != nil || !info.IsDir() {
		start = filepath.Dir(full)
	}
	if dir, err = spec.FindWorkspace(start); err != nil {
		return "", "", &InputError{aboutInput, err}
	}
	relative, err := filepath.Rel(dir, full)
	if err != nil {
		return "", "", &InputError{aboutInput, err}
	}
	return dir, filepath.ToSlash(relative), nil
}

// HookTargets groups the files from a commit hook. A hook does not know which files a workspace
// reads, so it ignores files outside all workspaces. Hooks do not pass removed files; those are
// taken from the last commit.
func HookTargets(ctx context.Context, from string, args []string) (groups []Target) {
	for _, arg := range append(slices.Clone(args), removedFiles(ctx, from)...) {
		if dir, name, err := Locate(from, arg); err == nil {
			groups = addTarget(groups, dir, name)
		}
	}
	return groups
}

// HookDefinitions groups those of the files from a commit hook that a workspace reads as
// definitions, and buildsync.yaml. It ignores the others, and workspaces that cannot be read.
func HookDefinitions(from, environment string, args []string) (groups []Target) {
	read := map[string][]string{} // by workspace
	for _, arg := range args {
		dir, name, err := Locate(from, arg)
		if err != nil {
			continue
		}
		names, known := read[dir]
		if !known {
			names = definitionNames(dir, environment)
			read[dir] = names
		}
		if slices.Contains(names, name) {
			groups = addTarget(groups, dir, name)
		}
	}
	return groups
}

// definitionNames lists buildsync.yaml and the definition files of a workspace; none if it cannot
// be read, which lint reports.
func definitionNames(dir, environment string) []string {
	tree, err := spec.OpenDir(dir)
	if err != nil {
		return nil
	}
	defer tree.Close()
	root, _ := spec.LoadWorkspace(tree, spec.Options{Environment: environment})
	if root == nil {
		return nil
	}
	return append([]string{spec.WorkspaceFile}, spec.OwnFiles(tree, root)...)
}

// removedFiles lists the files below the working folder that the last commit has and the work tree
// has not.
func removedFiles(ctx context.Context, dir string) (removed []string) {
	if dir == "" {
		dir = "."
	}
	repo, err := gitbase.Open(ctx, dir)
	if err != nil {
		return nil // a hook of another tool than Git
	}
	commit, err := repo.Head(ctx)
	if err != nil || commit == "" {
		return nil
	}
	tree, err := repo.Tree(ctx, commit)
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
