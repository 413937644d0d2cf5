package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/doctor"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) doctorCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "doctor",
		Usage: "check what apply needs, and say what to do",
		Description: about(`Checks each thing that apply needs, and prints what to do about each problem. A failed check does
not end it. It writes nothing, sends one listing for each project, and sends no more if the service
refuses the credentials: a key is locked after a few failures.

Exit codes: 0 all is well; 1 something is not.`,
			"buildsync doctor",
			"buildsync doctor --env prod"),
	}, (*invocation).doctor)
}

func (in *invocation) doctor() error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	examination := doctor.Examine(in.doctorSetup())
	well := examination.Run(ctx, pages.NewCheckup(in.Invocation, examination.Names(), adviceOn).Print)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Cause(ctx)
	case !well:
		return said(exitFailed)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	in.Next(remedy.Remedy(in.Again("plan")))
	return nil
}

// doctorSetup returns how the flags say to open the workspace and the service.
func (in *invocation) doctorSetup() doctor.Setup {
	setup := doctor.Setup{
		Dir: cmp.Or(in.global.dir, "."), Load: in.loadForDoctor, Base: in.Env.Get("BUILDSYNC_BASE"), Named: in.global.endpoint+in.global.region != "",
		Comparison: func(w *workspace.Workspace) workspace.Comparison { return in.comparison(w, workspace.AutoBase) },
		Endpoint: func(region string) (string, error) {
			if in.global.endpoint == endpointEmulator {
				return endpointEmulator, nil
			}
			return buildEndpoint(in.global.endpoint, cmp.Or(in.global.region, region))
		},
		Credentials: func(region string) (string, error) {
			if in.global.endpoint == endpointEmulator {
				return "the emulator's own", nil
			}
			found, err := in.findCredentials(cmp.Or(in.global.region, region))
			return found.Source, err
		},
		Connect: func(dir, region string) (*doctor.Service, error) {
			s, err := in.connect(dir, region, 0)
			if err != nil {
				return nil, err
			}
			return &doctor.Service{API: s, Proxy: s.Proxy(), OwnClock: s.name == endpointEmulator, Close: s.close}, nil
		},
	}
	if setup.Base == workspace.AutoBase {
		setup.Base = ""
	}
	return setup
}

// loadForDoctor loads the workspace and prints what is wrong with it.
func (in *invocation) loadForDoctor(w *workspace.Workspace) (spec.Diagnostics, error) {
	vars, err := in.variables()
	if err != nil {
		return nil, err
	}
	found := w.LoadPacked(in.global.env, vars)
	if err := in.unknownEnvironment(found); err != nil {
		return found, &doctor.Problem{Err: err, Remedy: remedy.DeclareEnvironment}
	}
	return found, in.report(found, w)
}
