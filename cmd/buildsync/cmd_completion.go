package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/completion"
)

func (p *program) completionCommand() *cli.Command {
	shells := completion.Shells()
	return p.command(&cli.Command{
		Name:      "completion",
		Usage:     "print a shell completion script",
		ArgsUsage: strings.Join(shells, "|"),
		Description: about(`Prints the script for one shell. The line that loads it goes into the shell's start file:

   ~/.bashrc                  eval "$(buildsync completion bash)"
   ~/.zshrc, after compinit   eval "$(buildsync completion zsh)"
   ~/.config/fish/config.fish buildsync completion fish | source
   $PROFILE of PowerShell     buildsync completion powershell | Out-String | iex

Exit codes: 0 done; 3 invalid input.`,
			`eval "$(buildsync completion bash)"`),
	}, func(in *invocation) error {
		args, err := in.Args(1)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return kit.UsageError{Text: "completion needs the name of a shell: " + strings.Join(shells, ", ")}
		}
		script := completion.Script(args[0])
		if script == "" {
			return kit.UnknownWord("shell", args[0], shells)
		}
		_, err = fmt.Fprint(p.Stdout, script)
		return err
	})
}
