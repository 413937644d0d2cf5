package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type driftOptions struct {
	render renderOptions
	scope  scopeOptions
}

func (p *program) driftCommand() *cli.Command {
	var o driftOptions
	return p.command(&cli.Command{
		Name:  "drift",
		Usage: "find declared fields that were edited outside Git",
		Description: about(`Answers one question, for a nightly run: was a declared field edited outside Git? It compares each
object with the commit of its last apply, so changes in Git that are not applied yet do not count.
Without a record it compares with the working tree. Nothing is written. Each job that drifted is
shown with the user and the time of its last edit, where the service keeps a change history.

Exit codes: 0 no drift; 1 the live state could not be read; 2 drift; 3 invalid input;
130 interrupted.`,
			"buildsync drift --env prod",
			"buildsync drift --env prod --format markdown --out json=drift.json"),
		Flags: append(o.render.flags(), o.scope.flags()...),
	}, func(in *invocation) error { return in.drift(&o) })
}

func (in *invocation) drift(o *driftOptions) (err error) {
	if _, err := in.Args(0); err != nil {
		return err
	}
	outputs, err := in.planOutputs(&o.render)
	if err != nil {
		return err
	}
	defer kit.CollectLess(in.Env)()
	ctx, cancel := in.WithTimeout()
	defer cancel()
	p := &planning{scopeOptions: o.scope, drift: true, onlyShown: true}
	if err := in.prepare(ctx, p); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if base := p.revisions.Base; base == nil || base.Commit == "" && p.revisions.Recorded == nil {
		p.assumedBase = true
		p.notes = []string{"there is no base yet, so the working tree counts as applied"}
		p.revisions.Base = &workspace.Revision{Revision: p.revisions.Head, Result: p.w.Result, Policy: p.w.Set.Workspace.Policy}
	}
	if err := in.connectAndPlan(ctx, p); err != nil {
		return err
	}
	drifted := diff.DriftOnly(p.plan)
	switch err := apply.FindLastEdits(ctx, p.service, drifted, in.global.parallelism); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, client.ErrRouteMissing):
		in.Note("this service keeps no change history, so the editors are unknown")
	case err != nil:
		in.Note("the editors of some jobs are unknown: %s", sanitize.Line(err.Error(), 500))
	}
	in.printStats(o.scope.stats, p.service)
	code := differentCode(drifted, drifted.Drifted())
	if err := in.showPlan(drifted, outputs, &o.render, code); err != nil {
		return err
	}
	if code == exitDifferent {
		in.Next(remedy.SetBack(in.Again("apply"), in.Again("export")))
	}
	return said(code)
}
