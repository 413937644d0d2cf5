package export

import (
	"errors"
	"slices"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// DeclareSecrets returns the text of a workspace file that also declares the given secrets.
// Everything else stays byte for byte.
func DeclareSecrets(workspace []byte, names []string) ([]byte, error) {
	root, err := parseWorkspace(workspace)
	if err != nil {
		return nil, err
	}
	have := root.Get("secrets")
	var missing []string
	for _, name := range names {
		if !declares(have, name) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return workspace, nil
	}
	list := yamltext.Sequence()
	if have != nil {
		for _, item := range have.Items {
			list.Items = append(list.Items, yamltext.Text(item.Text))
		}
	}
	for _, name := range missing {
		list.Items = append(list.Items, yamltext.Text(name))
	}
	edited := newEditor(spec.WorkspaceFile, workspace)
	edited.SetKey(root, "secrets", yamltext.OneLine(list))
	return refitted(spec.WorkspaceFile, workspace, edited.Apply()), nil
}

// DeclareModules returns the text of a workspace file that names a modules file.
func DeclareModules(workspace []byte, name string) ([]byte, error) {
	root, err := parseWorkspace(workspace)
	if err != nil {
		return nil, err
	}
	edited := newEditor(spec.WorkspaceFile, workspace)
	edited.SetKey(root, "modules", yamltext.Text(name))
	return refitted(spec.WorkspaceFile, workspace, edited.Apply()), nil
}

func parseWorkspace(source []byte) (*spec.Node, error) {
	root, diagnostics := spec.ParseFile(spec.WorkspaceFile, source)
	if root == nil || root.Kind != spec.MappingNode || len(root.Fields) == 0 {
		return nil, errors.Join(errors.New("buildsync.yaml cannot be read"), firstError(diagnostics))
	}
	return root, nil
}

func declares(list *spec.Node, name string) bool {
	return list != nil && slices.ContainsFunc(list.Items, func(n *spec.Node) bool { return n.Text == name })
}
