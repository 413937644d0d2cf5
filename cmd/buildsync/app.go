package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// app is the command line. Each command is one file; this list is where they
// meet.
func (p *program) app() *cli.App {
	return &cli.App{
		Name:      "buildsync",
		Usage:     "Git as the source of truth for Huawei Cloud CodeArts Build",
		UsageText: "buildsync [global flags] COMMAND [flags] [arguments]",
		Commands:  p.commands(),
		Flags: append(globalFlags(), helpFlag(), &cli.BoolFlag{
			Name: "version", Usage: "print the version", DisableDefaultText: true,
		}),
		Reader: p.stdin, Writer: p.stdout, ErrWriter: p.stderr,
		HideVersion: true, HideHelpCommand: true, // their aliases collide with ours
		HideHelp:                  true,                         // see helpFlag
		DisableSliceFlagSeparator: true,                         // --var a=1,2 is one value
		ExitErrHandler:            func(*cli.Context, error) {}, // exit.go decides
		OnUsageError:              p.onUsageError,
		Action:                    p.bare,
	}
}

// dispatch runs a command line.
func (p *program) dispatch(ctx context.Context, args []string) error {
	app := p.app()
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
		p.queryCommand(),
		p.setCommand(),
		p.doctorCommand(),
		p.schemaCommand(),
		p.completionCommand(),
		p.versionCommand(),
		p.helpCommand(),
	}
}

// command completes a command that does something: its flags are checked and
// filled from the environment before act runs. A command that only holds others
// has subcommands and no act.
func (p *program) command(c *cli.Command, act func(*invocation) error) *cli.Command {
	c.Flags = append(c.Flags, helpFlag())
	c.Flags = append(c.Flags, hiddenGlobals(c.Flags)...)
	c.HideHelp = true        // see helpFlag
	c.HideHelpCommand = true // "help" would be a subcommand, and so no argument
	c.OnUsageError = p.onUsageError
	if len(c.Subcommands) > 0 {
		c.Action = p.bare
		return c
	}
	c.Action = func(ctx *cli.Context) error {
		in := &invocation{program: p, ctx: ctx.Context, flags: ctx}
		if err := in.prepare(); err != nil {
			return err
		}
		return act(in)
	}
	return c
}

// helpFlag stands in for the library's own flag of that name, which is one
// variable that every run writes to: two runs in one process would race for it.
func helpFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "help", Aliases: []string{"h"}, Usage: "show help", DisableDefaultText: true,
	}
}

// bare is what happens where a command's name should have come next.
func (p *program) bare(ctx *cli.Context) error {
	if ctx.Bool("version") {
		return p.printVersion()
	}
	var names []string
	for _, c := range ctx.Command.Subcommands {
		names = append(names, c.Name)
	}
	if word := ctx.Args().First(); word != "" {
		group := ctx.Command.Name
		if group == ctx.App.Name {
			group = ""
		}
		if answer := kit.NeighbourCommand(group, word); answer != "" {
			return usageError{text: fmt.Sprintf("unknown command %q; %s", word, answer)}
		}
		return unknownWord("command", word, names)
	}
	if ctx.Command.Name == ctx.App.Name {
		return usageError{text: "a command is missing\n\n" + strings.TrimSuffix(kit.Overview(ctx.App), "\n")}
	}
	return usageError{text: ctx.Command.HelpName + " needs a command\n\nCommands:\n" + strings.TrimSuffix(kit.CommandTable(ctx.Command.Subcommands), "\n")}
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
		return p.dispatch(ctx.Context, append([]string{ctx.App.Name}, path...))
	}
	return command
}

// about builds a command's help text from what it does and its examples.
func about(text string, examples ...string) string { return kit.About(text, examples...) }
