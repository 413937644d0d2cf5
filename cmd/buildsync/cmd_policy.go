package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/judging"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/workspace"

	"github.com/buildsync/buildsync/pkg/spec"
)

func (p *program) policyCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "policy",
		Usage: "check the organisation's own rules, and test them",
		Description: about(`Policies say what every job must have: an owner, a scan, an image from your registry. They are in
policies/*.yaml, or where policies: of buildsync.yaml says (docs/policies.md). lint, plan and apply
check them too: a policy with severity error refuses a plan with code 5.`,
			"buildsync policy check",
			"buildsync policy check --live",
			"buildsync policy test"),
		Subcommands: []*cli.Command{p.policyCheckCommand(), p.policyTestCommand()},
	}, nil)
}

type policyCheckOptions struct {
	selectionOptions
	live   bool
	failOn string
}

func (p *program) policyCheckCommand() *cli.Command {
	var o policyCheckOptions
	return p.command(&cli.Command{
		Name:  "check",
		Usage: "list the jobs that break a policy",
		Description: about(`Checks the jobs that the definitions compile to, or with --live all live jobs, also those without a
definition. A live job has the owner and the labels of its definition.

Exit codes: 0 no findings at or above --fail-on; 1 the live jobs could not be read; 2 findings;
3 invalid input, errors in the definitions or in a file of policies; 6 some live jobs could not
be read.`,
			"buildsync policy check",
			"buildsync policy check --live --project shop --format json"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "live", Destination: &o.live, Usage: "check the live jobs", DisableDefaultText: true},
			o.onlyFlag("jobs"), o.labelFlag(), failOnFlag(&o.failOn), formatFlag("text", "json"), outFlag(),
		},
	}, func(in *invocation) error { return in.policyCheck(&o) })
}

func (p *program) policyTestCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "test",
		Usage:     "run the fixtures of policies",
		ArgsUsage: "[NAME…]",
		Description: about(`A fixture is a file of definitions in tests/NAME beside the file of the policy NAME. In ok*.yaml no
job may break the policy, in bad*.yaml every job must. A fixture can use templates and fragments of
the workspace. Its jobs and the policy's exceptions do not count.

Exit codes: 0 all fixtures pass; 2 some fail; 3 invalid input.`,
			"buildsync policy test",
			"buildsync policy test scan-everywhere"),
		Flags: []cli.Flag{formatFlag("text", "json"), outFlag()},
	}, (*invocation).policyTest)
}

// today returns the date by which exceptions expire.
func today() string { return time.Now().Format(time.DateOnly) }

// judge opens the policies of a workspace. Errors in them are printed, and end the command with
// code 3.
func (in *invocation) judge(w *workspace.Workspace) (*judging.Judge, error) {
	judge, found := judging.Open(w, today())
	if err := in.report(found, w); err != nil {
		return nil, err
	}
	if found.HasErrors() {
		return nil, said(exitInvalid)
	}
	return judge, nil
}

func (in *invocation) policyCheck(o *policyCheckOptions) error {
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	if _, err := in.Args(0); err != nil {
		return err
	}
	if err := checkFailOn(o.failOn); err != nil {
		return err
	}
	report, err := in.judged(o)
	if err != nil {
		return err
	}
	if err := in.print(outputs, nil, screen.Reply{Doc: report, Text: func(out *screen.Paper) { pages.WritePolicyReport(out, report) }}); err != nil {
		return err
	}
	switch {
	case report.Unread > 0:
		return said(exitPartial)
	case report.Worst() > 0 && report.Worst() >= failingSeverity(o.failOn):
		return said(exitDifferent)
	}
	return nil
}

// judged judges the definitions, or with --live the live jobs.
func (in *invocation) judged(o *policyCheckOptions) (report *policy.Report, err error) {
	if o.live {
		err = in.withProjects(in.openToFill, func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error {
			judge, selection, err := in.judgeOfSelected(w, o)
			if err != nil {
				return err
			}
			survey := in.survey(service, projects)
			survey.Only.Globs = selection.Only
			report, err = judge.Live(ctx, survey, selection, func(body *jsontree.Value) *jsontree.Value { return in.redacted(body, w.Catalogue) })
			return cmp.Or(err, survey.Only.Check())
		})
		return report, err
	}
	w, err := in.open()
	if err != nil {
		return nil, err
	}
	judge, selection, err := in.judgeOfSelected(w, o)
	if err == nil {
		err = selection.CheckNames(w.Result)
	}
	if err != nil {
		return nil, err
	}
	return judge.Definitions(selection), nil
}

func (in *invocation) judgeOfSelected(w *workspace.Workspace, o *policyCheckOptions) (*judging.Judge, compile.Selection, error) {
	judge, err := in.judge(w)
	if err != nil {
		return nil, compile.Selection{}, err
	}
	selection, err := in.selection(&o.selectionOptions)
	if err == nil {
		err = in.checkProject(w)
	}
	return judge, selection, err
}

func (in *invocation) policyTest() error {
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	names := in.Flags.Args().Slice()
	w, err := in.openToFill()
	if err != nil {
		return err
	}
	judge, err := in.judge(w)
	if err != nil {
		return err
	}
	for _, name := range names {
		if p, near := judge.Policies.ByName(name); p == nil {
			return unknownPolicy(name, near)
		}
	}
	vars, err := in.variables()
	if err != nil {
		return err
	}
	results, untested, err := judge.Policies.Test(w.Set, vars, names)
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
	return kit.UsageError{Text: spec.WithSuggestion(fmt.Sprintf("there is no policy %q", name), near)}
}

// explainPolicy prints the purpose of a policy and its place.
func (in *invocation) explainPolicy(outputs []kit.Output, name string) error {
	w, err := in.openToFill()
	if err != nil {
		return err
	}
	judge, err := in.judge(w)
	if err != nil {
		return err
	}
	p, near := judge.Policies.ByName(name)
	if p == nil {
		return unknownPolicy(name, near)
	}
	doc := pages.PolicyOf(p, w.Shown(p.At.Start.File))
	return in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text})
}
