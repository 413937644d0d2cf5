package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

type importOptions struct{ name, out string }

func (p *program) importCommand() *cli.Command {
	var o importOptions
	return p.command(&cli.Command{
		Name:      "import",
		Usage:     "convert a build.yml or an API body to a definition",
		ArgsUsage: "FILE | -",
		Description: about(`Turns a CodeArts build.yml (version 2.0), or a job's body as the API writes it (JSON), into a
definition, and prints it. What the definition cannot hold is listed on stderr, each with the
reason. It works offline; in a workspace the step modules of the workspace are known as well.

A build.yml does not name its job: --name does, else the name of its folder. buildsync compile --to
build.yml JOB does the opposite.

Exit codes: 0 done; 1 a file could not be read or written; 3 the file cannot be imported.`,
			"buildsync import .cloudbuild/build.yml --name order-service",
			"buildsync import body.json --out jobs/order-service.yaml"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "name", Destination: &o.name, Usage: "the `NAME` of the job"},
			&cli.StringFlag{Name: "out", Destination: &o.out, Usage: "write the definition to the new `FILE`, not to stdout"},
		},
	}, func(in *invocation) error { return in.importFile(&o) })
}

func (in *invocation) importFile(o *importOptions) error {
	args, err := in.Args(1)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return kit.UsageError{Text: "import needs the file to read, or - for stdin"}
	}
	text, err := in.readImport(args[0])
	if err != nil {
		return err
	}
	opts := export.ImportOptions{Name: o.name, Project: in.global.project}
	exporter, err := in.importer()
	if err != nil {
		return err
	}
	if opts.Name == "" && !strings.HasSuffix(args[0], ".json") {
		opts.Name = exporting.ImportedName(args[0])
	}
	made, err := exporter.Import(filepath.ToSlash(args[0]), text, opts)
	if err != nil {
		return &failure{exitInvalid, fmt.Errorf("importing %s: %w", sanitize.Line(args[0], 300), err)}
	}
	if err := in.keepImport(o.out, made.Text); err != nil {
		return err
	}
	in.tellLost(made.Lost)
	return nil
}

// readImport reads the file, or stdin for -.
func (in *invocation) readImport(name string) ([]byte, error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(in.Stdin, spec.MaxFileBytes+1))
		if err != nil {
			return nil, fmt.Errorf("reading stdin: %w", err)
		}
		return text, nil
	}
	if dir := in.global.dir; dir != "" && !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	text, _, err := outfile.ReadSource(name)
	if err != nil {
		return nil, fmt.Errorf("importing %s: %w", sanitize.Line(name, 300), err)
	}
	return text, nil
}

// importer makes an exporter with the step modules of the workspace, if there is one.
func (in *invocation) importer() (*export.Exporter, error) {
	if _, err := in.findWorkspace(); err != nil {
		return export.New(export.Options{ShareSecrets: true}), nil
	}
	w, err := in.openBy(exporting.LoadToImport)
	if err != nil {
		return nil, err
	}
	return export.New(export.Options{Catalogue: w.Catalogue, Workspace: w.Set, ShareSecrets: true, TakenSecrets: exporting.SecretsInUse(w.Result)}), nil
}

// keepImport prints the definition, or writes it to a new file.
func (in *invocation) keepImport(out string, text []byte) error {
	if out == "" {
		_, err := in.Stdout.Write(text)
		return err
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return &failure{exitInvalid, fmt.Errorf("%s exists; import writes new files only", sanitize.Line(out, 300))}
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", out, err)
	}
	if err := outfile.WriteSource(out, text, 0o644); err != nil {
		return err
	}
	_, err := fmt.Fprintf(in.Stdout, "wrote %s\n", sanitize.Line(out, 0))
	return err
}

// tellLost lists what the definition lacks.
func (in *invocation) tellLost(lost []export.Lost) {
	for _, l := range lost {
		in.Printf("not carried over: %s: %s\n", sanitize.Line(l.Path, 300), sanitize.Line(l.Reason, 500))
	}
}
