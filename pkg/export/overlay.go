package export

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// onlyTree is a workspace of which only some definition files are looked at.
type onlyTree struct {
	spec.Tree
	names []string
}

func (t onlyTree) Glob(patterns []string) ([]string, error) {
	names, err := t.Tree.Glob(patterns)
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(t.names, name) }), err
}

// compileOverlay compiles a workspace of which some files may be edited.
func compileOverlay(tree spec.Tree, environment string, opts compile.Options) (*compile.Result, error) {
	loaded, diagnostics := compile.Load(tree, environment, opts)
	if err := firstError(diagnostics); err != nil {
		return nil, err
	}
	return loaded.Result, nil
}
