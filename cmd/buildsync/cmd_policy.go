package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) policyCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "policy",
		Usage: "check the organisation's own rules, and test them",
		Description: about(`Policies say what every job must hold: an owner, a scan, an image of your own. They stand in
policies/*.yaml, or where policies: of buildsync.yaml says (docs/policies.md). lint, plan and
apply check them too: a policy with severity error refuses a plan with code 5.`,
			"buildsync policy check",
			"buildsync policy check --live",
			"buildsync policy test"),
		Subcommands: []*cli.Command{p.policyCheckCommand(), p.policyTestCommand()},
	}, nil)
}

func (p *program) policyCheckCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "check",
		Usage: "list the jobs that break a policy",
		Description: about(`Judges the jobs that the definitions compile to, or with --live all live jobs, whether a
definition declares them or not. A live job has the owner and the labels of its definition.

Exit codes: 0 no findings at or above --fail-on; 1 the live jobs could not be read; 2 findings;
3 invalid input, errors in the definitions or in a file of policies; 6 some live jobs could not
be read.`,
			"buildsync policy check",
			"buildsync policy check --live --project shop --format json"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "live", Usage: "judge the live jobs", DisableDefaultText: true},
			&cli.StringSliceFlag{Name: "only", Usage: "only jobs whose name matches `GLOB`"},
			labelFlag(),
			&cli.StringFlag{Name: "fail-on", Usage: "the mildest `SEVERITY` that ends with code 2: info, warning, error, or never", Value: "error"},
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"},
			&cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"},
		},
	}, (*invocation).policyCheck)
}

func (p *program) policyTestCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "test",
		Usage:     "run the fixtures of policies",
		ArgsUsage: "[NAME…]",
		Description: about(`A fixture is a file of definitions in tests/NAME beside the file of the policy NAME. In ok*.yaml
no job may break the policy, in bad*.yaml every job must. Templates and fragments of the
workspace can be used; its jobs, and exceptions, are left out.

Exit codes: 0 all fixtures show what their names say; 2 some do not; 3 invalid input.`,
			"buildsync policy test",
			"buildsync policy test scan-everywhere"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"},
			&cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"},
		},
	}, (*invocation).policyTest)
}

// today is the date by which exceptions expire.
func today() string { return time.Now().Format(time.DateOnly) }

// loadPolicies reads the policies of a workspace. Errors in them are printed, and end the command
// with code 3.
func (in *invocation) loadPolicies(w *workspace.Workspace) (*policy.Set, error) {
	set, found := policy.Load(w.Tree, w.Set.Workspace, w.Catalogue)
	if w.Result != nil {
		found = append(found, set.UnknownNames(w.Result.Declared)...)
	}
	if err := in.report(found, w); err != nil {
		return nil, err
	}
	if found.HasErrors() {
		return nil, said(exitInvalid)
	}
	return set, nil
}

// judge returns the policies' refusals of a plan's jobs.
func (in *invocation) judge(set *policy.Set) func([]*compile.Job) []diff.Refusal {
	if len(set.Policies) == 0 || in.Flags.Command.Name == "drift" { // drift asks another question
		return nil
	}
	return func(jobs []*compile.Job) (refusals []diff.Refusal) {
		verdict := set.Refuse(jobs, today())
		for _, r := range verdict.Refusals {
			refusals = append(refusals, diff.Refusal{Rule: diff.RulePolicy, Message: r.Message})
		}
		if verdict.Milder > 0 {
			in.Note("policies: %s in %s; buildsync policy check lists them", sanitize.Counted(verdict.Milder, "finding"), sanitize.Counted(verdict.Jobs, "job"))
		}
		return refusals
	}
}

// notesOfPolicies returns which policies of the base were removed or changed: the plan is judged by
// those that are checked out.
func (in *invocation) notesOfPolicies(ctx context.Context, w *workspace.Workspace, r *workspace.Revisions, now *policy.Set) (notes []string) {
	if in.Flags.Command.Name == "drift" || r.Base == nil || r.Base.Commit == "" || r.Repo == nil || r.Base.Commit == r.Head.Commit && !r.Head.Dirty {
		return nil
	}
	tree, err := r.Repo.Tree(ctx, r.Base.Commit)
	if err != nil {
		return nil // whoever needs the base has said it
	}
	defer tree.Close()
	then, _ := spec.LoadWorkspace(tree, spec.Options{Environment: in.Text("env")})
	if then == nil {
		return nil
	}
	before, _ := policy.Load(tree, then, w.Catalogue)
	gone, changed := now.Since(before)
	if len(gone) > 0 {
		notes = append(notes, "policies removed since the base: "+sanitize.Line(strings.Join(gone, ", "), 500))
	}
	if len(changed) > 0 {
		notes = append(notes, "policies changed since the base: "+sanitize.Line(strings.Join(changed, ", "), 500))
	}
	return notes
}

// chosenJobs selects the jobs for policy check.
type chosenJobs struct {
	projects, only []string
	labels         compile.LabelTerms
}

func (in *invocation) chosenJobs(w *workspace.Workspace) (c chosenJobs, err error) {
	if word := in.Text("project"); word != "" {
		c.projects = []string{word}
	}
	if err := checkProjects(w, c.projects); err != nil {
		return c, err
	}
	for _, glob := range in.Texts("only") {
		if !doublestar.ValidatePattern(glob) {
			return c, kit.UsageError{Text: fmt.Sprintf("--only %q is not a valid pattern for names", glob)}
		}
		c.only = append(c.only, glob)
	}
	c.labels, err = in.labels()
	return c, err
}

// has reports whether a job is chosen; definition is nil for a live job that
// nothing declares.
func (c *chosenJobs) has(name, alias, projectID string, definition *compile.Job) bool {
	switch {
	case len(c.projects) > 0 && !slices.Contains(c.projects, alias) && !slices.Contains(c.projects, projectID):
		return false
	case len(c.only) > 0 && !slices.ContainsFunc(c.only, func(glob string) bool { return doublestar.MatchUnvalidated(glob, name) }):
		return false
	case len(c.labels) == 0:
		return true
	}
	return definition != nil && c.labels.Select(definition)
}

func (c *chosenJobs) isAll() bool { return len(c.projects)+len(c.only)+len(c.labels) == 0 }

func (in *invocation) policyCheck() error {
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	if _, err := in.Args(0); err != nil {
		return err
	}
	failOn, err := in.OneOf("fail-on", "error", "warning", "info", "never")
	if err != nil {
		return err
	}
	var report *policy.Report
	if in.On("live") {
		err = in.withProjects(in.openToFill, func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error {
			report, err = in.judgeLive(ctx, w, service, projects)
			return err
		})
	} else {
		report, err = in.judgeDefinitions()
	}
	if err != nil {
		return err
	}
	report.Sort()
	if err := in.print(outputs, nil, screen.Reply{Doc: report, Text: func(out *screen.Paper) { pages.WritePolicyReport(out, report) }}); err != nil {
		return err
	}
	switch {
	case report.Unread > 0:
		return said(exitPartial)
	case report.Worst() > 0 && report.Worst() >= failingSeverity(failOn):
		return said(exitDifferent)
	}
	return nil
}

// judgeDefinitions judges what the definitions compile to.
func (in *invocation) judgeDefinitions() (*policy.Report, error) {
	w, err := in.open()
	if err != nil {
		return nil, err
	}
	set, err := in.loadPolicies(w)
	if err != nil {
		return nil, err
	}
	chosen, err := in.chosenJobs(w)
	if err != nil {
		return nil, err
	}
	places := policy.PlacesIn(w.Set)
	report, run := set.NewReport(), set.NewRun(today())
	for _, job := range w.Result.Jobs {
		if chosen.has(job.Name, job.Project, job.ProjectID, job) {
			subject := set.OfJob(job)
			report.Add(subject, run.Judge(subject), places)
		}
	}
	report.AddOwn(run.Exceptions(chosen.isAll()))
	if chosen.isAll() {
		report.AddOwn(run.Idle())
	}
	for i := range report.Findings {
		if f := &report.Findings[i]; f.File != "" {
			f.File = w.Shown(f.File)
		}
	}
	return report, nil
}

// judgeLive judges the live jobs, managed or not.
func (in *invocation) judgeLive(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) (*policy.Report, error) {
	set, err := in.loadPolicies(w)
	if err != nil {
		return nil, err
	}
	chosen, err := in.chosenJobs(w)
	if err != nil {
		return nil, err
	}
	set.KnowFragments(w.Set.Files)
	report, run := set.NewReport(), set.NewRun(today())
	for _, project := range projects {
		listing, err := exporting.ListJobs(ctx, service, project)
		if err != nil {
			return nil, err
		}
		if !listing.Complete {
			report.Unread++
			in.Printf("buildsync: the listing of %s is not complete: %s\n", project.Alias, listing.Problem)
		}
		jobs := slices.DeleteFunc(listing.Jobs, func(live *diff.LiveJob) bool {
			return !chosen.has(live.Name, project.Alias, project.ID, w.DefinitionOf(live))
		})
		for live, err := range in.readJobs(ctx, service, project, jobs) {
			if err != nil {
				return nil, err
			}
			address := compile.JobAddress(project.Alias, live.Name)
			if live.ReadErr != nil {
				report.Unread++
				in.Printf("buildsync: reading %s: %v\n", address, live.ReadErr)
				continue
			}
			subject := set.OfLive(policy.Live{
				Name: live.Name, Project: project.Alias, Address: address, Definition: w.DefinitionOf(live),
				Body: in.redacted(live.Body, w.Catalogue), Notices: live.Notices, Enabled: !live.Item.Disabled,
			})
			report.Add(subject, run.Judge(subject), nil)
		}
	}
	return report, nil
}

func (in *invocation) policyTest() error {
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	names := in.Flags.Args().Slice()
	w, err := in.openBy(loadToFill)
	if err != nil {
		return err
	}
	set, err := in.loadPolicies(w)
	if err != nil {
		return err
	}
	for _, name := range names {
		if p, near := set.ByName(name); p == nil {
			return unknownPolicy(name, near)
		}
	}
	vars, err := in.variables()
	if err != nil {
		return err
	}
	results, untested, err := set.Test(w.Set, vars, names)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	for _, r := range results {
		if err := in.report(r.Found, w); err != nil {
			return err
		}
	}
	doc := pages.PolicyTestsOf(results, untested)
	if err := in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text}); err != nil {
		return err
	}
	if doc.Failed > 0 {
		return said(exitDifferent)
	}
	return nil
}

func unknownPolicy(name, near string) error {
	text := fmt.Sprintf("there is no policy %q", name)
	if near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return kit.UsageError{Text: text}
}

// explainPolicy prints the purpose of a policy and its place.
func (in *invocation) explainPolicy(outputs []kit.Output, name string) error {
	w, err := in.openBy(loadToFill)
	if err != nil {
		return err
	}
	set, err := in.loadPolicies(w)
	if err != nil {
		return err
	}
	p, near := set.ByName(name)
	if p == nil {
		return unknownPolicy(name, near)
	}
	doc := pages.PolicyOf(p, w.Shown(p.At.Start.File))
	return in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text})
}
