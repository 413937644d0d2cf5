package main

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/spec"
)

// app returns the command line. Each command has its own file; this is the list.
func (p *program) app() *cli.App {
	var version bool
	return &cli.App{
		Name:      "buildsync",
		Usage:     "Git as the source of truth for Huawei Cloud CodeArts Build",
		UsageText: "buildsync [global flags] COMMAND [flags] [arguments]",
		Commands:  p.commands(),
		Flags: append(globalFlags(), kit.HelpFlag(), &cli.BoolFlag{
			Name: "version", Destination: &version, Usage: "print the version", DisableDefaultText: true,
		}),
		Reader: p.Stdin, Writer: p.Stdout, ErrWriter: p.Stderr,
		HideVersion: true, HideHelpCommand: true, // their aliases collide with ours
		HideHelp:                  true,                         // see helpFlag
		DisableSliceFlagSeparator: true,                         // --var a=1,2 is one value
		ExitErrHandler:            func(*cli.Context, error) {}, // exit.go decides
		OnUsageError:              p.OnUsageError,
		Action: func(ctx *cli.Context) error {
			if version {
				return p.printVersion()
			}
			return p.Bare(ctx)
		},
	}
}

// dispatch runs a command line.
func (p *program) dispatch(ctx context.Context, app *cli.App, args []string) error {
	if slices.ContainsFunc(args, kit.AsksForHelp) {
		kit.SetHelp(app, exitTable())
	}
	line := kit.ReadLine(app, args)
	return app.RunContext(ctx, line.FlagsFirst())
}

func (p *program) commands() []*cli.Command {
	return []*cli.Command{
		p.initCommand(),
		p.lintCommand(),
		p.fmtCommand(),
		p.compileCommand(),
		p.planCommand(),
		p.applyCommand(),
		p.driftCommand(),
		p.showCommand(),
		p.exportCommand(),
		p.importCommand(),
		p.modulesCommand(),
		p.jobCommand(),
		p.templateCommand(),
		p.noticeCommand(),
		p.keystoreCommand(),
		p.baseCommand(),
		p.emulatorCommand(),
		p.explainCommand(),
		p.policyCommand(),
		p.vendorCommand(),
		p.queryCommand(),
		p.setCommand(),
		p.doctorCommand(),
		p.schemaCommand(),
		p.completionCommand(),
		p.versionCommand(),
		p.helpCommand(),
	}
}

// command completes a command that does something. A command that only groups others has
// subcommands and no act.
func (p *program) command(c *cli.Command, act func(*invocation) error) *cli.Command {
	if act == nil {
		return p.Command(c, globalFlags(), nil)
	}
	return p.Command(c, globalFlags(), func(in *kit.Invocation) error {
		run := newInvocation(in)
		if err := spec.CheckFolder(run.global.dir); err != nil && c.Name != "init" { // which makes the folder
			return kit.UsageError{Text: "-C " + err.Error()}
		}
		return act(run)
	})
}

// helpCommand prints the help of the commands named, without the library's own
// help command, whose alias would shadow arguments.
func (p *program) helpCommand() *cli.Command {
	command := p.command(&cli.Command{
		Name:      "help",
		Usage:     "explain a command",
		ArgsUsage: "[COMMAND [SUBCOMMAND]]",
		Description: about(`Prints what a command does, its flags and an example.`,
			"buildsync help plan"),
	}, nil)
	command.Action = func(ctx *cli.Context) error {
		path := append(ctx.Args().Slice(), "--help")
		return p.dispatch(ctx.Context, p.app(), append([]string{ctx.App.Name}, path...))
	}
	return command
}

// about builds a command's help text from what it does and its examples.
func about(text string, examples ...string) string { return kit.About(text, examples...) }
