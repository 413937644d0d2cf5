package spec

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// WorkspaceFile is the file that makes a folder a workspace.
const WorkspaceFile = "buildsync.yaml"

// FindWorkspace walks up from start to the folder that holds buildsync.yaml.
func FindWorkspace(start string) (dir string, err error) {
	dir, err = filepath.Abs(start)
	if err != nil {
		return "", fmt.Errorf("finding the workspace of %s: %w", sanitize.Line(start, 0), err)
	}
	for {
		info, err := os.Stat(filepath.Join(dir, WorkspaceFile))
		if err == nil && !info.IsDir() {
			return dir, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("looking for %s in %s: %w", WorkspaceFile, sanitize.Line(dir, 0), sanitize.WithoutPath(err))
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no %s in %s or a folder above it; %s", WorkspaceFile, sanitize.Line(start, 0), remedy.Init)
		}
		dir = parent
	}
}

// CheckFolder reports an error if start is no folder; "" is the current one. FindWorkspace would go on
// above it, so a misspelt name would mean another workspace.
func CheckFolder(start string) error {
	info, err := os.Stat(cmp.Or(start, "."))
	if err == nil && !info.IsDir() {
		err = errors.New("it is not a folder")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", sanitize.Line(start, 0), sanitize.WithoutPath(err))
	}
	return nil
}

// Options of Load.
type Options struct {
	Environment string // a key of environments; "" for none
}

// Load reads a workspace: buildsync.yaml with the environment's overrides, and all definition
// files. It reports every error of every file, sorted. The set holds all that could be read, and is
// nil only without a usable workspace file.
func Load(tree Tree, opts Options) (*Set, Diagnostics) {
	reading, found := OpenReading(tree, opts)
	if reading == nil {
		return nil, found
	}
	set := &Set{Tree: tree, Workspace: reading.Workspace}
	more := reading.Each(nil, func(name string, text []byte) {
		file, more := set.Workspace.ParseDefinitions(name, text)
		found = append(found, more...)
		if file != nil {
			set.Files = append(set.Files, file)
		}
	})
	found = append(found, more...)
	found.Sort()
	return set, found
}

// DefinitionFiles lists the files that a workspace's globs match.
func DefinitionFiles(tree Tree, workspace *Workspace) ([]string, Diagnostics) {
	where := Range{Start: Pos{File: WorkspaceFile}}
	environment := workspace.Root.Get("environments").Get(workspace.Environment)
	for _, from := range []*Node{workspace.Root, environment} {
		if patterns := from.Get("definitions"); patterns != nil {
			where = patterns.Range
		}
	}
	names, err := tree.Glob(workspace.Definitions)
	if err != nil {
		return nil, Diagnostics{{Rule: "definitions", Severity: Error, Range: where, Pointer: "definitions", Message: err.Error()}}
	}
	kept := names[:0]
	for _, name := range names {
		if name != WorkspaceFile && (workspace.Modules == nil || name != path.Clean(workspace.Modules.Text)) && !isPolicies(workspace, name) && !isVendored(workspace, name) {
			kept = append(kept, name)
		}
	}
	switch {
	case len(kept) == 0 && isMisread(workspace.Root.Get("definitions")):
		return nil, nil // the patterns are invalid, which was reported
	case len(kept) == 0:
		return nil, Diagnostics{{
			Rule: "definitions", Severity: Warning, Range: where, Pointer: "definitions",
			Message: fmt.Sprintf("no file in %s matches %s", tree.Describe(), patternList(workspace.Definitions)),
		}}
	case len(kept) > maxFiles:
		return nil, Diagnostics{{
			Rule: "file-limit", Severity: Error, Range: where, Pointer: "definitions",
			Message: fmt.Sprintf("%d files match; at most %d are read", len(kept), maxFiles),
		}}
	}
	found := unreadWarning(tree, workspace, kept, where)
	if more := vendoredFiles(tree, workspace); len(more) > 0 {
		kept = append(kept, more...)
		slices.Sort(kept)
	}
	return kept, append(found, CheckVendored(tree, workspace)...)
}

// isMisread reports whether n was meant as a list and is not one.
func isMisread(n *Node) bool { return n != nil && n.Kind != SequenceNode }

func patternList(patterns []string) string {
	list := ""
	for i, pattern := range patterns {
		if i > 0 {
			list += " or "
		}
		list += quoted(pattern)
	}
	return list
}

// LoadFile reads and checks one definitions file. The file is nil if it
// cannot be read as YAML.
func LoadFile(tree Tree, name string) (*File, Diagnostics) {
	text, err := readNamed(tree, name)
	if err != nil {
		return nil, Diagnostics{unreadableFile(name, err)}
	}
	return ParseDefinitions(name, text)
}

// ParseDefinitions is LoadFile for a text in memory, such as an editor's.
func ParseDefinitions(name string, text []byte) (*File, Diagnostics) {
	return parseDefinitions(name, text, nil)
}

// parseDefinitions is ParseDefinitions with a function that changes the root after the checks.
func parseDefinitions(name string, text []byte, change func(root *Node) *Node) (*File, Diagnostics) {
	root, found := ParseFile(name, text)
	if kind := Foreign(root, text); kind != "" {
		start := Pos{File: name, Line: 1, Column: 1}
		out := &report{file: name}
		out.errorf("foreign-file", Range{start, start}, kind.hint(name), "this is %s, not a definition file", kind)
		return &File{Name: name, Source: text, Root: &Node{Kind: MappingNode, Range: Range{start, start}}}, out.done()
	}
	if root == nil {
		return nil, found
	}
	file := &File{Name: name, Source: text, Root: root}
	out := &report{file: name, root: root, found: found}
	if root.IsNull() {
		out.errorf("missing-key", root.Range, `write "version: 1" and the jobs below it`, "the file is empty")
		return file, out.done()
	}
	check(definitionsSchema, root, out)
	if change != nil && root.Kind == MappingNode {
		root = change(root)
		file.Root = root
	}
	file.Jobs = items(root, "jobs")
	file.Families = items(root, "families")
	file.Fragments = items(root, "fragments")
	file.Templates = items(root, "templates")
	file.Removed = items(root, "removed")
	checkRaw(file, out)
	return file, out.done()
}

// items returns the mappings of a list; other items have been reported.
func items(root *Node, key string) []*Node {
	list := root.Get(key)
	if list == nil || list.Kind != SequenceNode {
		return nil
	}
	kept := make([]*Node, 0, len(list.Items))
	for _, item := range list.Items {
		if item.Kind == MappingNode {
			kept = append(kept, item)
		}
	}
	return kept
}

// ReadDefinitions reads the text of a definitions file within the limits; found explains a failure.
func ReadDefinitions(tree Tree, name string) (text []byte, found Diagnostics) {
	text, err := readNamed(tree, name)
	if err != nil {
		return nil, Diagnostics{unreadableFile(name, err)}
	}
	return text, nil
}

// tooManyBytes returns the finding about the file with which the definition
// files together exceed maxTotalBytes.
func tooManyBytes(name string) Diagnostic {
	return Diagnostic{
		Rule: "file-limit", Severity: Error, Range: Range{Start: Pos{File: name}},
		Message: fmt.Sprintf("the definition files have more than %d MiB together; the rest is not read", maxTotalBytes>>20),
	}
}

func readNamed(tree Tree, name string) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	return tree.ReadFile(name, MaxFileBytes)
}

func unreadableFile(name string, err error) Diagnostic {
	rule := "unreadable-file"
	if tooLarge := new(TooLargeError); errors.As(err, &tooLarge) {
		rule = "file-limit"
	}
	return Diagnostic{Rule: rule, Severity: Error, Range: Range{Start: Pos{File: name}}, Message: err.Error()}
}
