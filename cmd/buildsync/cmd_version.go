package main

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
)

func (p *program) versionCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:        "version",
		Usage:       "print the version",
		Description: about("Prints the version of buildsync, its commit and the date of that, the version of Go, and the\nplatform.", "buildsync version"),
	}, func(in *invocation) error {
		if _, err := in.Args(0); err != nil {
			return err
		}
		return p.printVersion()
	})
}

func (p *program) printVersion() error {
	_, err := fmt.Fprintf(p.Stdout, "buildsync %s%s %s %s/%s\n", kit.Version(), kit.CommitText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
