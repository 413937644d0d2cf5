package vendored

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/spec"
)

// overlay is a workspace with other files in some folders.
type overlay struct {
	spec.Tree
	folders []string
	files   map[string][]byte
}

func (o *overlay) taken(name string) bool {
	return name == spec.LockFile || slices.ContainsFunc(o.folders, func(folder string) bool { return strings.HasPrefix(name, folder) })
}

// ReadFile implements spec.Tree.
func (o *overlay) ReadFile(name string, limit int64) ([]byte, error) {
	if name = path.Clean(name); o.taken(name) {
		return spec.MapTree{name: string(o.files[name])}.ReadFile(name, limit)
	}
	return o.Tree.ReadFile(name, limit)
}

// Glob implements spec.Tree.
func (o *overlay) Glob(patterns []string) ([]string, error) {
	names, err := o.Tree.Glob(patterns)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(slices.Clone(names), o.taken)
	for name := range o.files {
		if slices.ContainsFunc(patterns, func(p string) bool { return doublestar.MatchUnvalidated(path.Clean(p), name) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
