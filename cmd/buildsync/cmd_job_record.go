package main

import (
	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
)

type jobRecordOptions struct{ details, legacy bool }

func (p *program) jobRecordCommand() *cli.Command {
	var o jobRecordOptions
	return p.command(&cli.Command{
		Name:      "record",
		Usage:     "print the record of a build",
		ArgsUsage: "JOB [BUILD]",
		Description: about(`Prints the record of a build (API reference 4.12), with --details its steps and the parameters
it ran with too (4.8; the service masks sensitive ones).

Exit codes: 0 done, whatever the result of the build; 1 the record could not be read; 3 invalid
input.`,
			"buildsync job record maven-package",
			"buildsync job record --details maven-package 12"),
		Flags: objectFlags(
			&cli.BoolFlag{Name: "details", Destination: &o.details, Usage: "steps and parameters as well", DisableDefaultText: true},
			&cli.BoolFlag{Name: "legacy", Destination: &o.legacy, Usage: "ask the older route (deprecated: API reference 5.3, announced for removal)", DisableDefaultText: true},
		),
	}, func(in *invocation) error { return in.jobRecord(&o) })
}

func (in *invocation) jobRecord(o *jobRecordOptions) error {
	return in.withReply(1, 2, func(l *live) (r screen.Reply, err error) {
		b, err := l.find.Build(l.ctx, l.args)
		if err != nil {
			return r, err
		}
		read := l.Record
		if o.legacy {
			read = l.OldRecord
		}
		var doc pages.RecordDocument
		if doc.Record, err = read(l.ctx, b.Job.ID, b.Number); err != nil {
			return r, err
		}
		if o.details {
			details, err := l.HistoryDetails(l.ctx, b.Job.ID, b.Number)
			if err != nil {
				return r, err
			}
			doc.Details = &details
		}
		return screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
			pages.WriteRecord(out, b, doc.Record)
			pages.WriteDetails(out, doc.Details)
		}}, nil
	})
}

func (p *program) jobArtifactsCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "artifacts",
		Usage:     "list what a build produced",
		ArgsUsage: "JOB [BUILD]",
		Description: about(`Lists the packages and images that a build uploaded (API reference 4.13).

Exit codes: 0 done; 1 the list could not be read; 3 invalid input.`,
			"buildsync job artifacts maven-package",
			"buildsync job artifacts --format json maven-package 12"),
		Flags: objectFlags(),
	}, (*invocation).jobArtifacts)
}

func (in *invocation) jobArtifacts() error {
	return in.withReply(1, 2, func(l *live) (r screen.Reply, err error) {
		b, err := l.find.Build(l.ctx, l.args)
		if err != nil {
			return r, err
		}
		info, err := l.OutputInfo(l.ctx, b.Job.ID, b.Number)
		if err != nil {
			return r, err
		}
		return screen.Reply{Doc: info, Text: func(out *screen.Paper) {
			pages.WriteArtifacts(out, b, info)
		}}, nil
	})
}

func (p *program) jobGraphCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "graph",
		Usage:     "print how the parts of a build depend on each other",
		ArgsUsage: "JOB [BUILD] | RECORD",
		Description: about(`Prints the flow graph of a build (API reference 5.2, deprecated: announced for removal). RECORD
is the id of a build record, which history and record print.

Exit codes: 0 done; 1 the graph could not be read; 3 invalid input.`,
			"buildsync job graph maven-package 12",
			"buildsync job graph --format json 9d6169b9-022d-458c-9dc8-48cc94cc4083"),
		Flags: objectFlags(),
	}, (*invocation).jobGraph)
}

func (in *invocation) jobGraph() error {
	return in.withReply(1, 2, func(l *live) (r screen.Reply, err error) {
		b, err := l.find.BuildRecord(l.ctx, l.args)
		if err != nil {
			return r, err
		}
		graph, err := l.FlowGraph(l.ctx, b.Record)
		if err != nil {
			return r, err
		}
		return screen.Reply{Doc: graph, Text: func(out *screen.Paper) { pages.WriteGraph(out, graph) }}, nil
	})
}
