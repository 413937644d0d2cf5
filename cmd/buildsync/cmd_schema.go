package main

import (
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/completion"
	"github.com/buildsync/buildsync/schemas"
)

func (p *program) schemaCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "schema",
		Usage:     "print a JSON Schema",
		ArgsUsage: "[definitions|workspace|policies|modules|plan|report]",
		Description: about(`Prints the JSON Schema (2020-12) of definition files, of buildsync.yaml, of files of policies,
of a modules file, of the plan or of the report. Editors complete and explain keys from it: put this line at the top
of a file, with the path or address of the schema:

   # yaml-language-server: $schema=definitions.schema.json`,
			"buildsync schema > definitions.schema.json",
			"buildsync schema workspace"),
	}, func(in *invocation) error {
		args, err := in.Args(1)
		if err != nil {
			return err
		}
		name := "definitions"
		if len(args) == 1 {
			name = args[0]
		}
		text, err := schemas.Files.ReadFile(name + completion.SchemaSuffix)
		if err != nil {
			return kit.UnknownWord("schema", name, completion.SchemaNames())
		}
		_, err = in.Stdout.Write(text)
		return err
	})
}
