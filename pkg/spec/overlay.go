package spec

import (
	"path"
	"slices"
)

// layered is a workspace with some files of another state.
type layered struct {
	Tree
	other Tree
	taken func(name string) bool
}

// Overlay returns tree with the files for which taken is true as other has them, or without them if
// other has not. taken gets names that are clean, as those of Glob are.
func Overlay(tree, other Tree, taken func(name string) bool) Tree {
	return &layered{Tree: tree, other: other, taken: taken}
}

// Edited returns tree with files replaced or added. The keys are names as Glob gives them.
func Edited(tree Tree, files map[string][]byte) Tree {
	return Overlay(tree, edits(files), func(name string) bool {
		_, edited := files[name]
		return edited
	})
}

// ReadFile implements Tree.
func (o *layered) ReadFile(name string, limit int64) ([]byte, error) {
	if o.taken(path.Clean(name)) {
		return o.other.ReadFile(name, limit)
	}
	return o.Tree.ReadFile(name, limit)
}

// Glob implements Tree.
func (o *layered) Glob(patterns []string) ([]string, error) {
	ours, err := o.Tree.Glob(patterns)
	if err != nil {
		return nil, err
	}
	theirs, err := o.other.Glob(patterns)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(slices.Clone(ours), o.taken)
	for _, name := range theirs {
		if o.taken(name) {
			names = append(names, name)
		}
	}
	return sortedNames(names), nil
}

// edits are files in memory. Unlike those of a MapTree, their texts are not copied.
type edits map[string][]byte

func (e edits) ReadFile(name string, limit int64) ([]byte, error) { return readFrom(e, e, name, limit) }

func (e edits) Glob(patterns []string) ([]string, error) { return matching(e, patterns) }

// Describe says that the files are in memory.
func (e edits) Describe() string { return "memory" }
