package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
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

func (p *program) jobHistoryCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "history",
		Usage:     "list builds of a job",
		ArgsUsage: "JOB",
		Description: about(`Lists a job's builds, newest first: of the last days (API reference 4.2), or with --from or
--to of a period of at most 30 days (4.1), which tells branch, commit and who ran it as well.
With --last-success it prints the last successful build of any job of the project that
builds a repository (4.7), and takes no JOB.

Exit codes: 0 done; 1 the history could not be read, or has no such build; 3 invalid input.`,
			"buildsync job history maven-package --interval 30",
			"buildsync job history --from 2026-01-01 --to 2026-01-31 maven-package",
			"buildsync job history --last-success order-service"),
		Flags: objectFlags(append([]cli.Flag{
			&cli.IntFlag{Name: "interval", Usage: "the builds of the last `N` days, 1 to 30", Value: 7},
			&cli.StringFlag{Name: "last-success", Usage: "the last successful build of the repository `REPO`"},
			&cli.IntFlag{Name: "limit", Usage: "at most `N` builds; 0: all"},
			&cli.BoolFlag{Name: "watch", Usage: "print the list again whenever a build starts or ends, until Ctrl-C", DisableDefaultText: true},
			&cli.DurationFlag{Name: "every", Usage: "with --watch, look every `D`", Value: 5 * time.Second},
		}, periodFlags()...)...),
	}, (*invocation).jobHistory)
}

func (in *invocation) jobHistory() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	inPeriod := in.Set("from") || in.Set("to")
	repository := in.Text("last-success")
	switch {
	case inPeriod && in.Set("interval"):
		return kit.UsageError{Text: "--interval and --from/--to exclude each other"}
	case repository != "" && (inPeriod || in.Set("interval") || in.Set("limit")):
		return kit.UsageError{Text: "--last-success prints one build; leave out --interval, --from, --to and --limit"}
	case in.Number("interval") < 1 || in.Number("interval") > jobs.HistoryDays:
		return kit.UsageError{Text: fmt.Sprintf("--interval %d: the service answers for 1 to %d days", in.Number("interval"), jobs.HistoryDays)}
	case in.On("watch") && (repository != "" || inPeriod):
		return kit.UsageError{Text: "--watch shows the newest builds; leave out --last-success, --from and --to"}
	case in.On("watch") && in.Duration("every") <= 0:
		return kit.UsageError{Text: "--every must be above 0, such as 5s"}
	case in.Number("limit") < 0:
		return kit.UsageError{Text: "--limit must not be negative"}
	case repository != "":
		return in.withService(0, 0, func(l *live) error { return l.lastSuccess(outputs, repository) })
	}
	return in.withService(1, 1, func(l *live) error {
		var from, to time.Time
		if inPeriod {
			if from, to, err = l.period(); err != nil {
				return err
			}
		}
		job, err := l.find.Job(l.ctx, l.args[0])
		if err != nil {
			return err
		}
		read := func() (doc pages.HistoryDocument, err error) {
			rows := l.History(l.ctx, job.ID, in.Number("interval"))
			if inPeriod {
				rows = l.PeriodHistory(l.ctx, job.ID, from, to)
			}
			doc.JobID = job.ID
			doc.Builds, err = atMost(rows, in.Number("limit"))
			return doc, err
		}
		if in.On("watch") {
			return l.watchHistory(outputs, read)
		}
		doc, err := read()
		if err != nil {
			return err
		}
		return in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text})
	})
}

// watchHistory prints a history, and again after each change, until it is interrupted. It continues
// after passing errors.
func (l *live) watchHistory(outputs []kit.Output, read func() (pages.HistoryDocument, error)) error {
	var shown *pages.HistoryDocument
	failures := 0
	for {
		doc, err := read()
		switch {
		case l.ctx.Err() != nil:
			return context.Cause(l.ctx)
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
		if l.wait(l.in.Duration("every")) != nil {
			return context.Cause(l.ctx)
		}
	}
}

// atMost collects builds, all of them for 0.
func atMost(rows iter.Seq2[wire.HistoryRecord, error], limit int) ([]wire.HistoryRecord, error) {
	builds := []wire.HistoryRecord{}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if builds = append(builds, row); len(builds) == limit {
			break
		}
	}
	return builds, nil
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
