package main

import (
	"errors"
	"slices"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
)

func (p *program) planCommand() *cli.Command {
	flags := append(renderFlags(), scopeFlags()...)
	flags = append(flags, railFlags()...)
	return p.command(&cli.Command{
		Name:  "plan",
		Usage: "show what apply would do",
		Description: about(`Compiles the definitions, reads the live state and prints what differs. Nothing is written.
plan --out plan.json keeps the plan for apply; it holds no secret and no request body.

What apply recorded tells your changes from edits made outside (drift), and what was removed
from the definitions is removed by policy.on_remove. Where no record of this endpoint is in the
clone, plan says so: nothing is removed then. --base REF compares with one commit instead.

Exit codes: 0 done; 1 the live state could not be read; 2 there are differences
(--detailed-exitcode); 3 invalid input; 5 a rail refuses the plan; 130 interrupted.`,
			"buildsync plan --endpoint emulator",
			"buildsync plan --out plan.json --out markdown=comment.md",
			"buildsync plan --offline --base origin/main",
			"buildsync plan --detail full --out html=plan.html",
			"buildsync plan --changed --shard 3/8"),
		Flags: append(flags,
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "end with code 2 if there is something to do", DisableDefaultText: true},
			&cli.StringFlag{Name: "detail", Usage: "how much of a new object is shown: `WORD` is line, or full for its steps, parameters and sources", Value: "line"},
			&cli.BoolFlag{Name: "offline", Usage: "show what changed against the base, without credentials and network", DisableDefaultText: true},
		),
	}, (*invocation).planCommandRun)
}

func (in *invocation) planCommandRun() (err error) {
	if _, err := in.Args(0); err != nil {
		return err
	}
	outputs, err := in.planOutputs()
	if err != nil {
		return err
	}
	if _, err := in.OneOf("detail", "line", detailFull); err != nil {
		return err
	}
	defer kit.CollectLess(in.Env)()
	ctx, cancel := in.WithTimeout()
	defer cancel()
	p, err := in.preparePlanning(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	p.onlyShown = true
	if in.On("offline") {
		p.plan = p.w.OfflinePlan(in.planInput(p))
		in.tellNotes(p)
	} else if err := in.connectAndPlan(ctx, p); err != nil {
		return err
	}
	in.printStats(p.service)
	code := heldCode(p.plan)
	if in.On("detailed-exitcode") {
		code = differentCode(p.plan, p.plan.HasChanges())
	}
	if err := in.showPlan(p.plan, outputs, code); err != nil {
		return err
	}
	in.nextAfterPlan(p.plan.HasChanges())
	return said(code)
}

// showPlan prints a new plan. A refused plan is an error with its reasons on stderr, because in CI
// the plan itself often goes to a file. If nothing could be read, only the reason is shown.
func (in *invocation) showPlan(plan *diff.Plan, outputs []kit.Output, code int) error {
	if render.Unread(plan) {
		outputs = slices.DeleteFunc(slices.Clone(outputs), func(o kit.Output) bool { return o.File == "" && o.Format == "text" })
	}
	if err := in.renderPlan(plan, outputs); err != nil {
		return err
	}
	if len(plan.Refusals) == 0 || code != exitFailed && code != exitRefused {
		return nil
	}
	if len(outputs) > 0 && outputs[0].File == "" && outputs[0].Format == "text" && kit.SameReader(in.Stdout, in.Stderr) && !render.Unread(plan) {
		return said(code) // the reasons have been read
	}
	return in.refused(plan, "the plan is refused")
}
