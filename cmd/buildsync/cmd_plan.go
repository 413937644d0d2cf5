package main

import (
	"errors"
	"slices"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/remedy"
)

type planOptions struct {
	render           renderOptions
	scope            scopeOptions
	rails            railOptions
	detail           string
	detailedExitcode bool
	offline          bool
}

func (p *program) planCommand() *cli.Command {
	var o planOptions
	return p.command(&cli.Command{
		Name:  "plan",
		Usage: "show what apply would do",
		Description: about(`Compiles the definitions, reads the live state and prints what differs. Nothing is written.
plan --out plan.json keeps the plan for apply; it holds no secret and no request body.

The record of the last apply tells your changes from edits outside Git (drift). An object that you
removed from the definitions is removed as policy.on_remove says. If the clone has no record of this
endpoint, plan says so, and removes nothing. --base REF compares with one commit instead.

Exit codes: 0 done; 1 the live state could not be read; 2 there are differences
(--detailed-exitcode); 3 invalid input; 5 a rail refuses the plan; 130 interrupted.`,
			"buildsync plan --endpoint emulator",
			"buildsync plan --out plan.json --out markdown=comment.md",
			"buildsync plan --offline --base origin/main",
			"buildsync plan --detail full --out html=plan.html",
			"buildsync plan --changed --shard 3/8"),
		Flags: append(slices.Concat(o.render.flags(), o.scope.flags(), o.rails.flags()),
			&cli.BoolFlag{Name: "detailed-exitcode", Destination: &o.detailedExitcode, Usage: "end with code 2 if there are changes", DisableDefaultText: true},
			&cli.StringFlag{Name: "detail", Destination: &o.detail, Usage: "how much of a new object to show: `WORD` is line, or full (steps, parameters and sources)", Value: "line"},
			&cli.BoolFlag{Name: "offline", Destination: &o.offline, Usage: "compare the definitions with the base only, without credentials and network", DisableDefaultText: true},
		),
	}, func(in *invocation) error { return in.planAndShow(&o) })
}

func (in *invocation) planAndShow(o *planOptions) (err error) {
	if _, err := in.Args(0); err != nil {
		return err
	}
	outputs, err := in.planOutputs(&o.render)
	if err != nil {
		return err
	}
	if err := kit.CheckWord("detail", o.detail, "line", detailFull); err != nil {
		return err
	}
	defer kit.CollectLess(in.Env)()
	ctx, cancel := in.WithTimeout()
	defer cancel()
	p := &planning{scopeOptions: o.scope, railOptions: o.rails, contents: o.detail == detailFull, onlyShown: true}
	if err := in.prepare(ctx, p); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if o.offline {
		p.plan = p.w.OfflinePlan(in.planInput(p))
		in.tellNotes(p)
	} else if err := in.connectAndPlan(ctx, p); err != nil {
		return err
	} else if err := apply.NameEditors(ctx, p.service, p.plan, in.global.parallelism); err != nil {
		return err
	}
	in.printStats(o.scope.stats, p.service)
	code := heldCode(p.plan)
	if o.detailedExitcode {
		code = differentCode(p.plan, p.plan.HasChanges())
	}
	if err := in.showPlan(p.plan, outputs, &o.render, code); err != nil {
		return err
	}
	if p.plan.HasChanges() && !o.offline {
		in.nextAfterPlan(outputs)
	}
	return said(code)
}

// showPlan prints a new plan. A refused plan is an error with its reasons on stderr, because in CI
// the plan itself often goes to a file. If nothing could be read, only the reason is shown.
func (in *invocation) showPlan(plan *diff.Plan, outputs []kit.Output, o *renderOptions, code int) error {
	if render.Unread(plan) {
		outputs = slices.DeleteFunc(slices.Clone(outputs), func(o kit.Output) bool { return o.File == "" && o.Format == "text" })
	}
	if err := in.renderPlan(plan, outputs, o); err != nil {
		return err
	}
	if len(plan.Refusals) == 0 || code != exitFailed && code != exitRefused {
		return nil
	}
	if len(outputs) > 0 && outputs[0].File == "" && outputs[0].Format == "text" && kit.SameReader(in.Stdout, in.Stderr) && !render.Unread(plan) {
		in.Next(render.AfterRefusal(plan, in.Again)) // the reasons have been read
		return said(code)
	}
	return in.refused(plan, "the plan is refused", false)
}

// nextAfterPlan says how to apply a plan that has been shown.
func (in *invocation) nextAfterPlan(outputs []kit.Output) {
	for _, o := range outputs {
		if o.Format == "json" && o.File != "" {
			in.Next(remedy.Remedy(in.Again("apply") + " " + kit.ShellWord(o.File)))
			return
		}
	}
	in.Next(remedy.Review(in.Again("apply"), in.Again("plan")))
}
