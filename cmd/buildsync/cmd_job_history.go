package main

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client/wire"
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
	case in.Number("interval") < 1 || in.Number("interval") > historyDays:
		return kit.UsageError{Text: fmt.Sprintf("--interval %d: the service answers for 1 to %d days", in.Number("interval"), historyDays)}
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
		job, err := l.job(l.args[0])
		if err != nil {
			return err
		}
		rows := l.History(l.ctx, job.ID, in.Number("interval"))
		if inPeriod {
			rows = l.PeriodHistory(l.ctx, job.ID, from, to)
		}
		doc := pages.HistoryDocument{JobID: job.ID}
		if doc.Builds, err = atMost(rows, in.Number("limit")); err != nil {
			return err
		}
		return in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text})
	})
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
	project, err := l.project()
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
