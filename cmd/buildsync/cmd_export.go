package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

func (p *program) exportCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "export",
		Usage: "write live jobs and templates as definitions",
		Description: about(`Writes the live jobs of the workspace's projects, with their notifications and their enabled
state, and the caller's own build templates, one file each. What is defined already, and a
file that exists, is left alone: a run that was interrupted goes on where it stopped.
Nothing is written to the service.

The value of a secret cannot be read: a sensitive parameter becomes "secret: NAME", the name
is declared in buildsync.yaml, and the values to supply are listed.

--factor moves values that jobs share to defaults.job in buildsync.yaml, and steps that they
share to templates. It edits definitions that exist, and keeps their comments; what they
compile to stays the same to the byte.

Exit codes: 0 done; 1 the live state could not be read; 2 --verify found differences;
3 invalid input; 6 some objects could not be exported; 130 interrupted.`,
			"buildsync export --project shop --verify",
			"buildsync export --only 'order-*' --out jobs"),
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "only", Usage: "only objects whose name matches `GLOB`"},
			&cli.StringFlag{Name: "kind", Usage: "`KIND`: job, template or all", Value: "all"},
			&cli.StringFlag{Name: "out", Usage: "write below the folder `DIR` of the workspace; without it where the globs point"},
			&cli.BoolFlag{Name: "verify", Usage: "compile what is defined and compare it with all that is live", DisableDefaultText: true},
			&cli.BoolFlag{Name: "force", Usage: "bring definitions that exist to what is live: only the nodes that differ are edited", DisableDefaultText: true},
			&cli.BoolFlag{Name: "factor", Usage: "move what the definitions share to defaults and templates", DisableDefaultText: true},
			&cli.BoolFlag{Name: "with-ids", Usage: "pin each job to its id", DisableDefaultText: true},
			&cli.BoolFlag{Name: "share-secrets", Usage: "one secret for all parameters of one name, instead of one a job", DisableDefaultText: true},
			&cli.BoolFlag{Name: "stats", Usage: "count the requests on stderr", DisableDefaultText: true},
		},
	}, (*invocation).export)
}

// exporting is one run of export.
type exporting struct {
	*invocation
	w        *workspace
	service  *service
	exporter *export.Exporter
	layout   *export.Layout
	report   exportReport
	live     []*diff.LiveJob // what was read, for --verify
	verified []*diff.LiveTemplate
}

// exportReport is what a run did.
type exportReport struct {
	Written  []exported
	Kept     int
	Updated  int
	Problems []exportProblem
	Secrets  []export.Secret
	Withheld []string
}

type exported struct{ Address, File string }

// exportProblem is an object that was not exported.
type exportProblem struct{ Address, Reason string }

func (in *invocation) export() (err error) {
	if _, err := in.args(0); err != nil {
		return err
	}
	kind, err := in.oneOf("kind", "all", "job", "template")
	if err != nil {
		return err
	}
	for _, glob := range in.texts("only") {
		if !doublestar.ValidatePattern(glob) {
			return usageError{text: fmt.Sprintf("--only %q is not a valid pattern for names", glob)}
		}
	}
	ctx, cancel := in.withTimeout()
	defer cancel()
	w, err := in.open()
	if err != nil {
		return err
	}
	projects, err := in.projects(w)
	if err != nil {
		return err
	}
	service, err := in.connect(w.dir, w.set.Workspace.Region)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.close()) }()
	x := in.newExporting(w, service)
	err = x.run(ctx, kind, projects)
	if ctx.Err() != nil {
		in.printf("Stopped after %d files; the same command goes on from there.\n", len(x.report.Written))
	}
	if in.on("stats") {
		in.printStats(service)
	}
	return err
}

func (in *invocation) newExporting(w *workspace, service *service) *exporting {
	return &exporting{
		invocation: in, w: w, service: service,
		exporter: export.New(export.Options{
			Catalogue: w.catalogue, WithIDs: in.on("with-ids"), TakenSecrets: w.result.Secrets,
			ShareSecrets: in.on("share-secrets"), QualifySecrets: len(w.set.Workspace.Projects) > 1,
		}),
		layout: export.NewLayout(w.set.Workspace.Definitions, in.text("out")),
	}
}

// projects lists the projects that are asked for, by alias.
func (in *invocation) projects(w *workspace) ([]export.Project, error) {
	word := in.text("project")
	if word != "" {
		if err := w.checkProjects([]string{word}); err != nil {
			return nil, err
		}
	}
	var projects []export.Project
	for alias, project := range w.set.Workspace.Projects {
		if word == "" || word == alias || word == project.ID {
			projects = append(projects, export.Project{Alias: alias, ID: project.ID})
		}
	}
	slices.SortFunc(projects, func(a, b export.Project) int { return compareText(a.Alias, b.Alias) })
	return projects, nil
}

func (x *exporting) run(ctx context.Context, kind string, projects []export.Project) error {
	if kind != "template" {
		for _, project := range projects {
			if err := x.jobs(ctx, project); err != nil {
				return err
			}
		}
	}
	if kind == "template" || kind == "all" && x.text("project") == "" {
		if err := x.templates(ctx); err != nil {
			return err
		}
	}
	return x.finish()
}

// jobs exports the jobs of one project.
func (x *exporting) jobs(ctx context.Context, project export.Project) error {
	listing, err := export.List(ctx, x.service, project.ID)
	if err != nil {
		return fmt.Errorf("listing the jobs of %s: %w", project.Alias, err)
	}
	if !listing.Complete {
		x.problem(project.Alias, "its listing is not complete: "+listing.Problem)
	}
	var wanted []*diff.LiveJob
	files := map[*diff.LiveJob]string{}
	named := map[string][]*diff.LiveJob{}
	for _, job := range listing.Jobs {
		named[job.Name] = append(named[job.Name], job)
	}
	for _, job := range listing.Jobs {
		address := project.Alias + "/job/" + job.Name
		if twins := named[job.Name]; len(twins) > 1 && !x.isPinned(project, job) {
			if x.matches(job.Name) {
				x.problem(address, twinsProblem(job, twins))
			}
			continue
		}
		file, err := x.layout.File(project.Alias, job.Name, address)
		if err != nil {
			return &failure{exitInvalid, err}
		}
		files[job] = file
		if !x.matches(job.Name) {
			continue
		}
		if x.declared(project, job) != nil && !x.on("verify") && !x.on("force") {
			x.report.Kept++
			continue
		}
		wanted = append(wanted, job)
	}
	shown := x.newExportProgress(project.Alias, len(wanted))
	defer shown.close()
	for job := range export.Read(ctx, x.service, wanted, export.ReadOptions{Parallel: x.number("parallelism")}) {
		if err := x.job(ctx, project, job, files[job]); err != nil {
			return err
		}
		shown.step()
	}
	return nil
}

func (x *exporting) matches(name string) bool {
	globs := x.texts("only")
	return len(globs) == 0 || slices.ContainsFunc(globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, name) })
}

// twinsProblem says what to do about one of several live jobs of one name.
// Definitions cannot hold two of them: a name is what identifies a job there.
func twinsProblem(job *diff.LiveJob, twins []*diff.LiveJob) string {
	var others []string
	for _, twin := range twins {
		if twin != job {
			others = append(others, twin.ID)
		}
	}
	return fmt.Sprintf("the project has %d live jobs of this name, this one with the id %s (the others: %s); rename or delete all but one on the service and export again",
		len(twins), job.ID, strings.Join(others, ", "))
}

// isPinned tells whether a definition names a live job by its id.
func (x *exporting) isPinned(project export.Project, live *diff.LiveJob) bool {
	return slices.ContainsFunc(x.w.result.Jobs, func(job *compile.Job) bool { return job.ProjectID == project.ID && job.ID == live.ID })
}

// declared is the definition that a live job has already.
func (x *exporting) declared(project export.Project, live *diff.LiveJob) *compile.Job {
	for _, job := range x.w.result.Jobs {
		if job.ProjectID == project.ID && (job.Name == live.Name || job.ID == live.ID) {
			return job
		}
	}
	return nil
}

func (x *exporting) job(ctx context.Context, project export.Project, live *diff.LiveJob, file string) error {
	address := project.Alias + "/job/" + live.Name
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case live.ReadErr != nil && halting(live.ReadErr):
		return fmt.Errorf("reading %s: %w", address, live.ReadErr)
	case live.ReadErr != nil:
		x.problem(address, "it could not be read: "+live.ReadErr.Error())
		return nil
	}
	x.live = append(x.live, live)
	if job := x.declared(project, live); job != nil {
		return x.update(job, live)
	}
	definition, err := x.exporter.Job(project, live)
	if err != nil {
		x.problem(address, err.Error())
		return nil
	}
	return x.keep(definition, file)
}

// update brings a definition that exists to what is live, where --force allows
// it.
func (x *exporting) update(job *compile.Job, live *diff.LiveJob) error {
	if !x.on("force") {
		x.report.Kept++
		return nil
	}
	vars, err := x.variables()
	if err != nil {
		return err
	}
	files, err := x.exporter.Update(x.w.set, job, live, compile.Options{Vars: vars, Catalogue: x.w.catalogue})
	switch {
	case err != nil:
		x.problem(job.Address, err.Error())
		return nil
	case len(files) == 0:
		x.report.Kept++
		return nil
	}
	for _, file := range files {
		if err := x.writeDefinitions(file.Name, file.Text); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(x.stdout, "edited %s\n", sanitize.Line(file.Name, 0)); err != nil {
			return err
		}
	}
	x.report.Updated++
	x.w, err = x.open() // places have moved
	return err
}

// halting tells whether every further read would fail as well.
func halting(err error) bool {
	for _, sentinel := range []error{client.ErrUnauthorized, client.ErrRouteMissing, client.ErrRedirect, client.ErrCertificate, client.ErrWrongObject} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

func (x *exporting) problem(address, reason string) {
	x.report.Problems = append(x.report.Problems, exportProblem{address, reason})
}

// keep writes a definition into a file of its own, its secrets declared first:
// the workspace stays whole whenever the run ends.
func (x *exporting) keep(d *export.Definition, file string) error {
	full := filepath.Join(x.w.dir, filepath.FromSlash(file))
	if _, err := os.Lstat(full); !errors.Is(err, fs.ErrNotExist) {
		x.problem(d.Address, file+" exists and defines something else; move it away")
		return nil
	}
	text, scripts := d.Source(x.schemaOf(file), x.layout.ScriptFolder(file))
	for _, script := range scripts {
		// The same text is what an earlier run left when it was ended.
		have, err := os.ReadFile(filepath.Join(x.w.dir, filepath.FromSlash(script.Name)))
		if err == nil && !bytes.Equal(have, script.Text) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			x.problem(d.Address, script.Name+" exists and says something else; move it away")
			return nil
		}
	}
	if err := x.declareSecrets(d); err != nil {
		return err
	}
	for _, script := range scripts {
		if err := x.writeDefinitions(script.Name, script.Text); err != nil {
			return err
		}
	}
	if err := x.writeDefinitions(file, text); err != nil {
		return err
	}
	x.report.Written = append(x.report.Written, exported{d.Address, file})
	x.report.Secrets = append(x.report.Secrets, d.Secrets...)
	for _, path := range d.Withheld {
		x.report.Withheld = append(x.report.Withheld, d.Address+" "+path)
	}
	_, err := fmt.Fprintf(x.stdout, "wrote %s\n", sanitize.Line(file, 0))
	return err
}

// writeDefinitions writes a file of the workspace, and the folders that it
// needs.
func (x *exporting) writeDefinitions(name string, text []byte) error {
	full := filepath.Join(x.w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return writeFileMode(full, text, 0o644)
}

func (x *exporting) declareSecrets(d *export.Definition) error {
	if len(d.Secrets) == 0 {
		return nil
	}
	var names []string
	for _, secret := range d.Secrets {
		names = append(names, secret.Name)
	}
	return editWorkspace(x.w.dir, func(text []byte) ([]byte, error) { return export.DeclareSecrets(text, names) })
}

// schemaOf is the path from a file to the schema that init keeps for editors,
// "" where there is none.
func (x *exporting) schemaOf(file string) string {
	const schema = ".schemas/definitions.schema.json"
	if _, err := os.Stat(filepath.Join(x.w.dir, filepath.FromSlash(schema))); err != nil {
		return ""
	}
	relative, err := filepath.Rel(filepath.Dir(filepath.FromSlash(file)), filepath.FromSlash(schema))
	if err != nil {
		return ""
	}
	return filepath.ToSlash(relative)
}

// templates exports the caller's own build templates.
func (x *exporting) templates(ctx context.Context) error {
	all, err := export.Templates(ctx, x.service)
	if err != nil {
		return fmt.Errorf("reading the templates: %w", err)
	}
	for i, live := range all {
		if !x.matches(live.Name) {
			continue
		}
		address := "template/" + live.Name
		if i > 0 && all[i-1].Name == live.Name || i+1 < len(all) && all[i+1].Name == live.Name {
			x.problem(address, fmt.Sprintf("several of your templates have this name; the one with the uuid %s is not exported", live.UUID))
			continue
		}
		x.verified = append(x.verified, live)
		if slices.ContainsFunc(x.w.result.Templates, func(t *compile.Template) bool { return t.Name == live.Name }) {
			x.report.Kept++
			continue
		}
		definition, err := x.exporter.Template(live)
		if err != nil {
			x.problem(address, err.Error())
			continue
		}
		file, err := x.layout.File("templates", live.Name, address)
		if err != nil {
			return &failure{exitInvalid, err}
		}
		if err := x.keep(definition, file); err != nil {
			return err
		}
	}
	return nil
}
