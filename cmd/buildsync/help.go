package main

import (
	"fmt"
	"strings"
)

// The templates are urfave/cli's, cut down to what a person looks for: what it
// does, how it is called, an example, the flags.
const (
	commandHelp = `{{.HelpName}} – {{.Usage}}

Usage:
   {{.HelpName}}{{if .VisibleFlags}} [flags]{{end}}{{if .ArgsUsage}} {{.ArgsUsage}}{{end}}

{{.Description}}{{if .VisibleFlags}}

Flags:{{template "visibleFlagTemplate" .}}{{end}}

Every flag --some-flag can be set by the variable BUILDSYNC_SOME_FLAG.
Global flags and exit codes: buildsync --help
`
	groupHelp = `{{.HelpName}} – {{.Usage}}

Usage:
   {{.HelpName}} COMMAND [flags] [arguments]
{{if .Description}}
{{.Description}}
{{end}}
Commands:{{template "visibleCommandTemplate" .}}

Global flags and exit codes: buildsync --help
`
)

func appHelp() string {
	var codes strings.Builder
	for _, row := range exitMeanings {
		fmt.Fprintf(&codes, "   %-3d  %s\n", row.code, row.meaning)
	}
	return `buildsync – {{.Usage}}

Usage:
   {{.UsageText}}

   buildsync plan --endpoint emulator     what apply would do, against the built-in emulator
   buildsync apply --endpoint emulator    show it, ask, and do it
   buildsync help plan                    explain a command

Commands:{{template "visibleCommandTemplate" .}}

Global flags (also accepted after the command):{{template "visibleFlagTemplate" .}}

Every flag --some-flag can be set by the variable BUILDSYNC_SOME_FLAG; a flag wins over a variable.

Exit codes:
` + codes.String()
}
