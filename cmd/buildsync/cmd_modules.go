package main

import (
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) modulesCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "modules",
		Usage: "the step modules that definitions can use",
		Description: about(`A step's action word names a step module of the service. Only about ten modules are public. So
the catalogue gives the source and the confidence of each fact, and a workspace can add its own
modules.`, "buildsync modules list", "buildsync modules harvest"),
		Subcommands: []*cli.Command{
			p.command(&cli.Command{
				Name: "list", Usage: "list the step modules",
				Description: about(`Lists the modules that buildsync ships and those of the workspace.

Exit codes: 0 done; 3 invalid input.`, "buildsync modules list --format json"),
				Flags: []cli.Flag{formatFlag("text", "json")},
			}, (*invocation).modulesList),
			p.command(&cli.Command{
				Name: "show", Usage: "show one step module", ArgsUsage: "WORD|MODULE-ID",
				Description: about(`Shows a module's properties, with the source and the confidence of each fact. documented: in the vendor's documents; observed: in public examples that use it; harvested: on your own service; inferred: a guess.

Exit codes: 0 done; 3 there is no such module.`, "buildsync modules show maven"),
				Flags: []cli.Flag{formatFlag("text", "json")},
			}, (*invocation).modulesShow),
			p.modulesHarvestCommand(),
		},
	}, nil)
}

// knownModules returns the catalogue of the workspace, the shipped one where there is
// no workspace.
func (in *invocation) knownModules() (*catalog.Catalogue, error) {
	if _, err := in.findWorkspace(); err != nil {
		if in.global.dir != "" {
			return nil, err
		}
		return catalog.Default(), nil
	}
	w, err := in.openBy(loadModules)
	if err != nil {
		return nil, err
	}
	return w.Catalogue, nil
}

// loadModules reads buildsync.yaml and the modules file.
func loadModules(w *workspace.Workspace, environment string, _ map[string]string) spec.Diagnostics {
	found := w.LoadRoot(environment)
	if w.Set != nil {
		var more spec.Diagnostics
		w.Catalogue, more = catalog.ForWorkspace(w.Set)
		found = append(found, more...)
	}
	return found
}

func (in *invocation) modulesList() error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	known, err := in.knownModules()
	if err != nil {
		return err
	}
	return in.print(outputs, known, pages.ModuleList(known.Modules()))
}

func (in *invocation) modulesShow() error {
	args, err := in.Args(1)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return kit.UsageError{Text: "buildsync modules show needs an action word or a module id"}
	}
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	known, err := in.knownModules()
	if err != nil {
		return err
	}
	m := known.Action(args[0])
	if m == nil {
		m = known.Module(args[0])
	}
	if m == nil {
		words := known.Words()
		for _, m := range known.Modules() {
			words = append(words, m.ID)
		}
		return kit.UnknownWord("step module", args[0], words)
	}
	return in.print(outputs, known, pages.ModulePage(m))
}
