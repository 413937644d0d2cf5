package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	reading "github.com/buildsync/buildsync/pkg/live"
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

Definitions know a job by its name. Of several live jobs of one name none is taken by chance:
they are named, with what tells them apart, and the exit code is 6. --twins rename writes all
of them, each pinned to its id: the one that was built last keeps the name, the others get a
number, which the next apply gives them on the service too.

--factor moves values that jobs share to defaults.job in buildsync.yaml, steps that they share
to templates, and sequences of steps that stand in five jobs or more to fragments. It edits definitions that exist, and keeps their comments; what they
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

// exporting is one run of export.
type exporting struct {
	*invocation
	w        *workspace.Workspace
	service  *service
	exporter *export.Exporter
	layout   *export.Layout
	report   exportReport
	read     []readJob // for --verify
	verified []*diff.LiveTemplate
	chosenBy compile.LabelTerms
	matched  map[string]bool // the patterns of --only that a live object has
	hasTwin  map[string]bool // by the ids of live jobs that share a name
	moved    map[string]bool // files that were edited since the workspace was read

	definitions *definitions // of the workspace, made by index
}

// readJob is a live job that was read, by the name that its definition has.
type readJob struct {
	*diff.LiveJob
	address string
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
		x, err := in.newExporting(w, service, projects)
		if err != nil {
			return err
		}
		in.Stops.Changes.Store(true)
		err = x.run(ctx, kind, projects)
		in.Stops.Changes.Store(ctx.Err() != nil)
		if ctx.Err() != nil {
			in.Printf("Stopped after %d files; the same command goes on from there.\n", len(x.report.Written))
		}
		if in.On("stats") {
			in.printStats(service)
		}
		return errors.Join(x.finish(exitCode(ctx, err), ctx.Err() != nil), err)
	})
}

// withProjects opens a workspace and the service, and calls do with the projects
// that are to be read into it.
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

// openToFill is open for a workspace that may well have no definitions yet.
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

func (in *invocation) newExporting(w *workspace.Workspace, service *service, projects []export.Project) (*exporting, error) {
	out, err := export.OutFolder(w.Dir, in.Text("out"))
	if err != nil {
		return nil, &failure{exitInvalid, err}
	}
	vars, err := in.variables()
	if err != nil {
		return nil, err
	}
	labels, err := in.labels()
	if err != nil {
		return nil, err
	}
	if term, near, unknown := labels.Unknown(w.Result.Jobs); unknown {
		return nil, kit.UsageError{Text: (&apply.UnknownNameError{Word: term, What: "label of a job that is defined", Near: near}).Error()}
	}
	x := &exporting{
		invocation: in, w: w, service: service, chosenBy: labels, matched: map[string]bool{},
		exporter: export.New(export.Options{
			Catalogue: w.Catalogue, Workspace: w.Set, Vars: vars, WithIDs: in.On("with-ids"), TakenSecrets: secretsInUse(w.Result),
			ShareSecrets: in.On("share-secrets"), QualifySecrets: len(w.Set.Workspace.Projects) > 1,
		}),
		layout: export.NewLayout(w.Set.Workspace.Definitions, out), hasTwin: map[string]bool{}, moved: map[string]bool{},
	}
	for _, project := range projects {
		x.report.Projects = append(x.report.Projects, project.Alias)
	}
	return x, nil
}

// secretsInUse are the secrets that definitions use, each with the parameter
// that it is for. One that is declared and not used may be what an export that
// was killed left: it is free.
func secretsInUse(result *compile.Result) map[string]string {
	used := map[string]string{}
	for _, job := range result.Jobs {
		for _, use := range job.Secrets {
			used[use.Secret] = use.Parameter
		}
	}
	return used
}

// projects lists the projects that are asked for, by alias.
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
	slices.SortFunc(projects, func(a, b export.Project) int { return compareText(a.Alias, b.Alias) })
	return projects, nil
}

func (x *exporting) run(ctx context.Context, kind string, projects []export.Project) error {
	if kind != "template" {
		for i, project := range projects {
			if err := x.jobs(ctx, project, i+1); err != nil {
				return err
			}
		}
	}
	if len(x.chosenBy) == 0 && (kind == "template" || kind == "all" && x.Text("project") == "") {
		if err := x.templates(ctx); err != nil {
			return err
		}
	}
	return errors.Join(x.conclude(), x.unmatched())
}

// unmatched is the error about a pattern of --only that no live object has: to
// export nothing is no success then.
func (x *exporting) unmatched() error {
	for _, glob := range x.Texts("only") {
		if !x.matched[glob] {
			return kit.UsageError{Text: fmt.Sprintf("--only %q matches nothing that is live", glob)}
		}
	}
	return nil
}

// jobs exports the jobs of the nth project.
func (x *exporting) jobs(ctx context.Context, project export.Project, nth int) error {
	listing, err := listJobs(ctx, x.service, project)
	if err != nil {
		return err
	}
	if !listing.Complete {
		x.unsure(project.Alias, "", "its listing is not complete: "+listing.Problem)
	} else if len(listing.Jobs) == 0 {
		x.Note("%s has no live jobs", project.Alias)
	}
	var wanted []*diff.LiveJob
	taken := map[*diff.LiveJob]places{}
	names := x.namesOf(project, listing.Jobs)
	for _, job := range listing.Jobs {
		name, ok := names[job]
		if !ok {
			continue
		}
		address := project.Alias + "/job/" + name
		// Each job gets a file, wanted or not, so that it is the same in every run.
		file, err := x.layout.File(project.Alias, name, address)
		switch {
		case !x.matches(job.Name) && !x.matches(name), !x.labelled(project, job, name):
		case x.isIgnored(name):
			x.report.Ignored = append(x.report.Ignored, address)
		case x.declared(project, job, name) != nil && !x.On("verify") && !x.On("force"):
			x.report.Defined = append(x.report.Defined, address)
		case err != nil: // of a job that is asked for; the others are to take their places only
			return &failure{exitInvalid, err}
		default:
			wanted, taken[job] = append(wanted, job), places{name: name, file: file}
		}
	}
	shown := screen.NewCounting(x.Invocation, project.Alias, len(wanted))
	defer shown.Close(nth, len(x.report.Projects))
	for job, err := range x.readJobs(ctx, x.service, project, wanted) {
		if err == nil {
			err = x.job(project, job, taken[job])
		}
		if err != nil {
			return err
		}
		shown.Step()
	}
	return nil
}

// labelled reports whether the definition of a live job fulfils --label. A job
// that is not defined has no labels.
func (x *exporting) labelled(project export.Project, live *diff.LiveJob, name string) bool {
	if len(x.chosenBy) == 0 {
		return true
	}
	job := x.declared(project, live, name)
	return job != nil && x.chosenBy.Select(job)
}

// listJobs reads a project's listing. An error means that nothing is known of its
// jobs.
func listJobs(ctx context.Context, api reading.API, project export.Project) (*diff.LiveProject, error) {
	listing, err := reading.Project(ctx, api, project.ID)
	if err == nil {
		err = listing.ReadErr
	}
	if err != nil {
		return nil, fmt.Errorf("listing the jobs of %s: %w", project.Alias, err)
	}
	return listing, nil
}

// readJobs reads live jobs of a project with all that the service shows of them,
// and says on stderr what it does not show.
func (in *invocation) readJobs(ctx context.Context, api reading.API, project export.Project, jobs []*diff.LiveJob) iter.Seq2[*diff.LiveJob, error] {
	opts := reading.Options{Parallel: in.readsAtATime(), Notices: reading.AllNotices, Full: true}
	return func(yield func(*diff.LiveJob, error) bool) {
		var unseen []string
		n, shows := 0, false
		for job, err := range reading.InOrder(ctx, api, jobs, opts) {
			if job != nil && len(job.Unseen) > 0 {
				unseen, n = job.Unseen, n+1
			}
			shows = shows || job != nil && diff.ShowsHidden(job.Body) && !job.Completed
			if !yield(job, err) {
				return
			}
		}
		if n > 0 && !shows {
			in.Note("%s of %s may have %s, which these routes do not show, and the newer routes cannot be read; --api v1 says why",
				counted(n, "job"), project.Alias, strings.Join(unseen, ", "))
		}
	}
}

// places are the name that a job has in the definitions, and its file.
type places struct{ name, file string }

func (x *exporting) matches(name string) bool {
	globs := x.Texts("only")
	some := len(globs) == 0
	for _, glob := range globs {
		if doublestar.MatchUnvalidated(glob, name) {
			some, x.matched[glob] = true, true
		}
	}
	return some
}

// isIgnored tells whether the workspace's policy leaves a job alone.
func (x *exporting) isIgnored(name string) bool {
	return slices.ContainsFunc(x.w.Set.Workspace.Policy.Ignore, func(rule spec.Ignore) bool {
		return len(rule.Fields) == 0 && doublestar.MatchUnvalidated(rule.Job, name)
	})
}

// declared is the definition that a live job has already: the one that is pinned
// to it, or one of its name that is pinned to none.
func (x *exporting) declared(project export.Project, live *diff.LiveJob, name string) *compile.Job {
	index := x.index()
	if job := index.pinned[defined{project.ID, live.ID}]; job != nil {
		return job
	}
	return index.named[defined{project.ID, name}]
}

// defined is what a definition is found by: a project, and an id or a name in it.
type defined struct{ project, key string }

// definitions are the jobs of a workspace, for finding one among many.
type definitions struct {
	of      *compile.Result
	pinned  map[defined]*compile.Job // by id
	named   map[defined]*compile.Job // by name, of those without an id
	renamed map[defined]*compile.Job // by a name that it had, of those without an id
	address map[string]*compile.Job
}

// index returns the jobs of the workspace as it was read last.
func (x *exporting) index() *definitions {
	if x.definitions != nil && x.definitions.of == x.w.Result {
		return x.definitions
	}
	d := &definitions{of: x.w.Result, pinned: map[defined]*compile.Job{}, named: map[defined]*compile.Job{}, renamed: map[defined]*compile.Job{}, address: map[string]*compile.Job{}}
	for _, job := range x.w.Result.Jobs {
		d.address[job.Address] = job
		if job.ID != "" {
			d.pinned[defined{job.ProjectID, job.ID}] = job
		} else {
			d.named[defined{job.ProjectID, job.Name}] = job
			for _, old := range job.RenamedFrom {
				if key := (defined{job.ProjectID, old}); d.renamed[key] == nil {
					d.renamed[key] = job
				}
			}
		}
	}
	x.definitions = d
	return d
}

func (x *exporting) job(project export.Project, live *diff.LiveJob, at places) error {
	address := project.Alias + "/job/" + at.name
	if live.ReadErr != nil {
		x.unsure(address, live.ID, "it could not be read: "+live.ReadErr.Error())
		x.trace(live.ReadErr)
		return nil
	}
	renamed := at.name != live.Name
	if renamed {
		x.report.Renamed = append(x.report.Renamed, exportRename{address, live.ID, live.Name})
		as := *live
		as.Name = at.name
		live = &as
	}
	x.read = append(x.read, readJob{live, address})
	if job := x.declared(project, live, at.name); job != nil {
		return x.update(job, live)
	}
	write := x.exporter.Job
	if renamed || x.hasTwin[live.ID] {
		write = x.exporter.PinnedJob
	}
	definition, err := write(project, live)
	if err != nil {
		x.problem(address, live.ID, err.Error())
		x.trace(err)
		return nil
	}
	return x.keep(definition, at.file)
}

// trace shows where a bug came in the way.
func (x *exporting) trace(err error) {
	if crash := (*export.Crash)(nil); errors.As(err, &crash) && x.On("verbose") {
		x.Printf("%s", sanitize.Lines(string(crash.Stack())))
	}
}

// update brings a definition that exists to what is live, where --force allows
// it.
func (x *exporting) update(job *compile.Job, live *diff.LiveJob) error {
	if !x.On("force") {
		x.report.Defined = append(x.report.Defined, job.Address)
		return nil
	}
	vars, err := x.variables()
	if err != nil {
		return err
	}
	if x.moved[job.Pos.File] {
		if x.w, err = x.openToFill(); err != nil {
			return err
		}
		x.moved = map[string]bool{}
		if job = x.index().address[job.Address]; job == nil {
			return nil // somebody has taken it away in between
		}
	}
	files, err := x.exporter.Update(x.w.Set, job, live, compile.Options{Vars: vars, Catalogue: x.w.Catalogue})
	switch {
	case err != nil:
		x.problem(job.Address, live.ID, err.Error())
		x.trace(err)
		return nil
	case len(files) == 0:
		x.report.Defined = append(x.report.Defined, job.Address)
		return nil
	}
	edited := exported{Address: job.Address}
	for _, file := range files {
		if err := x.writeDefinitions(file.Name, file.Text); err != nil {
			return err
		}
		if err := x.say("edited %s\n", sanitize.Line(file.Name, 0)); err != nil {
			return err
		}
		edited.Files = append(edited.Files, file.Name)
		x.moved[file.Name] = true
	}
	x.report.Edited = append(x.report.Edited, edited)
	return nil
}
