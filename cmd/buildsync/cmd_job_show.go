package main

import (
	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
)

func (p *program) jobShowCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "show",
		Usage:     "print a live job",
		ArgsUsage: "JOB",
		Description: about(`Prints a job as the service holds it (API reference 4.26): where its code comes from, its
parameters and its steps; as JSON the whole body. Sensitive values are hidden, and so is
what looks like a secret.

Exit codes: 0 done; 1 the job could not be read; 3 invalid input.`,
			"buildsync job show maven-package",
			"buildsync job show --format json 48c66c6002964721be537cdc6ce0297b"),
		Flags: objectFlags(),
	}, (*invocation).jobShow)
}

func (in *invocation) jobShow() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	return in.withService(1, 1, func(l *live) error {
		job, err := l.find.Job(l.ctx, l.args[0])
		if err != nil {
			return err
		}
		body, err := l.find.Body(l.ctx, job)
		if err != nil {
			return err
		}
		modules := catalog.Default()
		body = in.redacted(body, modules)
		return in.print(outputs, modules, screen.Reply{Doc: body, Text: func(out *screen.Paper) {
			pages.WriteJobBody(out, job, body, modules)
		}})
	})
}
