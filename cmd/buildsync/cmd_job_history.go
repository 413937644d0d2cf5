package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jobs"
)

type jobHistoryOptions struct {
	periodOptions
	interval, limit int
	lastSuccess     string
	watch           bool
	every           time.Duration
}

func (p *program) jobHistoryCommand() *cli.Command {
	var o jobHistoryOptions
	return p.command(&cli.Command{
		Name:      "history",
		Usage:     "list builds of a job",
		ArgsUsage: "JOB",
		Description: about(`Lists a job's builds, newest first. Without --from and --to it lists those of the last days (API
reference 4.2). With them it lists those of a period of at most 30 days (4.1), also with branch,
commit and user. --last-success prints the last successful build of a repository in the project
(4.7), and takes no JOB.

Exit codes: 0 done; 1 the history could not be read, or has no such build; 3 invalid input.`,
			"buildsync job history maven-package --interval 30",
			"buildsync job history --from 2026-01-01 --to 2026-01-31 maven-package",
			"buildsync job history --last-success order-service"),
		Flags: objectFlags(append([]cli.Flag{
			&cli.IntFlag{Name: "interval", Destination: &o.interval, Usage: "the builds of the last `N` days, 1 to 30", Value: 7},
			&cli.StringFlag{Name: "last-success", Destination: &o.lastSuccess, Usage: "the last successful build of the repository `REPO`"},
			&cli.IntFlag{Name: "limit", Destination: &o.limit, Usage: "at most `N` builds; 0: all"},
			&cli.BoolFlag{Name: "watch", Destination: &o.watch, Usage: "print the list again whenever a build starts or ends, until Ctrl-C", DisableDefaultText: true},
			&cli.DurationFlag{Name: "every", Destination: &o.every, Usage: "with --watch, check every `D`", Value: 5 * time.Second},
		}, o.flags()...)...),
	}, func(in *invocation) error { return in.jobHistory(&o) })
}

func (in *invocation) jobHistory(o *jobHistoryOptions) error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	if err := in.checkHistory(o); err != nil {
		return err
	}
	if o.lastSuccess != "" {
		return in.withService(0, 0, func(l *live) error { return l.lastSuccess(outputs, o.lastSuccess) })
	}
	return in.withService(1, 1, func(l *live) error {
		period, err := l.period(&o.periodOptions)
		if err != nil {
			return err
		}
		job, err := l.find.Job(l.ctx, l.args[0])
		if err != nil {
			return err
		}
		read := func() (doc pages.HistoryDocument, err error) {
			rows := l.History(l.ctx, job.ID, o.interval)
			if o.isSet() {
				rows = l.PeriodHistory(l.ctx, job.ID, period.From, period.To)
			}
			doc.JobID = job.ID
			doc.Builds, err = jobs.AtMost(rows, o.limit)
			return doc, err
		}
		if o.watch {
			return l.watchHistory(outputs, o.every, read)
		}
		doc, err := read()
		if err != nil {
			return err
		}
		return in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text})
	})
}

// checkHistory refuses flags that exclude each other, and values that the service does not take.
func (in *invocation) checkHistory(o *jobHistoryOptions) error {
	switch {
	case o.isSet() && in.Set("interval"):
		return kit.UsageError{Text: "--interval and --from/--to exclude each other"}
	case o.lastSuccess != "" && (o.isSet() || in.Set("interval") || in.Set("limit")):
		return kit.UsageError{Text: "--last-success prints one build; leave out --interval, --from, --to and --limit"}
	case o.interval < 1 || o.interval > wire.HistoryDays:
		return kit.UsageError{Text: fmt.Sprintf("--interval %d: the service answers for 1 to %d days", o.interval, wire.HistoryDays)}
	case o.watch && (o.lastSuccess != "" || o.isSet()):
		return kit.UsageError{Text: "--watch shows the newest builds; leave out --last-success, --from and --to"}
	case o.watch && o.every <= 0:
		return kit.UsageError{Text: "--every must be above 0, such as 5s"}
	}
	return nil
}

// watchHistory prints a history, and again after each change, until it is interrupted. It continues
// after passing errors.
func (l *live) watchHistory(outputs []kit.Output, every time.Duration, read func() (pages.HistoryDocument, error)) error {
	var shown *pages.HistoryDocument
	failures := 0
	for {
		doc, err := read()
		switch {
		case l.ctx.Err() != nil:
			return client.EndedBy(l.ctx, err)
		case err != nil:
			if failures++; shown == nil || failures == jobs.MaxLooks || client.FailsAgain(err) {
				return err
			}
		case shown == nil || !slices.Equal(shown.Builds, doc.Builds):
			if shown != nil {
				l.in.Printf("\n")
			}
			if err := l.in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text}); err != nil {
				return err
			}
			fallthrough
		default:
			shown, failures = &doc, 0
		}
		if l.wait(every) != nil {
			return client.EndedBy(l.ctx, err)
		}
	}
}

func (l *live) lastSuccess(outputs []kit.Output, repository string) error {
	project, err := l.find.Project()
	if err != nil {
		return err
	}
	record, err := l.LastSuccessful(l.ctx, project.ID, repository)
	if err != nil {
		return err
	}
	if record.RecordID == "" && record.BuildNumber == "" {
		return errors.New("no build of the repository has succeeded")
	}
	doc := pages.HistoryDocument{JobID: record.JobID, Builds: []wire.HistoryRecord{record}}
	return l.in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text})
}
