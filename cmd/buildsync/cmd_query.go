package main

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type queryOptions struct {
	conditionOptions
	by            string
	missing, live bool
}

func (p *program) queryCommand() *cli.Command {
	var o queryOptions
	return p.command(&cli.Command{
		Name:      "query",
		Usage:     "find values in all jobs, and where they come from",
		ArgsUsage: "CONDITION…",
		Description: about(`Lists the values of compiled jobs that match a condition, each with the place where it is written. A
condition is PATH (the job has such a value), PATH=GLOB or PATH!=GLOB; paths are those that plans
print (docs/paths.md). --where adds conditions that must match too. If both name the same item, such
as steps[*], one item must match both.

--by source counts the values by the place where they are written: a template, a default, a
variable. --missing lists the jobs that have no such value. --live reads the live jobs, managed or
not. --format files prints the names of the files, for a pipe.

Exit codes: 0 done, also if nothing was found; 1 the live jobs could not be read; 3 invalid input; 6
some live jobs could not be read.`,
			`buildsync query 'steps[*].image=maven3.5.3*'`,
			`buildsync query 'steps[*].image' --where 'arch=arm' --by source`,
			"buildsync query timeout --missing --live"),
		Flags: []cli.Flag{
			o.whereFlag(), o.onlyFlag("jobs"), o.labelFlag(),
			&cli.StringFlag{Name: "by", Destination: &o.by, Usage: "count by `WHAT`: source or value"},
			&cli.BoolFlag{Name: "missing", Destination: &o.missing, Usage: "list the jobs that have no such value", DisableDefaultText: true},
			&cli.BoolFlag{Name: "live", Destination: &o.live, Usage: "read the live jobs", DisableDefaultText: true},
			formatFlag("text", "json", "files"), outFlag(),
		},
	}, func(in *invocation) error { return in.query(&o) })
}

// conditionOptions choose jobs for query and set.
type conditionOptions struct {
	selectionOptions
	where cli.StringSlice
}

func (o *conditionOptions) whereFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "where", Destination: &o.where, Usage: "only jobs with `CONDITION`: PATH, PATH=GLOB or PATH!=GLOB; repeat it for and"}
}

func conditions(words []string) ([]bulk.Condition, error) {
	list, err := bulk.ParseConditions(words)
	if err != nil {
		return nil, kit.UsageError{Text: err.Error()}
	}
	return list, nil
}

func (in *invocation) query(o *queryOptions) error {
	outputs, err := in.Outputs("text", "json", "files")
	if err != nil {
		return err
	}
	if in.Flags.NArg() == 0 {
		return kit.UsageError{Text: in.Flags.Command.HelpName + " needs a condition, such as 'steps[*].image=maven3.5*'"}
	}
	q := bulk.Question{Missing: o.missing}
	if q.Asked, err = conditions(in.Flags.Args().Slice()); err != nil {
		return err
	}
	if q.Where, err = conditions(o.where.Value()); err != nil {
		return err
	}
	selection, err := in.selection(&o.selectionOptions)
	if err != nil {
		return err
	}
	if err := kit.CheckWord("by", o.by, "source", "value"); err != nil && o.by != "" {
		return err
	}
	if o.live {
		return in.queryLive(o, outputs, q, selection)
	}
	w, err := in.open()
	if err == nil {
		selection, err = in.checkedSelection(w, &o.selectionOptions)
	}
	if err != nil {
		return err
	}
	var objects []*bulk.Object
	for _, job := range w.Result.Jobs {
		if selection.HasJob(job) {
			shown := *job
			objects = append(objects, bulk.OfJob(shown.WithBody(screen.Redacted(job.Body(), w.Catalogue, nil))))
		}
	}
	return in.answer(o, outputs, w, q, objects)
}

// queryLive asks the live jobs.
func (in *invocation) queryLive(o *queryOptions, outputs []kit.Output, q bulk.Question, selection compile.Selection) error {
	if o.by == "source" || slices.ContainsFunc(outputs, func(to kit.Output) bool { return to.Format == "files" }) {
		return kit.UsageError{Text: "--live: live jobs are in no file; leave out --by source and --format files"}
	}
	if len(selection.Labels) > 0 {
		return kit.UsageError{Text: "--live: live jobs have no labels; leave out --label"}
	}
	return in.withProjects(in.openToFill, func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error {
		survey := in.survey(service, projects)
		survey.Only.Globs = selection.Only
		var objects []*bulk.Object
		for job, err := range survey.Jobs(ctx) {
			if err != nil {
				return err
			}
			objects = append(objects, bulk.OfBody(job.Name, job.Address, in.redacted(job.Body, w.Catalogue), compile.LiveNotices(job.Notices), !job.Item.Disabled))
		}
		if err := survey.Only.Check(); err != nil {
			return err
		}
		if err := in.answer(o, outputs, w, q, objects); err != nil || survey.Problems == 0 {
			return err
		}
		return said(exitPartial)
	})
}

// answer finds and prints what was asked for.
func (in *invocation) answer(o *queryOptions, outputs []kit.Output, w *workspace.Workspace, q bulk.Question, objects []*bulk.Object) error {
	found, err := bulk.Query(w.Loaded, objects, q)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	if len(found) == 0 && !q.Missing {
		for _, c := range q.Asked {
			if near := bulk.Nearest(objects, c); near != "" {
				in.Printf("No job has a value at %s; did you mean %s?\n", c.Path.String(), near)
			}
		}
	}
	answer := pages.AnswerOf(w, found, o.by)
	return in.printOrList(outputs, nil, answer.Reply(), answer.Files)
}
