package main

import (
	"errors"
	"fmt"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/jobs"
)

func (p *program) jobListCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "list",
		Usage:     "list the jobs of a project",
		ArgsUsage: "[GLOB…]",
		Description: about(`Lists the live jobs of a project (API reference 4.5), all or those whose name matches a GLOB.
A list that does not hold what the service counts is printed all the same, and is an error.

Exit codes: 0 done; 1 the list could not be read, or is incomplete; 3 invalid input.`,
			"buildsync job list",
			"buildsync job list --project shop 'order-*'",
			"buildsync job list --format json"),
		Flags: objectFlags(),
	}, (*invocation).jobList)
}

func (in *invocation) jobList() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	globs := in.Flags.Args().Slice()
	for _, glob := range globs {
		if !doublestar.ValidatePattern(glob) {
			return kit.UsageError{Text: fmt.Sprintf("%q is not a valid pattern; write one such as 'order-*'", glob)}
		}
	}
	return in.withService(0, -1, func(l *live) error {
		project, err := l.find.Project()
		if err != nil {
			return err
		}
		list, err := l.find.List(l.ctx, project)
		if err != nil {
			return err
		}
		doc := pages.JobListDocument{ProjectID: project.ID, Jobs: jobs.Matching(list.Jobs, globs), Total: list.Total, Complete: list.Complete, Problem: list.Problem}
		return errors.Join(in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text}), doc.Verdict())
	})
}
