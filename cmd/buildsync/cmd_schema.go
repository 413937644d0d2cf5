package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
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
		text, err := schemas.Files.ReadFile(name + schemaSuffix)
		if err != nil {
			return kit.UnknownWord("schema", name, schemaNames())
		}
		_, err = in.Stdout.Write(text)
		return err
	})
}

const schemaSuffix = ".schema.json"

// schemaNames lists the schemas that are shipped.
func schemaNames() []string {
	entries, err := schemas.Files.ReadDir(".")
	if err != nil {
		return nil // an embedded folder can be read
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), schemaSuffix); ok {
			names = append(names, name)
		}
	}
	return names
}
