package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/client/wire"
)

// recordPattern is the form of a build record's id.
var recordPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
})

// build finds the build that JOB [BUILD] names: the newest one without a number.
func (l *live) build() (pages.BuildRef, error) {
	number := 0
	if len(l.args) > 1 {
		var err error
		if number, err = buildNumber(l.args[1]); err != nil {
			return pages.BuildRef{}, err
		}
	}
	job, err := l.job(l.args[0])
	if err != nil {
		return pages.BuildRef{}, err
	}
	if number > 0 {
		return pages.BuildRef{Job: job, Number: number}, nil
	}
	return l.newestBuild(job)
}

func buildNumber(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(text, "#"))
	if err != nil || n < 1 {
		return 0, kit.UsageError{Text: fmt.Sprintf("%q is not the number of a build; write one such as 12", text)}
	}
	return n, nil
}

// Limits of the service on histories (API reference 4.1, 4.2).
const (
	historyDays = 30
	historyPage = 100
)

// newestBuild looks a job's last build up in its history, which does not say in
// what order it comes: the first page decides.
func (l *live) newestBuild(job pages.JobRef) (pages.BuildRef, error) {
	newest := pages.BuildRef{Job: job}
	seen := 0
	for row, err := range l.History(l.ctx, job.ID, historyDays) {
		if err != nil {
			return newest, err
		}
		if n, err := strconv.Atoi(string(row.BuildNumber)); err == nil && n > newest.Number {
			newest.Number, newest.Record = n, row.RecordID
		}
		if seen++; seen == historyPage {
			break
		}
	}
	if newest.Number == 0 {
		return newest, fmt.Errorf("%s has no build of the last %d days; give the number of an older one", job, historyDays)
	}
	return newest, nil
}

// buildRecord finds the record id of the build that JOB [BUILD] or RECORD names.
func (l *live) buildRecord() (pages.BuildRef, error) {
	if recordPattern().MatchString(l.args[0]) {
		if len(l.args) > 1 {
			return pages.BuildRef{}, kit.UsageError{Text: "the id of a build record names one build; leave out " + strconv.Quote(l.args[1])}
		}
		return pages.BuildRef{Record: l.args[0]}, nil
	}
	b, err := l.build()
	if err != nil || b.Record != "" {
		return b, err
	}
	record, err := l.Record(l.ctx, b.Job.ID, b.Number)
	b.Record = pages.RecordOf(record)
	return b, err
}

// serviceZone is the zone in which the service counts days.
var serviceZone = time.FixedZone("UTC+8", 8*60*60)

// periodFlags ask for the builds between two days.
func periodFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "from", Usage: "the first `DAY`, as 2026-01-31, of the service's time zone (UTC+8)"},
		&cli.StringFlag{Name: "to", Usage: "the last `DAY`, at most 30 days later", DefaultText: "today"},
	}
}

// period reads --from and --to; both are days, the last one included.
func (l *live) period() (from, to time.Time, err error) {
	in := l.in
	today := l.clock.Now().In(serviceZone)
	to = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	if in.Text("to") != "" {
		if to, err = day("--to", in.Text("to")); err != nil {
			return from, to, err
		}
	}
	from = to.AddDate(0, 0, -historyDays)
	if in.Text("from") != "" {
		if from, err = day("--from", in.Text("from")); err != nil {
			return from, to, err
		}
	}
	switch days := int(to.Sub(from).Hours() / 24); {
	case days < 0:
		return from, to, kit.UsageError{Text: fmt.Sprintf("--from %s is after --to %s", from.Format(wire.DateLayout), to.Format(wire.DateLayout))}
	case days > historyDays:
		return from, to, kit.UsageError{Text: fmt.Sprintf("from %s to %s is %d days; the service answers for at most %d",
			from.Format(wire.DateLayout), to.Format(wire.DateLayout), days, historyDays)}
	}
	return from, to, nil
}

func day(flag, text string) (time.Time, error) {
	t, err := time.Parse(wire.DateLayout, text)
	if err != nil {
		return t, kit.UsageError{Text: fmt.Sprintf("%s %q is not a day; write it as 2026-01-31", flag, text)}
	}
	return t, nil
}
