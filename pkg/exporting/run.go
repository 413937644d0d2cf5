package exporting

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	reading "github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Options select what is exported, and how.
type Options struct {
	Projects     []export.Project
	Jobs         bool               // the jobs of the projects
	Templates    bool               // the caller's own templates
	Only         []string           // names match one of these globs; none: all
	Labels       compile.LabelTerms // definitions fulfil these
	Verify       bool               // what is defined is compared with all that is live
	Force        bool               // definitions that exist are brought to what is live
	RenameTwins  bool               // all live jobs of one name are exported, all but one under a new name
	TwinAdvice   string             // what to do about live jobs of one name, where they are left out
	WithIDs      bool
	ShareSecrets bool
	Out          string // the folder of new files; "" if the globs point
	Vars         map[string]string
	Parallel     int
}

// Service has the calls for an export.
type Service interface {
	reading.API
	IAMProjects(ctx context.Context) ([]wire.Project, error)
}

// Listener receives progress and notes, for people.
type Listener struct {
	Say      func(format string, args ...any) error // a result
	Note     func(format string, args ...any)
	Trace    func(err error) // of a bug that came in the way
	Counting func(project string, jobs int) Counter
	Unseen   func(project export.Project, jobs int, what []string) // the service does not show it of so many jobs
	Reopen   func() (*workspace.Workspace, error)                  // reads the workspace again
}

// Counter counts the jobs of a project that have been read.
type Counter interface {
	Step()
	Close(nth, projects int)
}

// New makes a run over an open workspace.
func New(w *workspace.Workspace, service Service, opts Options, tell Listener) (*Run, error) {
	out, err := export.OutFolder(w.Dir, opts.Out)
	if err != nil {
		return nil, &workspace.Refusal{Err: err}
	}
	x := &Run{
		opts: opts, tell: tell, w: w, service: service, only: Only{Globs: opts.Only},
		exporter: export.New(export.Options{
			Catalogue: w.Catalogue, Workspace: w.Set, Vars: opts.Vars, WithIDs: opts.WithIDs, TakenSecrets: SecretsInUse(w.Result),
			ShareSecrets: opts.ShareSecrets, QualifySecrets: len(w.Set.Workspace.Projects) > 1,
		}),
		layout: export.NewLayout(w.Set.Workspace.Definitions, out), hasTwin: map[string]bool{},
	}
	for _, project := range opts.Projects {
		x.Report.Projects = append(x.Report.Projects, project.Alias)
	}
	return x, nil
}

// Run is one run of export.
type Run struct {
	opts     Options
	tell     Listener
	w        *workspace.Workspace
	service  Service
	exporter *export.Exporter
	layout   *export.Layout
	Report   Report
	read     []readJob // for --verify
	verified []*diff.LiveTemplate
	only     Only
	hasTwin  map[string]bool // by the ids of live jobs that share a name
	moved    []string        // files that were edited since the workspace was read

	shared []string // files that hold what was factored
}

// readJob is a live job that was read, by the name that its definition has.
type readJob struct {
	*diff.LiveJob
	address string
}

// SecretsInUse returns the secrets that definitions use, each with its parameter. A declared secret
// that is not used may be left by a killed export: it is free.
func SecretsInUse(result *compile.Result) map[string]string {
	used := map[string]string{}
	for _, job := range result.Jobs {
		for _, use := range job.Secrets {
			used[use.Secret] = use.Parameter
		}
		for _, notice := range job.Notices {
			if notice.Secret != "" {
				used[notice.Secret] = notice.Type // no parameter can have it
			}
		}
	}
	return used
}

// listJobs reads a project's listing. After an error its jobs are unknown.
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

// All exports what the options select. It returns the report even after an error.
func (x *Run) All(ctx context.Context) (err error) {
	defer func() { err = cmp.Or(err, x.tellEdited()) }()
	if x.opts.Jobs {
		for i, project := range x.opts.Projects {
			if err := x.jobs(ctx, project, i+1); err != nil {
				return err
			}
		}
	}
	if x.opts.Templates {
		return x.templates(ctx)
	}
	return nil
}

// CheckNames returns an *spec.UnknownNameError for a pattern of Only without a live object.
func (x *Run) CheckNames() error { return x.only.Check() }

// jobs exports the jobs of the nth project.
func (x *Run) jobs(ctx context.Context, project export.Project, nth int) error {
	listing, err := listJobs(ctx, x.service, project)
	if err != nil {
		return err
	}
	if !listing.Complete {
		x.unsure(project.Alias, "", "its listing is not complete: "+listing.Problem)
	} else if len(listing.Jobs) == 0 {
		x.tell.Note("%s has no live jobs", project.Alias)
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
		// Each job gets a file, selected or not, so that it is the same in every run.
		file, err := x.layout.File(project.Alias, name, address)
		defined := x.declared(project, job, name) != nil
		switch {
		case !x.only.selects(job.Name) && !x.only.selects(name), !x.labelled(project, job, name):
		case x.isIgnored(name):
			x.Report.Ignored = append(x.Report.Ignored, address)
		case defined && !x.opts.Verify && !x.opts.Force:
			x.Report.Defined = append(x.Report.Defined, address)
		case err != nil && !defined: // a selected job needs a file of its own
			return &workspace.Refusal{Err: err}
		default:
			wanted, taken[job] = append(wanted, job), places{name: name, file: file}
		}
	}
	shown := x.tell.Counting(project.Alias, len(wanted))
	defer shown.Close(nth, len(x.Report.Projects))
	unknown := 0
	for job, err := range readJobs(ctx, x.service, wanted, x.opts.Parallel, func(jobs int, what []string) { x.tell.Unseen(project, jobs, what) }) {
		if err == nil {
			err = x.job(project, job, taken[job])
		}
		if err != nil {
			return err
		}
		if job.NoticesUnseen {
			unknown++
		}
		shown.Step()
	}
	if unknown > 0 {
		x.tell.Note("the notifications of %s of %s cannot be read, because the service answers null in place of them; definitions keep what they say",
			sanitize.Counted(unknown, "job"), project.Alias)
	}
	return nil
}

// labelled reports whether the definition of a live job fulfils --label. A job
// that is not defined has no labels.
func (x *Run) labelled(project export.Project, live *diff.LiveJob, name string) bool {
	if len(x.opts.Labels) == 0 {
		return true
	}
	job := x.declared(project, live, name)
	return job != nil && x.opts.Labels.Select(job)
}

// readJobs reads live jobs with everything that the service shows. At the end, unseen receives the
// number of jobs with hidden members, and their names.
func readJobs(ctx context.Context, api reading.API, jobs []*diff.LiveJob, parallel int, unseen func(jobs int, what []string)) iter.Seq2[*diff.LiveJob, error] {
	opts := reading.Options{Parallel: parallel, Notices: reading.AllNotices, Full: true}
	return func(yield func(*diff.LiveJob, error) bool) {
		var what []string
		n, shows := 0, false
		for job, err := range reading.InOrder(ctx, api, jobs, opts) {
			if job != nil && len(job.Unseen) > 0 {
				what, n = job.Unseen, n+1
			}
			shows = shows || job != nil && diff.ShowsHidden(job.Body) && !job.Completed
			if !yield(job, err) {
				return
			}
		}
		if n > 0 && !shows {
			unseen(n, what)
		}
	}
}

// places are the name that a job has in the definitions, and its file.
type places struct{ name, file string }

// isIgnored reports whether the workspace's policy ignores a job.
func (x *Run) isIgnored(name string) bool {
	return slices.ContainsFunc(x.w.Set.Workspace.Policy.Ignore, func(rule spec.Ignore) bool {
		return len(rule.Fields) == 0 && spec.Names{rule.Job}.Match(name)
	})
}

// declared returns the definition that a live job has already, if it is called name.
func (x *Run) declared(project export.Project, live *diff.LiveJob, name string) *compile.Job {
	return x.w.Jobs().Of(project.ID, live.ID, name)
}

func (x *Run) job(project export.Project, live *diff.LiveJob, at places) error {
	address := project.Alias + "/job/" + at.name
	if live.ReadErr != nil {
		x.unsure(address, live.ID, "it could not be read: "+live.ReadErr.Error())
		x.tell.Trace(live.ReadErr)
		return nil
	}
	renamed := at.name != live.Name
	if renamed {
		x.Report.Renamed = append(x.Report.Renamed, Rename{address, live.ID, live.Name})
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
		x.tell.Trace(err)
		return nil
	}
	return x.keep(definition, at.file)
}

// update changes an existing definition to match the live job, if --force allows it.
func (x *Run) update(job *compile.Job, live *diff.LiveJob) error {
	if !x.opts.Force {
		x.Report.Defined = append(x.Report.Defined, job.Address)
		return nil
	}
	if slices.Contains(x.moved, job.Pos.File) {
		if found := x.w.Reread(x.moved); found.HasErrors() {
			w, err := x.tell.Reopen() // reports what somebody broke meanwhile
			if err != nil {
				return err
			}
			x.w = w
		}
		x.moved = nil
		if job = x.w.Jobs().At(job.Address); job == nil {
			return nil // somebody has taken it away in between
		}
	}
	files, effects, err := x.exporter.Update(x.w.Set, job, live, compile.Options{Vars: x.opts.Vars, Catalogue: x.w.Catalogue})
	switch {
	case err != nil:
		x.problem(job.Address, live.ID, err.Error())
		x.tell.Trace(err)
		return nil
	case len(files) == 0:
		x.Report.Defined = append(x.Report.Defined, job.Address)
		return nil
	}
	if err := x.declareSecrets(effects.Secrets); err != nil {
		return err
	}
	x.reportSecrets(effects.Secrets)
	for _, r := range effects.Replaced {
		x.Report.Replaced = append(x.Report.Replaced, Replaced{job.Address, r.Reference, r.At.File, r.At.Line})
	}
	edited := Exported{Address: job.Address}
	for _, file := range files {
		if err := x.writeDefinitions(file.Name, file.Text); err != nil {
			return err
		}
		edited.Files = append(edited.Files, file.Name)
		x.moved = append(x.moved, file.Name)
	}
	x.Report.Edited = append(x.Report.Edited, edited)
	return nil
}
