package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
	reading "github.com/buildsync/buildsync/pkg/live"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) exportCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "export",
		Usage: "write live jobs and templates as definitions",
		Description: about(`Writes the live jobs of the workspace's projects, with their notifications and their enabled
state, and the caller's own build templates, one file each; a script of more than 64 KiB gets
a file of its own below scripts/. What is defined already, and a file that exists, is left
alone: a run that was interrupted goes on where it stopped. Nothing is written to the service.

The value of a secret cannot be read: a sensitive parameter becomes "secret: NAME", the name
is declared in buildsync.yaml, and the values to supply are listed.

A live value that lint calls an error is exported as it is, with a comment "# buildsync:ignore
RULE: live value" above it: what was live before passes lint, what is wrong later does not.
Literal secrets get no such comment.

Definitions know a job by its name. Of several live jobs of one name none is taken by chance:
they are named, with what tells them apart, and the exit code is 6. --twins rename writes all
of them, each pinned to its id: the one that was built last keeps the name, the others get a
number, which the next apply gives them on the service too.

--force edits only what differs, and writes an entry that it edits as fmt does. The entries
beside it stay as they are, so that fmt may still change a file that it would have changed
before.

--factor moves values that jobs share to defaults.job in buildsync.yaml, steps that they share
to templates, and sequences of steps that stand in five jobs or more to fragments. Templates and
fragments that exist, those of sources too, are used first where they say the same. It edits definitions that exist, and keeps their comments; what they
compile to stays the same to the byte.

Exit codes: 0 done; 1 the live state could not be read; 2 --verify found differences;
3 invalid input; 6 some objects could not be exported; 130 interrupted.`,
			"buildsync export --project shop --verify",
			"buildsync export --only 'order-*' --out jobs",
			"buildsync export --verify --format json"),
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "only", Usage: "only objects whose name matches `GLOB`"},
			labelFlag(),
			&cli.StringFlag{Name: "kind", Usage: "`KIND`: job, template or all", Value: "all"},
			&cli.StringFlag{Name: "out", Usage: "write below the folder `DIR` of the workspace; without it where the globs point"},
			&cli.BoolFlag{Name: "verify", Usage: "compile what is defined and compare it with all that is live", DisableDefaultText: true},
			&cli.BoolFlag{Name: "force", Usage: "bring definitions that exist to what is live: only the nodes that differ are edited", DisableDefaultText: true},
			&cli.BoolFlag{Name: "factor", Usage: "move what the definitions share to defaults, templates and fragments", DisableDefaultText: true},
			&cli.StringFlag{Name: "twins", Usage: "several live jobs of one name: `HOW` is skip or rename", Value: "skip"},
			&cli.BoolFlag{Name: "with-ids", Usage: "pin each job to its id", DisableDefaultText: true},
			&cli.BoolFlag{Name: "share-secrets", Usage: "one secret for all parameters of one name, instead of one a job", DisableDefaultText: true},
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"},
			&cli.BoolFlag{Name: "stats", Usage: "count the requests on stderr", DisableDefaultText: true},
		},
	}, (*invocation).export)
}

func (in *invocation) export() error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	kind, err := in.exportFlags()
	if err != nil {
		return err
	}
	return in.withProjects(in.openToFill, func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error {
		opts, err := in.exportOptions(w, kind, projects)
		if err != nil {
			return err
		}
		x := shownExport{invocation: in}
		if x.Run, err = exporting.New(w, service, opts, in.exportListener()); err != nil {
			return err
		}
		in.Stops.Changes.Store(true)
		err = x.All(ctx)
		if err == nil {
			err = errors.Join(x.conclude(), x.unmatchedPattern())
		}
		in.Stops.Changes.Store(ctx.Err() != nil)
		if ctx.Err() != nil {
			in.Printf("Stopped after %d files; run the same command to continue.\n", len(x.Report.Written))
		}
		if in.On("stats") {
			in.printStats(service)
		}
		err = errors.Join(x.finish(exitCode(ctx, err), ctx.Err() != nil), err)
		if err == nil && (len(x.Report.Written)+len(x.Report.Edited) > 0 || x.Report.Factored != nil) {
			in.Next("%s shows that no job changes; then commit the definitions", in.Again("plan"))
		}
		return err
	})
}

// exportOptions reads the flags.
func (in *invocation) exportOptions(w *workspace.Workspace, kind string, projects []export.Project) (o exporting.Options, err error) {
	o = exporting.Options{
		Projects: projects, Jobs: kind != "template", Only: in.Texts("only"), Verify: in.On("verify"), Force: in.On("force"),
		RenameTwins: in.Text("twins") == "rename", TwinAdvice: twinAdvice, WithIDs: in.On("with-ids"), ShareSecrets: in.On("share-secrets"),
		Out: in.Text("out"), Parallel: in.readsAtATime(),
	}
	if o.Vars, err = in.variables(); err != nil {
		return o, err
	}
	if o.Labels, err = in.labels(); err != nil {
		return o, err
	}
	if term, near, unknown := o.Labels.Unknown(w.Result.Jobs); unknown {
		return o, kit.UsageError{Text: (&apply.UnknownNameError{Word: term, What: "label of a defined job", Near: near}).Error()}
	}
	o.Templates = len(o.Labels) == 0 && (kind == "template" || kind == "all" && in.Text("project") == "")
	return o, nil
}

// twinAdvice is the advice about live jobs with the same name.
const twinAdvice = "--twins rename exports all of them, pinned to their ids, all but one under a new name; or rename or delete all but one on the service and export again"

// exportListener prints progress according to the flags.
func (in *invocation) exportListener() exporting.Listener {
	return exporting.Listener{
		Say: in.sayText, Note: in.Note, Reopen: in.openToFill, Unseen: in.tellUnseen,
		Trace: func(err error) {
			if crash := (*export.Crash)(nil); errors.As(err, &crash) && in.On("verbose") {
				in.Printf("%s", sanitize.Lines(string(crash.Stack())))
			}
		},
		Counting: func(project string, jobs int) exporting.Counter {
			return screen.NewCounting(in.Invocation, project, jobs, in.pacing)
		},
	}
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
	service, err := in.connect(w.Dir, w.Set.Workspace.Region)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.close()) }()
	return do(ctx, w, service, projects)
}

// openToFill is open for a workspace that may have no definitions yet.
func (in *invocation) openToFill() (*workspace.Workspace, error) { return in.openBy(loadToFill) }

// loadToFill is load without the warning that there are no definitions.
func loadToFill(w *workspace.Workspace, environment string, vars map[string]string) spec.Diagnostics {
	return slices.DeleteFunc(w.Load(environment, vars), func(d spec.Diagnostic) bool {
		return d.Rule == "definitions" && d.Severity == spec.Warning && len(w.Set.Files) == 0
	})
}

// exportFlags checks the flags whose words are few.
func (in *invocation) exportFlags() (kind string, err error) {
	kind, err = in.OneOf("kind", "all", "job", "template")
	if err != nil {
		return "", err
	}
	if _, err := in.OneOf("format", "text", "json"); err != nil {
		return "", err
	}
	if _, err := in.OneOf("twins", "skip", "rename"); err != nil {
		return "", err
	}
	for _, glob := range in.Texts("only") {
		if !doublestar.ValidatePattern(glob) {
			return "", kit.UsageError{Text: fmt.Sprintf("--only %q is not a valid pattern for names", glob)}
		}
	}
	return kind, nil
}

// projects lists the requested projects, by alias.
func (in *invocation) projects(w *workspace.Workspace) ([]export.Project, error) {
	word := in.Text("project")
	if word != "" {
		if err := checkProjects(w, []string{word}); err != nil {
			return nil, err
		}
	}
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
	in.Note("%s of %s may have %s, which these routes do not show, and the newer routes cannot be read; run with --api v1 to see why",
		sanitize.Counted(jobs, "job"), project.Alias, strings.Join(what, ", "))
}

// readJobs reads a project's live jobs in full, and prints on stderr what the service does not
// show.
func (in *invocation) readJobs(ctx context.Context, api reading.API, project export.Project, jobs []*diff.LiveJob) iter.Seq2[*diff.LiveJob, error] {
	return exporting.ReadJobs(ctx, api, jobs, in.readsAtATime(), func(n int, what []string) { in.tellUnseen(project, n, what) })
}
