package export

import (
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// overlay is a workspace with some files as they would be after an edit.
type overlay struct {
	spec.Tree
	files map[string][]byte
	only  []string // the definition files that are looked at; nil: all
}

func (o overlay) ReadFile(name string, limit int64) ([]byte, error) {
	text, edited := o.files[path.Clean(name)]
	switch {
	case !edited:
		return o.Tree.ReadFile(name, limit)
	case int64(len(text)) > limit:
		return nil, &spec.TooLargeError{Name: name, Limit: limit}
	}
	return text, nil
}

func (o overlay) Glob(patterns []string) ([]string, error) {
	names, err := o.Tree.Glob(patterns)
	if err != nil {
		return nil, err
	}
	for name := range o.files {
		if slices.ContainsFunc(patterns, func(p string) bool { return doublestar.MatchUnvalidated(path.Clean(p), name) }) {
			names = append(names, name)
		}
	}
	if o.only != nil {
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(o.only, name) })
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// compileEdited compiles a workspace with some of its files edited.
func compileEdited(tree spec.Tree, files map[string][]byte, environment string, opts compile.Options) (*compile.Result, error) {
	return compileOverlay(overlay{Tree: tree, files: files}, environment, opts)
}

func compileOverlay(tree spec.Tree, environment string, opts compile.Options) (*compile.Result, error) {
	loaded, diagnostics := compile.Load(tree, environment, opts)
	if err := firstError(diagnostics); err != nil {
		return nil, err
	}
	return loaded.Result, nil
}
