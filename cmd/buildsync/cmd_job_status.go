package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client/wire"
)

func (p *program) jobStatusCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "status",
		Usage:     "show whether a job is running",
		ArgsUsage: "JOB",
		Description: about(`Prints whether a build of the job is running (API reference 4.4). The service answers late after the
start of a build. buildsync job record prints the result of a build.

Exit codes: 0 done, running or not; 1 the state could not be read; 3 invalid input.`,
			"buildsync job status maven-package"),
		Flags: objectFlags(),
	}, (*invocation).jobStatus)
}

func (in *invocation) jobStatus() error {
	return in.withReply(1, 1, func(l *live) (r screen.Reply, err error) {
		job, err := l.find.Job(l.ctx, l.args[0])
		if err != nil {
			return r, err
		}
		doc := pages.StatusDocument{JobID: job.ID, JobName: job.Name}
		if doc.Running, err = l.JobRunning(l.ctx, job.ID); err != nil {
			return r, err
		}
		return screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
			word := "not running"
			if doc.Running {
				word = "running"
			}
			fmt.Fprintf(out, "%s: %s\n", screen.Shown(job.String(), 0), word)
		}}, nil
	})
}

func (p *program) jobRatioCommand() *cli.Command {
	var o periodOptions
	return p.command(&cli.Command{
		Name:      "ratio",
		Usage:     "print the share of a job's builds that succeeded",
		ArgsUsage: "JOB",
		Description: about(`Prints how many of the job's builds of a period succeeded (API reference 4.9): of the last 30
days, or between two days.

Exit codes: 0 done; 1 the ratio could not be read; 3 invalid input.`,
			"buildsync job ratio maven-package",
			"buildsync job ratio --from 2026-01-01 --to 2026-01-31 maven-package"),
		Flags: objectFlags(o.flags()...),
	}, func(in *invocation) error { return in.jobRatio(&o) })
}

func (in *invocation) jobRatio(o *periodOptions) error {
	return in.withReply(1, 1, func(l *live) (r screen.Reply, err error) {
		period, err := l.period(o)
		if err != nil {
			return r, err
		}
		job, err := l.find.Job(l.ctx, l.args[0])
		if err != nil {
			return r, err
		}
		doc := pages.RatioDocument{JobID: job.ID, From: period.From.Format(wire.DateLayout), To: period.To.Format(wire.DateLayout)}
		if doc.SuccessRatio, err = l.SuccessRatio(l.ctx, job.ID, period.From, period.To); err != nil {
			return r, err
		}
		return screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
			fmt.Fprintf(out, "%s, %s to %s: %s of %s builds succeeded (%s)\n", screen.Shown(job.String(), 0), doc.From, doc.To,
				doc.SuccessCount, doc.TotalCount, pages.Percent(doc.SuccessRatio.SuccessRatio))
		}}, nil
	})
}
