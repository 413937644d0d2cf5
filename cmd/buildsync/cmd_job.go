package main

import (
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
)

func (p *program) jobCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "job",
		Usage: "show live jobs and their builds, run and stop builds",
		Description: about(`A JOB is a name, an address as plans print it (shop/job/order-service), or an id of 32 letters and
digits. A BUILD is the number of a build; without it, the newest build of the last 30 days.
Definitions create and change jobs: see buildsync plan and buildsync apply.`,
			"buildsync job list",
			"buildsync job run --follow maven-package",
			"buildsync job logs maven-package 12"),
		Subcommands: []*cli.Command{
			p.jobListCommand(),
			p.jobShowCommand(),
			p.jobRunCommand(),
			p.jobStatusCommand(),
			p.jobStopCommand(),
			p.jobHistoryCommand(),
			p.jobRecordCommand(),
			p.jobLogsCommand(),
			p.jobArtifactsCommand(),
			p.jobRatioCommand(),
			p.jobGraphCommand(),
			p.jobEnableCommand(),
			p.jobDisableCommand(),
			p.jobDeleteCommand(),
		},
	}, nil)
}

// resultFlags say in which form a result is printed.
func resultFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"},
		&cli.StringSliceFlag{Name: "out", Usage: "write to `[FORMAT=]FILE` as well"},
	}
}

// resultOutputs reads resultFlags.
func (in *invocation) resultOutputs() ([]kit.Output, error) { return in.Outputs("text", "json") }

// projectFlag returns the global flag, shown where it matters most.
func projectFlag() cli.Flag {
	return &cli.StringFlag{Name: "project", Usage: "the project `P`, an alias or an id, in which names are looked up", DefaultText: "default_project of the workspace"}
}

// objectFlags returns those of a command that prints something about one object of
// a project.
func objectFlags(own ...cli.Flag) []cli.Flag {
	return append(own, append(resultFlags(), projectFlag())...)
}
