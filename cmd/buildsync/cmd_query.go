package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) queryCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "query",
		Usage:     "find values in all jobs, and where they come from",
		ArgsUsage: "CONDITION…",
		Description: about(`Lists the values of compiled jobs that fulfil a condition, each with the place that it is
written in. A condition is PATH (the job has such a value), PATH=GLOB or PATH!=GLOB; paths are
those that plans print (docs/paths.md). --where adds conditions that must hold too: a condition
about the same item, such as steps[*] in both, is about that very item.

--by source counts the values by the place that says them: a template, a default, a variable.
--missing lists the jobs that have no such value. --live asks the live jobs, managed or not.
--format files prints the names of the files, for a pipe.

Exit codes: 0 done, also where nothing was found; 1 the live jobs could not be read; 3 invalid
input; 6 some live jobs could not be read.`,
			`buildsync query 'steps[*].image=maven3.5.3*'`,
			`buildsync query 'steps[*].image' --where 'arch=arm' --by source`,
			"buildsync query timeout --missing --live"),
		Flags: append(selectionFlags(),
			&cli.StringFlag{Name: "by", Usage: "count by `WHAT`: source or value"},
			&cli.BoolFlag{Name: "missing", Usage: "the jobs that have no such value", DisableDefaultText: true},
			&cli.BoolFlag{Name: "live", Usage: "ask the live jobs", DisableDefaultText: true},
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text, json or files", Value: "text"},
			&cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"}),
	}, (*invocation).query)
}

// selectionFlags choose jobs for query and set.
func selectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "where", Usage: "only jobs with `CONDITION`: PATH, PATH=GLOB or PATH!=GLOB; repeat it for and"},
		&cli.StringSliceFlag{Name: "only", Usage: "only jobs whose name matches `GLOB`"},
		labelFlag(),
	}
}

// asked is what a query asks for.
type asked struct {
	conditions, where []bulk.Condition
	only              []string
	labels            compile.LabelTerms
}

func (in *invocation) asked(words []string) (a asked, err error) {
	if len(words) == 0 {
		return a, kit.UsageError{Text: in.Flags.Command.HelpName + " needs a condition, such as 'steps[*].image=maven3.5*'"}
	}
	if a.conditions, err = conditions(words); err != nil {
		return a, err
	}
	if a.where, err = conditions(in.Texts("where")); err != nil {
		return a, err
	}
	if a.labels, err = in.labels(); err != nil {
		return a, err
	}
	a.only = in.Texts("only")
	for _, glob := range a.only {
		if !doublestar.ValidatePattern(glob) {
			return a, kit.UsageError{Text: fmt.Sprintf("--only %q is not a valid pattern for names", glob)}
		}
	}
	return a, nil
}

func conditions(words []string) (list []bulk.Condition, err error) {
	for _, word := range words {
		c, err := bulk.ParseCondition(word)
		if err != nil {
			return nil, kit.UsageError{Text: err.Error()}
		}
		list = append(list, c)
	}
	return list, nil
}

// selects reports whether --only and --project let a job in.
func (in *invocation) selects(a asked, name, address string) bool {
	if word := in.Text("project"); word != "" && !strings.HasPrefix(address, word+"/") {
		return false
	}
	return len(a.only) == 0 || slices.ContainsFunc(a.only, func(glob string) bool { return doublestar.MatchUnvalidated(glob, name) })
}

func (in *invocation) query() error {
	outputs, err := in.Outputs("text", "json", "files")
	if err != nil {
		return err
	}
	a, err := in.asked(in.Flags.Args().Slice())
	if err != nil {
		return err
	}
	if by := in.Text("by"); by != "" && by != "source" && by != "value" {
		return kit.UnknownWord("--by", by, []string{"source", "value"})
	}
	if in.On("live") {
		if in.Text("by") == "source" || in.Text("format") == "files" {
			return kit.UsageError{Text: "--live: live jobs are in no file; leave out --by source and --format files"}
		}
		if len(a.labels) > 0 {
			return kit.UsageError{Text: "--live: live jobs have no labels; leave out --label"}
		}
		return in.withProjects(in.openToFill, func(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project) error {
			objects, unread, err := in.liveObjects(ctx, w, service, projects, a)
			if err != nil {
				return err
			}
			if err := in.answer(outputs, w, a, objects); err != nil || !unread {
				return err
			}
			return said(exitPartial)
		})
	}
	w, err := in.open()
	if err != nil {
		return err
	}
	var objects []*bulk.Object
	for _, job := range w.Result.Jobs {
		if in.selects(a, job.Name, job.Address) && a.labels.Select(job) {
			shown := *job
			shown.Body = screen.Redacted(job.Body, w.Catalogue, nil)
			objects = append(objects, bulk.OfJob(&shown))
		}
	}
	return in.answer(outputs, w, a, objects)
}

// liveObjects reads the live jobs; unread reports that some could not be read.
func (in *invocation) liveObjects(ctx context.Context, w *workspace.Workspace, service *service, projects []export.Project, a asked) (objects []*bulk.Object, unread bool, err error) {
	for _, project := range projects {
		listing, err := exporting.ListJobs(ctx, service, project)
		if err != nil {
			return nil, false, err
		}
		if !listing.Complete {
			unread = true
			in.Printf("buildsync: the listing of %s is not complete: %s\n", project.Alias, listing.Problem)
		}
		jobs := slices.DeleteFunc(listing.Jobs, func(live *diff.LiveJob) bool { return !in.selects(a, live.Name, project.Alias+"/") })
		for job, err := range in.readJobs(ctx, service, project, jobs) {
			if err != nil {
				return nil, false, err
			}
			address := project.Alias + "/job/" + job.Name
			if job.ReadErr != nil {
				unread = true
				in.Printf("buildsync: reading %s: %v\n", address, job.ReadErr)
				continue
			}
			objects = append(objects, bulk.OfBody(job.Name, address, in.redacted(job.Body, w.Catalogue), compile.LiveNotices(job.Notices), !job.Item.Disabled))
		}
	}
	return objects, unread, nil
}

// answer finds and prints what was asked for.
func (in *invocation) answer(outputs []kit.Output, w *workspace.Workspace, a asked, objects []*bulk.Object) error {
	q := bulk.Question{Asked: a.conditions, Where: a.where, Missing: in.On("missing")}
	q.Sources = in.Text("by") == "source" || slices.ContainsFunc(outputs, func(o kit.Output) bool { return o.Format == "files" })
	found, err := bulk.Query(w.Loaded, objects, q)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	if len(found) == 0 && !q.Missing {
		for _, c := range a.conditions {
			if near := bulk.Nearest(objects, c); near != "" {
				in.Printf("No job has a value at %s; did you mean %s?\n", c.Path.String(), near)
			}
		}
	}
	jobs := map[string]bool{}
	rows := make([]pages.FoundValue, 0, len(found))
	for _, f := range found {
		row := pages.FoundValue{Job: f.Job, Path: f.Path, Value: f.Value, Source: f.Source}
		if f.At.File != "" {
			row.File, row.Line, row.Column = w.Shown(f.At.File), f.At.Line, f.At.Column
		}
		jobs[f.Job] = true
		rows = append(rows, row)
	}
	return in.printFound(outputs, w, rows, len(jobs))
}

func (in *invocation) printFound(outputs []kit.Output, w *workspace.Workspace, rows []pages.FoundValue, jobs int) error {
	names := map[string]bool{}
	for _, row := range rows {
		if row.Source.File != "" {
			names[row.Source.File] = true
		}
	}
	files := []string{}
	for name := range names {
		files = append(files, w.Shown(name))
	}
	slices.Sort(files)
	r := screen.Reply{Doc: map[string]any{"format_version": "1.0", "jobs": jobs, "values": append([]pages.FoundValue{}, rows...)}, Text: func(out *screen.Paper) { pages.WriteFound(out, rows, jobs) }}
	if by := in.Text("by"); by != "" {
		groups := pages.GroupFound(rows, by, w)
		r = screen.Reply{Doc: map[string]any{"format_version": "1.0", "jobs": jobs, "groups": append([]pages.FoundGroup{}, groups...)}, Text: func(out *screen.Paper) { pages.WriteGroups(out, groups, by, jobs) }}
	}
	return in.Write(outputs, func(to io.Writer, o kit.Output) error {
		if o.Format == "files" {
			for _, file := range files {
				if _, err := io.WriteString(to, file+"\n"); err != nil {
					return err
				}
			}
			return nil
		}
		return in.printTo(to, o, nil, r)
	})
}
