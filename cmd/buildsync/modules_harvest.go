package main

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type harvestOptions struct{ dryRun, diff, stats bool }

func (p *program) modulesHarvestCommand() *cli.Command {
	var o harvestOptions
	return p.command(&cli.Command{
		Name: "harvest", Usage: "learn step modules from the live service",
		Description: about(`Reads the official templates, the caller's own and the jobs of the workspace's projects, and adds to
the workspace's modules file what is missing there: modules, properties and their types, each with
the place where it was seen. It never adds a value of yours. Values of official templates become
defaults if all these templates agree. What is in the file stays, with its comments. Nothing is
written to the service.

Exit codes: 0 done; 1 the live state could not be read; 3 invalid input; 6 some jobs could not
be read; 130 interrupted.`,
			"buildsync modules harvest --project shop",
			"buildsync modules harvest --diff"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "dry-run", Destination: &o.dryRun, Usage: "print what would be added, and write nothing", DisableDefaultText: true},
			&cli.BoolFlag{Name: "diff", Destination: &o.diff, Usage: "print what would change as a patch, and write nothing", DisableDefaultText: true},
			statsFlag(&o.stats),
		},
	}, func(in *invocation) error { return in.modulesHarvest(&o) })
}

func (in *invocation) modulesHarvest(o *harvestOptions) error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	open := func() (*workspace.Workspace, error) { return in.openBy(exporting.LoadToLearn) }
	return in.withProjects(open, func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error {
		survey := in.survey(service, projects)
		survey.Counting = in.counting
		seen, err := exporting.Observe(ctx, service, survey)
		in.printStats(o.stats, service)
		if err != nil {
			return err
		}
		if err := in.learn(w, o, seen); err != nil || survey.Problems == 0 {
			return err
		}
		return said(exitPartial)
	})
}

// learn says what was learned of steps, and keeps it.
func (in *invocation) learn(w *workspace.Workspace, o *harvestOptions, seen []catalog.Observation) error {
	harvest := catalog.Harvest(w.Catalogue, seen)
	if !o.diff {
		if _, err := io.WriteString(in.Stdout, pages.Learned(w.Catalogue, harvest, len(seen))); err != nil {
			return err
		}
	}
	for _, m := range harvest {
		if word := w.Catalogue.ProposedWord(m); word != "" {
			in.Note("%s has no action word; to write its steps as %s:, add \"actions: [%s]\" to it in the modules file", sanitize.Line(m.ID+" "+m.Name, 200), word, word)
		}
	}
	if len(harvest) == 0 || o.dryRun && !o.diff {
		return nil
	}
	edits, err := exporting.ModuleFiles(w, harvest)
	if err != nil {
		return err
	}
	if o.diff {
		for i := 0; i < len(edits) && err == nil; i++ {
			err = in.announce(true, edits[i].Name, edits[i].Before, edits[i].After)
		}
		return err
	}
	if err := outfile.Rewrite(edits); err != nil || len(edits) == 0 {
		return err
	}
	_, err = fmt.Fprintf(in.Stdout, "wrote %s\n", sanitize.Line(edits[0].Name, 300))
	return err
}
