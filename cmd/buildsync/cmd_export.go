package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type exportOptions struct {
	selectionOptions
	kind, out, twins, format string
	verify, force, factor    bool
	withIDs, shareSecrets    bool
	stats                    bool
}

func (p *program) exportCommand() *cli.Command {
	var o exportOptions
	return p.command(&cli.Command{
		Name:  "export",
		Usage: "write live jobs and templates as definitions",
		Description: about(`Writes the live jobs of the workspace's projects, with their notifications and their enabled state,
and the caller's own build templates, one file each; a script of more than 64 KiB gets its own file
below scripts/. It leaves jobs that are defined already, and files that exist, as they are: after an
interruption, run it again to continue. Nothing is written to the service.

The value of a secret cannot be read: a sensitive parameter becomes "secret: NAME", the name
is declared in buildsync.yaml, and the values to supply are listed.

A live value that lint calls an error is exported as it is, with a comment "# buildsync:ignore RULE:
live value" above it: so what was live before passes lint, and a later mistake does not. Literal
secrets get no such comment.

Definitions know a job by its name. If several live jobs have one name, export writes none of them,
lists them with their differences, and ends with code 6. --twins rename writes all of them, each
pinned to its id. The job that was built last keeps the name. The others get a number, and the next
apply renames them on the service.

--force edits only the values that differ, and formats the entries that it edits as fmt does. Other
entries stay as they are, so fmt may still change the file.

--factor moves values that jobs share to defaults.job in buildsync.yaml, steps that they share to
templates, and sequences of steps in five jobs or more to fragments. If an existing template or
fragment has the same steps, --factor uses it, also one of a source. It edits existing definitions
and keeps their comments. What they compile to stays the same to the byte.

Exit codes: 0 done; 1 the live state could not be read; 2 --verify found differences;
3 invalid input; 6 some objects could not be exported; 130 interrupted.`,
			"buildsync export --project shop --verify",
			"buildsync export --only 'order-*' --out jobs",
			"buildsync export --verify --format json"),
		Flags: []cli.Flag{
			o.onlyFlag("objects"), o.labelFlag(),
			&cli.StringFlag{Name: "kind", Destination: &o.kind, Usage: "`KIND`: job, template or all", Value: "all"},
			&cli.StringFlag{Name: "out", Destination: &o.out, Usage: "write below the folder `DIR` of the workspace (default: where the globs of definitions: match)"},
			&cli.BoolFlag{Name: "verify", Destination: &o.verify, Usage: "compile the definitions and compare them with the live jobs and templates", DisableDefaultText: true},
			&cli.BoolFlag{Name: "force", Destination: &o.force, Usage: "change existing definitions to what is live: only the values that differ are edited", DisableDefaultText: true},
			&cli.BoolFlag{Name: "factor", Destination: &o.factor, Usage: "move what definitions share to defaults, templates and fragments", DisableDefaultText: true},
			&cli.StringFlag{Name: "twins", Destination: &o.twins, Usage: "what to do with several live jobs of one name: `HOW` is skip or rename", Value: "skip"},
			&cli.BoolFlag{Name: "with-ids", Destination: &o.withIDs, Usage: "pin each job to its id", DisableDefaultText: true},
			&cli.BoolFlag{Name: "share-secrets", Destination: &o.shareSecrets, Usage: "use one secret for all parameters of one name, not one per job", DisableDefaultText: true},
			&cli.StringFlag{Name: "format", Destination: &o.format, Usage: "`FORMAT`: text or json", Value: "text"},
			statsFlag(&o.stats),
		},
	}, func(in *invocation) error { return in.export(&o) })
}

func (in *invocation) export(o *exportOptions) error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	if err := cmp.Or(
		kit.CheckWord("kind", o.kind, "all", "job", "template"),
		kit.CheckWord("format", o.format, "text", "json"),
		kit.CheckWord("twins", o.twins, "skip", "rename"),
	); err != nil {
		return err
	}
	selection, err := in.selection(&o.selectionOptions)
	if err != nil {
		return err
	}
	return in.withProjects(in.openToFill, func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error {
		opts, err := in.exportRun(w, o, selection, projects)
		if err != nil {
			return err
		}
		shown := pages.Exporting{Invocation: in.Invocation, Text: o.format == "text"}
		x, err := exporting.New(w, service, opts, in.exportListener(&shown))
		if err != nil {
			return err
		}
		in.Stops.Changes.Store(true)
		if err = x.All(ctx); err == nil {
			err = concludeExport(x, o, &shown)
		}
		in.Stops.Changes.Store(ctx.Err() != nil)
		if ctx.Err() != nil {
			in.Printf("Stopped after %d files; run the same command to continue.\n", len(x.Report.Written))
		}
		in.printStats(o.stats, service)
		if o.format == "json" {
			x.Report.ToolVersion = kit.Version()
			err = errors.Join(x.Report.Write(in.Stdout, exitCode(ctx, err), ctx.Err() != nil), err)
		}
		if err == nil && (len(x.Report.Written)+len(x.Report.Edited) > 0 || x.Report.Factored != nil) {
			in.Next(remedy.CommitExported(in.Again("plan")))
		}
		return err
	})
}

// concludeExport prints the result, factors and verifies if requested, and ends with the exit code.
func concludeExport(x *exporting.Run, o *exportOptions, shown *pages.Exporting) error {
	r := &x.Report
	if err := shown.Result(r); err != nil {
		return err
	}
	if err := factorExport(x, o.factor, shown); err != nil {
		return err
	}
	if err := x.Accept(); err != nil {
		return err
	}
	shown.Suppressed(r)
	code := exitDone
	if len(r.NotExported)+len(r.Unsure) > 0 {
		code = exitPartial
	}
	if o.verify {
		if err := x.Verify(); err != nil {
			return err
		}
		if err := shown.Verified(r.Verified); err != nil {
			return err
		}
		if v := r.Verified; v.Exact < v.Total && code == exitDone {
			code = exitDifferent
		}
	}
	return errors.Join(said(code), x.CheckNames())
}

// factorExport moves what the definitions share, or reports that it could be moved.
func factorExport(x *exporting.Run, asked bool, shown *pages.Exporting) error {
	if !asked && len(x.Report.Written) == 0 {
		return nil
	}
	factoring, err := x.Factor()
	switch {
	case asked && err != nil:
		return fmt.Errorf("factoring: %w", err)
	case !asked:
		if err == nil { // a hint never fails the command
			shown.MayFactor(factoring)
		}
		return nil
	}
	if err := x.KeepFactoring(factoring); err != nil {
		return err
	}
	return shown.Factored(factoring)
}

// exportRun returns the options of a run.
func (in *invocation) exportRun(w *workspace.Workspace, o *exportOptions, selection compile.Selection, projects []export.Project) (run exporting.Options, err error) {
	if term, near, unknown := selection.Labels.Unknown(w.Result.Jobs); unknown {
		return run, &spec.UnknownNameError{Word: term, What: "label of a defined job", Near: near}
	}
	vars, err := in.variables()
	return exporting.Options{
		Projects: projects, Only: selection.Only, Labels: selection.Labels, Vars: vars,
		Jobs:      o.kind != "template",
		Templates: len(selection.Labels) == 0 && (o.kind == "template" || o.kind == "all" && in.global.project == ""),
		Verify:    o.verify, Force: o.force, WithIDs: o.withIDs, ShareSecrets: o.shareSecrets,
		RenameTwins: o.twins == "rename", TwinAdvice: string(remedy.RenameTwins),
		Out: o.out, Parallel: in.readsAtATime(),
	}, err
}

// exportListener prints progress according to the flags.
func (in *invocation) exportListener(shown *pages.Exporting) exporting.Listener {
	return exporting.Listener{
		Say: shown.Say, Note: in.Note, Reopen: in.openToFill, Unseen: in.tellUnseen,
		Trace: func(err error) {
			if crash := (*export.Crash)(nil); errors.As(err, &crash) && in.global.verbose {
				in.Printf("%s", sanitize.Lines(string(crash.Stack())))
			}
		},
		Counting: in.counting,
	}
}

// counting shows how many jobs of a project have been read.
func (in *invocation) counting(project string, jobs int) exporting.Counter {
	return screen.NewCounting(in.Invocation, project, jobs, in.pacing)
}

// withProjects opens a workspace and the service, and calls do with the projects to export.
func (in *invocation) withProjects(open func() (*workspace.Workspace, error),
	do func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error) (err error) {
	ctx, cancel := in.WithTimeout()
	defer cancel()
	w, err := open()
	if err != nil {
		return err
	}
	projects, err := in.projects(w)
	if err != nil {
		return err
	}
	service, err := in.connect(w.Dir, w.Set.Workspace.Region, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.close()) }()
	return do(ctx, w, service, projects)
}

// openToFill is open for a workspace that may have no definitions yet.
func (in *invocation) openToFill() (*workspace.Workspace, error) {
	return in.openBy(exporting.LoadToFill)
}

// projects lists the requested projects, by alias.
func (in *invocation) projects(w *workspace.Workspace) ([]export.Project, error) {
	if err := in.checkProject(w); err != nil {
		return nil, err
	}
	word := in.global.project
	var projects []export.Project
	for alias, project := range w.Set.Workspace.Projects {
		if word == "" || word == alias || word == project.ID {
			projects = append(projects, export.Project{Alias: alias, ID: project.ID})
		}
	}
	slices.SortFunc(projects, func(a, b export.Project) int { return strings.Compare(a.Alias, b.Alias) })
	return projects, nil
}

// tellUnseen prints what the service does not show of live jobs.
func (in *invocation) tellUnseen(project export.Project, jobs int, what []string) {
	in.Note("%s of %s may have %s, which these routes do not show, and the newer routes cannot be read; %s",
		sanitize.Counted(jobs, "job"), project.Alias, strings.Join(what, ", "), remedy.ReadNewerRoutes)
}

// survey reads all live jobs of projects, and prints on stderr what it could not read and what the
// service does not show.
func (in *invocation) survey(service *service, projects []export.Project) *exporting.Survey {
	return &exporting.Survey{
		API: service, Projects: projects, Parallel: in.readsAtATime(), Unseen: in.tellUnseen,
		Unread: func(problem error) {
			in.Printf("buildsync: %s\n", sanitize.Line(problem.Error(), sanitize.MessageLimit))
		},
	}
}
