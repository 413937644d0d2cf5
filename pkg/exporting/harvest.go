package exporting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/export"
	reading "github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// TemplateAPI has the call for all templates that the caller can use.
type TemplateAPI interface {
	AllTemplates(ctx context.Context, name string) iter.Seq2[wire.Template, error]
}

// Observe reads the steps of all templates and of the surveyed jobs.
func Observe(ctx context.Context, api TemplateAPI, survey *Survey) (seen []catalog.Observation, err error) {
	templates, err := reading.TemplateRows(ctx, api.AllTemplates, "")
	if err != nil {
		return nil, fmt.Errorf("reading the templates: %w", err)
	}
	for _, t := range templates {
		seen = append(seen, export.StepsOfTemplate(t)...)
	}
	survey.Bodies = true
	for live, err := range survey.Jobs(ctx) {
		if err != nil {
			return nil, err
		}
		seen = append(seen, export.StepsOf(live.Project.Alias, live.LiveJob)...)
	}
	return seen, nil
}

// modulesFile is where modules go in a workspace that names no file.
const modulesFile = "modules.yaml"

// ModuleFiles returns the edits that add modules to a workspace: of its modules file, and of
// buildsync.yaml if it does not name that file. There are none if the file says it all already. An
// edit without Before makes a new file.
func ModuleFiles(w *workspace.Workspace, modules []*catalog.Module) ([]outfile.Edit, error) {
	name := modulesFile
	declared := w.Set.Workspace.Modules != nil && !w.Set.Workspace.Modules.IsNull()
	if declared {
		name = w.Set.Workspace.Modules.Text
	}
	full := filepath.Join(w.Dir, filepath.FromSlash(name))
	before, err := os.ReadFile(full)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	after, err := export.MergeModules(name, before, modules)
	if err != nil {
		return nil, fmt.Errorf("adding to %s: %w", name, err)
	}
	if slices.Equal(before, after) {
		return nil, nil
	}
	edits := []outfile.Edit{{Name: name, Path: full, Before: before, After: after}}
	if declared {
		return edits, nil
	}
	root := filepath.Join(w.Dir, spec.WorkspaceFile)
	if before, err = os.ReadFile(root); err != nil {
		return nil, err
	}
	if after, err = export.DeclareModules(before, name); err != nil {
		return nil, err
	}
	return append(edits, outfile.Edit{Name: spec.WorkspaceFile, Path: root, Before: before, After: after}), nil
}
