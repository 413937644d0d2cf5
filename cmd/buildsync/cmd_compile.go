package main

import (
	"cmp"
	"fmt"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type compileOptions struct {
	selectionOptions
	format, to, out string
}

func (p *program) compileCommand() *cli.Command {
	var o compileOptions
	return p.command(&cli.Command{
		Name:      "compile",
		Usage:     "print the API bodies that the definitions compile to",
		ArgsUsage: "[ADDRESS…]",
		Description: about(`Prints the create bodies of all jobs and published templates, and the bodies that set the
notifications, or those named by address (shop/job/order-service-build,
shop/notification/order-service-build) or by name. A path after the name chooses a part, written as
in plans and explain: order-service-build.notifications.MAIL. It works offline. A placeholder stands
for each secret.

--to build.yml prints what one job builds as a CodeArts build.yml; what such a file cannot hold
is listed on stderr.

Exit codes: 0 done; 1 a file could not be written; 3 errors in the definitions.`,
			"buildsync compile",
			"buildsync compile --format yaml order-service-build",
			"buildsync compile order-service-build.notifications.MAIL",
			"buildsync compile --env prod --out bodies"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Destination: &o.format, Usage: "`FORMAT`: json or yaml", Value: "json"},
			&cli.StringFlag{Name: "to", Destination: &o.to, Usage: "print this `KIND` of file: build.yml"},
			&cli.StringFlag{Name: "out", Destination: &o.out, Usage: "write one file per object below `DIR`, not to stdout"},
			o.onlyFlag("jobs and templates"), o.labelFlag(),
		},
	}, func(in *invocation) error { return in.compile(&o) })
}

func (in *invocation) compile(o *compileOptions) error {
	if err := kit.CheckWord("format", o.format, "json", "yaml"); err != nil {
		return err
	}
	if o.to != "" && o.to != "build.yml" {
		return kit.UnknownWord("--to", o.to, []string{"build.yml"})
	}
	w, err := in.open()
	if err != nil {
		return err
	}
	if err := in.narrow(w, &o.selectionOptions); err != nil {
		return err
	}
	objects, err := pages.SelectCompiled(w, in.Flags.Args().Slice())
	if err != nil {
		return err
	}
	if o.to != "" {
		return in.compileToBuildYML(w)
	}
	if o.out != "" {
		return pages.WriteCompiled(o.out, o.format, objects)
	}
	return pages.PrintCompiled(in.Stdout, o.format, objects, in.Flags.NArg() == 1)
}

// narrow reduces a workspace's result to the jobs of --only, --label and --project. A selection without a
// match is an error.
func (in *invocation) narrow(w *workspace.Workspace, o *selectionOptions) error {
	selection, err := in.checkedSelection(w, o)
	if err != nil || selection.IsAll() {
		return err
	}
	w.Result, _ = apply.Scope{Selection: selection}.Narrow(w.Result, nil)
	return nil
}

// checkedSelection is selection, and refuses what no definition has.
func (in *invocation) checkedSelection(w *workspace.Workspace, o *selectionOptions) (compile.Selection, error) {
	selection, err := in.selection(o)
	return selection, cmp.Or(err, in.checkProject(w), selection.CheckNames(w.Result))
}

// compileToBuildYML prints one job as a build.yml.
func (in *invocation) compileToBuildYML(w *workspace.Workspace) error {
	if in.Flags.NArg() != 1 {
		return kit.UsageError{Text: "compile --to build.yml needs one job"}
	}
	job, err := pages.CompiledJob(w, in.Flags.Args().First())
	if err != nil {
		return err
	}
	text, lost, err := export.New(export.Options{Catalogue: w.Catalogue}).ToBuildYML(job)
	if err != nil {
		return &failure{exitInvalid, fmt.Errorf("writing %s as a build.yml: %w", job.Address, err)}
	}
	in.tellLost(lost)
	_, err = in.Stdout.Write(text)
	return err
}
