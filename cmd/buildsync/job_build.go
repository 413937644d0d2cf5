package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jobs"
)

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
	from = to.AddDate(0, 0, -jobs.HistoryDays)
	if in.Text("from") != "" {
		if from, err = day("--from", in.Text("from")); err != nil {
			return from, to, err
		}
	}
	switch days := int(to.Sub(from).Hours() / 24); {
	case days < 0:
		return from, to, kit.UsageError{Text: fmt.Sprintf("--from %s is after --to %s", from.Format(wire.DateLayout), to.Format(wire.DateLayout))}
	case days > jobs.HistoryDays:
		return from, to, kit.UsageError{Text: fmt.Sprintf("from %s to %s is %d days; the service answers for at most %d",
			from.Format(wire.DateLayout), to.Format(wire.DateLayout), days, jobs.HistoryDays)}
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
