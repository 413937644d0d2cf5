package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jobs"
)

type jobRunOptions struct {
	followOptions
	param        cli.StringSlice
	commit, tag  string
	wait, follow bool
}

func (p *program) jobRunCommand() *cli.Command {
	var o jobRunOptions
	return p.command(&cli.Command{
		Name:      "run",
		Usage:     "start a build",
		ArgsUsage: "JOB",
		Description: about(`Starts a build of a job (API reference 4.6). A parameter must be one that the job declares. To
keep a value out of the command line, write --param NAME alone: it is read from the
environment variable NAME.

With --wait the command ends when the build does. With --follow it prints the log as it
grows too, on stdout (on stderr with --format json). After Ctrl-C the build goes on.

Exit codes: 0 started, or with --wait succeeded; 1 not started; 3 invalid input; 6 with --wait the
build did not succeed, or its result is not known; 130 interrupted.`,
			"buildsync job run maven-package",
			"buildsync job run --param version=1.2.0 --tag v1.2.0 --follow maven-package",
			"buildsync job run --param NEXUS_TOKEN --wait --format json maven-package"),
		Flags: objectFlags(append([]cli.Flag{
			&cli.StringSliceFlag{Name: "param", Destination: &o.param, Usage: "a build parameter `NAME=VALUE`, or NAME for the value of the environment variable"},
			&cli.StringFlag{Name: "commit", Destination: &o.commit, Usage: "build the commit `ID`"},
			&cli.StringFlag{Name: "tag", Destination: &o.tag, Usage: "build the tag `TAG`"},
			&cli.BoolFlag{Name: "wait", Destination: &o.wait, Usage: "wait for the build to end", DisableDefaultText: true},
			&cli.BoolFlag{Name: "follow", Destination: &o.follow, Usage: "wait, and print the log as it grows", DisableDefaultText: true},
		}, o.flags()...)...),
	}, func(in *invocation) error { return in.jobRun(&o) })
}

// runDocument is job run as JSON. Record is there with --wait.
type runDocument struct {
	JobID   string `json:"job_id"`
	JobName string `json:"job_name,omitempty"`
	wire.RunResult
	Record *wire.Record `json:"record,omitempty"`
}

func (in *invocation) jobRun(o *jobRunOptions) error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	if o.commit != "" && o.tag != "" {
		return kit.UsageError{Text: "--commit and --tag exclude each other"}
	}
	parameters, err := in.runParameters(o.param.Value())
	if err != nil {
		return err
	}
	return in.withService(1, 1, func(l *live) error {
		// Errors in the flags must be reported before a build starts.
		f, err := l.follower(&o.followOptions, jobs.Build{}, l.runLog(o, outputs))
		if err != nil {
			return err
		}
		job, err := l.find.Job(l.ctx, l.args[0])
		if err != nil {
			return err
		}
		if len(parameters) > 0 {
			body, err := l.find.Body(l.ctx, job)
			if err != nil {
				return err
			}
			if err := jobs.CheckParameters(job, body, parameters); err != nil {
				return err
			}
		}
		request := wire.RunRequest{JobID: job.ID, Parameter: parameters}
		if o.commit+o.tag != "" {
			request.SCM = &wire.RunSCM{BuildCommitID: o.commit, BuildTag: o.tag}
		}
		doc := runDocument{JobID: job.ID, JobName: job.Name}
		err = l.write(func(ctx context.Context) (err error) {
			doc.RunResult, err = l.RunJob(ctx, request)
			return err
		})
		if err != nil {
			return err
		}
		f.Build = jobs.Build{Job: job}
		return l.reportRun(o, outputs, f, doc)
	})
}

// runLog returns where --follow prints the log: on stdout unless that takes JSON.
func (l *live) runLog(o *jobRunOptions, outputs []kit.Output) *screen.Log {
	switch {
	case !o.follow:
		return nil
	case outputs[0].Format == "json":
		return screen.NewLog(l.in.Stderr, "", l.in.knownSecrets())
	}
	return screen.NewLog(l.in.Stdout, "", l.in.knownSecrets())
}

// reportRun prints that a build was started, or waits and prints its result.
func (l *live) reportRun(o *jobRunOptions, outputs []kit.Output, f *jobs.Follower, doc runDocument) error {
	number, err := strconv.Atoi(doc.ActualBuildNumber)
	if err != nil {
		return &failure{exitPartial, fmt.Errorf("a build was started, but the service answered with the number %q, which is not a number", screen.Shown(doc.ActualBuildNumber, 60))}
	}
	f.Build.Number = number
	if !o.wait && !o.follow {
		return l.in.print(outputs, nil, screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
			fmt.Fprintf(out, "%s was started.\n", screen.Shown(pages.Capitalised(f.Build.String()), 0))
		}})
	}
	record, err := l.follow(f)
	if err != nil {
		return err
	}
	doc.Record = &record
	err = l.in.print(outputs, nil, screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
		fmt.Fprintf(out, "%s: %s (%s)\n", screen.Shown(pages.Capitalised(f.Build.String()), 0), screen.Shown(record.Status, 60), pages.ShownDuration(string(record.Duration)))
	}})
	if err != nil {
		return err
	}
	return jobs.CheckSuccess(f.Build, record)
}

// runParameters reads --param. A name without a value takes it from the environment, so that a
// secret does not appear in the list of processes.
func (in *invocation) runParameters(given []string) ([]wire.RunParameter, error) {
	var parameters []wire.RunParameter
	for _, text := range given {
		name, value, given := strings.Cut(text, "=")
		if !given {
			if value, given = in.Env.Lookup(name); !given {
				return nil, kit.UsageError{Text: fmt.Sprintf("--param %s has no value, and there is no environment variable of that name; write --param %s=VALUE", name, name)}
			}
			in.hidden = append(in.hidden, value)
		}
		if name == "" {
			return nil, kit.UsageError{Text: "--param: a name is missing; write it as NAME=VALUE"}
		}
		if slices.ContainsFunc(parameters, func(p wire.RunParameter) bool { return p.Name == name }) {
			return nil, kit.UsageError{Text: fmt.Sprintf("--param %s is given twice", name)}
		}
		parameters = append(parameters, wire.RunParameter{Name: name, Value: value})
	}
	return parameters, nil
}
