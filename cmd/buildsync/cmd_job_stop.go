package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
)

func (p *program) jobStopCommand() *cli.Command {
	var legacy bool
	return p.command(&cli.Command{
		Name:      "stop",
		Usage:     "stop a build",
		ArgsUsage: "JOB [BUILD]",
		Description: about(`Stops a build (API reference 4.14). A build that has ended cannot be stopped.

Exit codes: 0 stopped; 1 not stopped; 3 invalid input; 6 not known.`,
			"buildsync job stop maven-package",
			"buildsync job stop maven-package 12"),
		Flags: objectFlags(
			&cli.BoolFlag{Name: "legacy", Destination: &legacy, Usage: "use the older route (deprecated: API reference 5.4, announced for removal)", DisableDefaultText: true},
		),
	}, func(in *invocation) error { return in.jobStop(legacy) })
}

// stopDocument is job stop as JSON.
type stopDocument struct {
	JobID       string `json:"job_id"`
	JobName     string `json:"job_name,omitempty"`
	BuildNumber int    `json:"build_number"`
	Outcome     string `json:"outcome"` // stopped
}

func (in *invocation) jobStop(legacy bool) error {
	return in.withReply(1, 2, func(l *live) (r screen.Reply, err error) {
		b, err := l.find.Build(l.ctx, l.args)
		if err != nil {
			return r, err
		}
		stop := l.StopBuild
		if legacy {
			stop = l.StopJob
		}
		if err := l.write(func(ctx context.Context) error { return stop(ctx, b.Job.ID, b.Number) }); err != nil {
			return r, err
		}
		doc := stopDocument{JobID: b.Job.ID, JobName: b.Job.Name, BuildNumber: b.Number, Outcome: "stopped"}
		return screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
			fmt.Fprintf(out, "%s was stopped.\n", screen.Shown(pages.Capitalised(b.String()), 0))
		}}, nil
	})
}
