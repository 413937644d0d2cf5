package main

import (
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/jobs"
)

// periodOptions ask for the builds between two days.
type periodOptions struct{ from, to string }

func (o *periodOptions) flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "from", Destination: &o.from, Usage: "the first `DAY`, as 2026-01-31, of the service's time zone (UTC+8)"},
		&cli.StringFlag{Name: "to", Destination: &o.to, Usage: "the last `DAY`, at most 30 days later", DefaultText: "today"},
	}
}

// isSet reports whether a period was asked for.
func (o *periodOptions) isSet() bool { return o.from+o.to != "" }

// period reads the days; the last one is included.
func (l *live) period(o *periodOptions) (jobs.Period, error) {
	period, err := jobs.ParsePeriod(o.from, o.to, l.clock.Now())
	if err != nil {
		return period, kit.UsageError{Text: err.Error()}
	}
	return period, nil
}
