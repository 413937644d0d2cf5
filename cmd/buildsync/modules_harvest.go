package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	reading "github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// modulesFile is where harvest writes to in a workspace that names no file.
const modulesFile = "modules.yaml"

func (in *invocation) modulesHarvest() error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	return in.withProjects(in.openToLearn, func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error {
		seen, unread, err := in.observeSteps(ctx, service, projects)
		if in.On("stats") {
			in.printStats(service)
		}
		if err != nil {
			return err
		}
		if err := in.learn(w, seen); err != nil || unread == 0 {
			return err
		}
		return said(exitPartial)
	})
}

// openToLearn is openToFill for a workspace that names a modules file which
// nobody has written yet.
func (in *invocation) openToLearn() (*workspace.Workspace, error) {
	return in.openBy(func(w *workspace.Workspace, environment string, vars map[string]string) spec.Diagnostics {
		return slices.DeleteFunc(loadToFill(w, environment, vars), func(d spec.Diagnostic) bool {
			if d.Rule != "modules-file" || d.Range.Start.File != spec.WorkspaceFile {
				return false
			}
			_, err := w.Tree.ReadFile(w.Set.Workspace.Modules.Text, spec.MaxFileBytes)
			return errors.Is(err, fs.ErrNotExist)
		})
	})
}

// learn says what was learned of steps, and keeps it.
func (in *invocation) learn(w *workspace.Workspace, seen []catalog.Observation) error {
	harvest := catalog.Harvest(w.Catalogue, seen)
	if len(harvest) == 0 {
		if in.On("diff") {
			return nil
		}
		_, err := fmt.Fprintf(in.Stdout, "Nothing to add: the catalogue has the modules of all %d steps.\n", len(seen))
		return err
	}
	if !in.On("diff") {
		if _, err := io.WriteString(in.Stdout, learned(w.Catalogue, harvest)); err != nil {
			return err
		}
	}
	for _, m := range harvest {
		if word := w.Catalogue.ProposedWord(m); word != "" {
			in.Note("%s has no action word; to write its steps as %s:, add \"actions: [%s]\" to it in the modules file", sanitize.Line(m.ID+" "+m.Name, 200), word, word)
		}
	}
	if in.On("dry-run") && !in.On("diff") {
		return nil
	}
	return in.keepModules(w, harvest)
}

// learned tells of each module how many of its properties are new.
func learned(known *catalog.Catalogue, harvest []*catalog.Module) string {
	var out strings.Builder
	for _, m := range harvest {
		what, more, name := "new module", "", m.Name
		if before := known.Module(m.ID); before != nil {
			what, more, name = "known module", " more", before.Name
		}
		noun := "properties"
		if len(m.Properties) == 1 {
			noun = "property"
		}
		fmt.Fprintf(&out, "%s %s %s: %d%s %s (%s)\n", what, sanitize.Line(m.ID, 100), sanitize.Line(name, 60),
			len(m.Properties), more, noun, sanitize.Line(strings.Join(m.Sources, ", "), 200))
	}
	return out.String()
}

// observeSteps reads the steps of all templates and of the projects' jobs, and
// counts the jobs that could not be read.
func (in *invocation) observeSteps(ctx context.Context, service *service, projects []export.Project) (seen []catalog.Observation, unread int, err error) {
	for t, err := range service.AllTemplates(ctx, "") {
		if err != nil {
			return nil, 0, fmt.Errorf("reading the templates: %w", err)
		}
		seen = append(seen, export.StepsOfTemplate(t)...)
	}
	for i, project := range projects {
		listing, err := exporting.ListJobs(ctx, service, project)
		if err != nil {
			return nil, 0, err
		}
		shown := screen.NewCounting(in.Invocation, project.Alias, len(listing.Jobs), in.pacing)
		more, missed, err := in.observeJobs(ctx, service, project, listing.Jobs, shown)
		shown.Close(i+1, len(projects))
		if err != nil {
			return nil, 0, err
		}
		seen, unread = append(seen, more...), unread+missed
	}
	return seen, unread, nil
}

// observeJobs reads the steps of a project's jobs.
func (in *invocation) observeJobs(ctx context.Context, service *service, project export.Project, jobs []*diff.LiveJob, shown *screen.Counting) (seen []catalog.Observation, unread int, err error) {
	for live, err := range reading.InOrder(ctx, service, jobs, reading.Options{Parallel: in.readsAtATime()}) {
		switch {
		case err != nil:
			return nil, 0, err
		case live.ReadErr != nil:
			unread++
			in.Printf("not read: %s: %s\n", sanitize.Line(project.Alias+"/job/"+live.Name, 300), sanitize.Line(live.ReadErr.Error(), 1000))
		default:
			seen = append(seen, export.StepsOf(project.Alias, live)...)
		}
		shown.Step()
	}
	return seen, unread, nil
}

// keepModules writes what was learned into the workspace's modules file, and
// names that file in buildsync.yaml if nothing does.
func (in *invocation) keepModules(w *workspace.Workspace, harvest []*catalog.Module) error {
	name := modulesFile
	declared := w.Set.Workspace.Modules != nil && !w.Set.Workspace.Modules.IsNull()
	if declared {
		name = w.Set.Workspace.Modules.Text
	}
	full := filepath.Join(w.Dir, filepath.FromSlash(name))
	before, err := os.ReadFile(full)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	after, err := export.MergeModules(name, before, harvest)
	if err != nil {
		return fmt.Errorf("adding to %s: %w", name, err)
	}
	if slices.Equal(before, after) {
		return nil
	}
	declare := func(text []byte) ([]byte, error) { return export.DeclareModules(text, name) }
	if in.On("diff") {
		if err := in.announce(name, before, after); err != nil || declared {
			return err
		}
		text, err := os.ReadFile(filepath.Join(w.Dir, spec.WorkspaceFile))
		if err != nil {
			return err
		}
		named, err := declare(text)
		if err != nil {
			return err
		}
		return in.announce(spec.WorkspaceFile, text, named)
	}
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	if err := outfile.WriteSource(full, after, 0o644); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(in.Stdout, "wrote %s\n", sanitize.Line(name, 300)); err != nil || declared {
		return err
	}
	return exporting.EditWorkspace(w.Dir, declare)
}
