package exporting

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// LoadToLearn is LoadToImport for a workspace that may name a modules file which nobody has written
// yet. Its definitions may use the action words that are to be learned.
func LoadToLearn(w *workspace.Workspace, environment string, vars map[string]string) spec.Diagnostics {
	return slices.DeleteFunc(LoadToImport(w, environment, vars), func(d spec.Diagnostic) bool {
		if d.Rule != "modules-file" || d.Range.Start.File != spec.WorkspaceFile {
			return false
		}
		_, err := w.Tree.ReadFile(w.Set.Workspace.Modules.Text, spec.MaxFileBytes)
		return errors.Is(err, fs.ErrNotExist)
	})
}

// LoadToFill loads a workspace that may have no definitions yet.
func LoadToFill(w *workspace.Workspace, environment string, vars map[string]string) spec.Diagnostics {
	return slices.DeleteFunc(w.Load(environment, vars), func(d spec.Diagnostic) bool {
		return d.Rule == "definitions" && d.Severity == spec.Warning && len(w.Set.Files) == 0
	})
}

// LoadToImport loads a workspace whose definitions may be invalid, as they are while a shell
// redirects the output of import into one of them. Only the workspace file and the step modules
// must be valid.
func LoadToImport(w *workspace.Workspace, environment string, vars map[string]string) spec.Diagnostics {
	found := w.Load(environment, vars)
	if w.Set == nil || w.Result == nil {
		return found
	}
	shared := []string{spec.WorkspaceFile}
	if modules := w.Set.Workspace.Modules; modules != nil {
		shared = append(shared, modules.Text)
	}
	return slices.DeleteFunc(found, func(d spec.Diagnostic) bool {
		return d.Rule == "definitions" || !slices.Contains(shared, d.Range.Start.File)
	})
}

// ImportedName returns the name of the folder of a build.yml, except the folder that
// the service keeps it in.
func ImportedName(file string) string {
	full, err := filepath.Abs(file)
	if err != nil || file == "-" {
		return ""
	}
	dir := filepath.Dir(full)
	if base := filepath.Base(dir); strings.HasPrefix(base, ".") {
		dir = filepath.Dir(dir)
	}
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, filepath.Base(dir))
	return strings.Trim(name, "-")
}
