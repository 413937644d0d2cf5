package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/jobs"
)

func (p *program) noticeCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "notice",
		Usage: "show the notifications of jobs, turn them off",
		Description: about(`Definitions set notifications: see buildsync plan and buildsync apply. A JOB is a name, an address
or an id.`,
			"buildsync notice show maven-package",
			"buildsync notice disable maven-package MAIL"),
		Subcommands: []*cli.Command{
			p.noticeShowCommand(),
			p.noticeDisableCommand(),
		},
	}, nil)
}

func (p *program) noticeShowCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "show",
		Usage:     "print which events of a job send a notification",
		ArgsUsage: "JOB",
		Description: about(`Prints for each type of notification which events of the job send one (API reference 4.23). The
settings of a channel may hold a webhook's secret and are never shown.

Exit codes: 0 done; 1 the notifications could not be read; 3 invalid input.`,
			"buildsync notice show maven-package",
			"buildsync notice show --format json maven-package"),
		Flags: objectFlags(),
	}, (*invocation).noticeShow)
}

func (in *invocation) noticeShow() error {
	return in.withReply(1, 1, func(l *live) (r screen.Reply, err error) {
		job, notices, err := l.find.Notices(l.ctx, l.args[0])
		if err != nil {
			return r, err
		}
		doc := pages.NoticesDocument{JobID: job.ID, JobName: job.Name, Notices: notices}
		return screen.Reply{Doc: doc, Text: doc.Text}, nil
	})
}

func (p *program) noticeDisableCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "disable",
		Usage:     "turn off one type of notification of a job",
		ArgsUsage: "JOB TYPE",
		Description: about(`Turns one type of notification of a job off, such as MAIL or DING_TALK (API reference 4.25). At the
next apply the job's definition wins.

Exit codes: 0 done; 1 not turned off; 3 invalid input; 6 not known.`,
			"buildsync notice disable maven-package MAIL"),
		Flags: objectFlags(),
	}, (*invocation).noticeDisable)
}

func (in *invocation) noticeDisable() error {
	return in.withReply(2, 2, func(l *live) (r screen.Reply, err error) {
		job, notices, err := l.find.Notices(l.ctx, l.args[0])
		if err != nil {
			return r, err
		}
		kind, err := jobs.NoticeType(job, notices, l.args[1])
		if err != nil {
			return r, err
		}
		if err := l.write(func(ctx context.Context) error { return l.DisableNotice(ctx, job.ID, kind) }); err != nil {
			return r, err
		}
		doc := pages.NoticeOutcome{JobID: job.ID, JobName: job.Name, NoticeType: kind, Outcome: "disabled"}
		return screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
			fmt.Fprintf(out, "%s: %s is off\n", screen.Shown(job.String(), 0), screen.Shown(kind, 0))
		}}, nil
	})
}
