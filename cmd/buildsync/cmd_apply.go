package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/failpoint"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type applyOptions struct {
	scope scopeOptions
	rails railOptions

	yes         bool
	approve     string
	maxPlanAge  time.Duration
	report      string
	createRetry string
	rescue      string
	lockTimeout time.Duration
	grace       time.Duration
	smoke       bool
	failFast    bool
	allowHidden bool

	format             string
	skipMissingSecrets bool
}

func (p *program) applyCommand() *cli.Command {
	var o applyOptions
	return p.command(&cli.Command{
		Name:      "apply",
		Usage:     "make the live state match the definitions",
		ArgsUsage: "[PLAN]",
		Description: about(`Makes a plan, asks, writes the changes, and reads back what it wrote. With a PLAN (or --approve) it
continues only if its own plan is equal to the approved one; give it the same flags as plan. Without
a terminal it needs PLAN, --approve or --yes.

Secrets come from BUILDSYNC_SECRET_<NAME> or --secrets-dir. An empty value counts as missing, and a
missing secret ends the run before the first write. Ctrl-C starts nothing new and lets writes under
way finish; a second one stops at once. A record in Git holds the commit of each object's last
apply, also if a run ends early; see buildsync base.

Exit codes: 0 done; 1 an error before any write; 3 invalid input; 4 the plan is stale;
5 a rail refuses the plan; 6 written in part, unknown or not converged; 130 interrupted.`,
			"buildsync apply --endpoint emulator",
			"buildsync apply --env prod plan.json",
			"buildsync apply --yes --report report.json"),
		Flags: slices.Concat(o.flags(), o.scope.flags(), o.rails.flags()),
	}, func(in *invocation) error { return in.apply(&o) })
}

func (o *applyOptions) flags() []cli.Flag {
	return []cli.Flag{
		yesFlag(&o.yes),
		&cli.StringFlag{Name: "approve", Destination: &o.approve, Usage: "continue only if the plan has the id `sha256:…`"},
		&cli.DurationFlag{Name: "max-plan-age", Destination: &o.maxPlanAge, Usage: "refuse a PLAN that is older than `D`; 0: any age", Value: 24 * time.Hour},
		&cli.StringFlag{Name: "report", Destination: &o.report, Usage: "write what was done to `FILE`, as JSON"},
		&cli.StringFlag{Name: "format", Destination: &o.format, Usage: "`FORMAT`: text or json (the report)", Value: "text"},
		&cli.BoolFlag{Name: "skip-missing-secrets", Destination: &o.skipMissingSecrets, Usage: "skip the jobs whose secrets have no value, and write the others", DisableDefaultText: true},
		&cli.BoolFlag{Name: "allow-hidden", Destination: &o.allowHidden, Usage: "update a job although the routes do not show all of its fields; hidden fields may be cleared", DisableDefaultText: true},
		&cli.BoolFlag{Name: "fail-fast", Destination: &o.failFast, Usage: "start nothing more after the first failure", DisableDefaultText: true},
		&cli.BoolFlag{Name: "smoke", Destination: &o.smoke, Usage: "run each changed job afterwards, and fail if a build fails", DisableDefaultText: true},
		&cli.StringFlag{Name: "create-retry", Destination: &o.createRetry, Usage: "send a failed create again: `WHEN` is answered (after an error answer) or settled (also without an answer)", Value: "answered"},
		&cli.StringFlag{Name: "rescue", Destination: &o.rescue, Usage: "keep a template's body in `FILE` if it has to be deleted before its replacement is created"},
		&cli.DurationFlag{Name: "lock-timeout", Destination: &o.lockTimeout, Usage: "wait `D` for another apply on this machine to end"},
		&cli.DurationFlag{Name: "grace", Destination: &o.grace, Usage: "after Ctrl-C let writes under way finish for `D`", Value: 30 * time.Second},
	}
}

func (in *invocation) apply(o *applyOptions) (err error) {
	approved, err := in.approval(o)
	if err != nil {
		return err
	}
	if err := kit.CheckWord("format", o.format, "text", "json"); err != nil {
		return err
	}
	if err := kit.CheckWord("create-retry", o.createRetry, "answered", string(apply.CreateRetrySettled)); err != nil {
		return err
	}
	if err := o.checkOutputs(); err != nil {
		return err
	}
	in.Stops.Changes.Store(true)
	ctx, cancel := in.WithTimeout()
	defer cancel()
	p := &planning{scopeOptions: o.scope, railOptions: o.rails}
	if err := in.prepare(ctx, p); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := in.connectTo(p); err != nil {
		return err
	}
	if err := approved.CheckInputs(in.planInput(p)); err != nil {
		return &failure{exitStale, err}
	}
	if err := in.makePlan(ctx, p); err != nil {
		return err
	}
	if err := in.mayApply(ctx, p, o, approved); err != nil {
		return err
	}
	failpoint.At("approved")
	return in.carryOut(ctx, p, o)
}

// approval reads the PLAN argument and --approve.
func (in *invocation) approval(o *applyOptions) (a apply.Approval, err error) {
	args, err := in.Args(1)
	if err != nil {
		return a, err
	}
	var isID bool
	if a.ID, isID = apply.PlanIDOf(o.approve); in.Set("approve") && !isID {
		return a, kit.UsageError{Text: fmt.Sprintf("--approve %q: give a plan's id, sha256: and at least its first 12 digits", o.approve)}
	}
	if len(args) == 0 {
		return a, nil
	}
	if a.Plan, err = in.readPlan(args[0]); err != nil {
		return a, err
	}
	if err := a.CheckStored(time.Now(), o.maxPlanAge); err != nil {
		return a, &failure{exitStale, fmt.Errorf("%s %w", args[0], err)}
	}
	a.ID = a.Plan.PlanID
	return a, nil
}

// mayApply shows the plan and decides whether to carry it out: it must be the approved one, without
// refusals, and confirmed.
func (in *invocation) mayApply(ctx context.Context, p *planning, o *applyOptions, approved apply.Approval) error {
	if err := approved.Check(p.plan); err != nil {
		return &failure{exitStale, err}
	}
	shown := (approved.ID == "" || !p.plan.HasChanges()) && !render.Unread(p.plan) && o.format == "text" && (!in.global.quiet || p.plan.Refused())
	if shown {
		if err := in.renderPlan(p.plan, []kit.Output{{Format: "text"}}, &renderOptions{}); err != nil {
			return err
		}
	}
	if p.plan.Refused() {
		return in.refused(p.plan, "the plan is refused; nothing was written", shown)
	}
	if ctx.Err() != nil && p.plan.HasChanges() {
		return context.Cause(ctx)
	}
	if !p.plan.HasChanges() || approved.ID != "" || o.yes {
		return nil
	}
	if !kit.IsTerminal(in.Stdin) {
		return kit.UsageError{Text: "there is no terminal to ask on: add --yes, or give the file of a plan that was approved"}
	}
	if !o.skipMissingSecrets {
		if err := apply.CheckSecrets(p.plan, in.secrets(&o.scope)); err != nil {
			return err // an answer would change nothing
		}
	}
	agreed, err := in.Confirm(ctx, "Apply this"+where(p.plan)+"?")
	if err != nil {
		return err
	}
	if !agreed {
		return &failure{exitFailed, errors.New("not applied; nothing was written")}
	}
	return nil
}

// where repeats the first line of the plan in a question: projects, environment and place.
func where(plan *diff.Plan) string {
	subject := render.Subject(plan)
	if subject == "" || strings.HasPrefix(subject, "on ") { // templates belong to no project
		return " " + subject
	}
	return " to " + subject
}

// refused says that a plan is refused, why, and what to type next. Reasons that are on the screen
// already are not repeated.
func (in *invocation) refused(plan *diff.Plan, meaning string, shown bool) error {
	if !shown || !kit.SameReader(in.Stdout, in.Stderr) {
		meaning = render.RefusedText(plan, meaning)
	}
	in.Printf("buildsync: %s\n", sanitize.Lines(meaning))
	in.Next(render.AfterRefusal(plan, in.Again))
	return said(heldCode(plan))
}

// carryOut runs the plan, reports, and records the applied commit.
func (in *invocation) carryOut(ctx context.Context, p *planning, o *applyOptions) error {
	if !p.plan.HasChanges() {
		ctx = context.WithoutCancel(ctx) // there is nothing to stop
	}
	memory := in.remembers(ctx, p, o.smoke)
	options := in.runOptions(p, o)
	if p.plan.HasChanges() {
		end, err := in.beginWriting(ctx, p, o.lockTimeout, memory, &options)
		if err != nil {
			return err
		}
		defer end()
	}
	progress := screen.NewApplying(in.Invocation, p.plan, in.pacing)
	options.Begin, options.Done, options.Warn = progress.Begin, progress.Done, func(text string) { in.Warn("%s", text) }
	report, err := apply.Run(ctx, p.service, p.plan, options)
	progress.Close()
	if err != nil {
		return err
	}
	if memory != nil {
		in.endRecord(ctx, memory, report)
	}
	in.printStats(o.scope.stats, p.service)
	report.Code = in.applyCode(p.plan, report)
	code := report.Code
	if err := kit.UnlessUnread(in.writeReport(o, report)); err != nil {
		// A lost report must not look like success, nor as if nothing was written.
		in.Printf("buildsync: %s\n", sanitize.Line(err.Error(), sanitize.MessageLimit))
		switch {
		case code == exitDone && report.Wrote():
			code = exitPartial
		case code == exitDone:
			code = exitFailed
		}
	}
	if report.Interrupted || code == exitPartial {
		in.Next(remedy.ApplyRest(in.Again("apply")))
	}
	failpoint.At("reported")
	return said(code)
}

// runOptions returns the options of a run without what it writes to.
func (in *invocation) runOptions(p *planning, o *applyOptions) apply.Options {
	options := apply.Options{
		Parallelism: in.global.parallelism,
		FailFast:    o.failFast,
		CreateRetry: apply.CreateRetryAnswered,
		Clock:       p.service.clock,
		Secrets:     apply.Hiding{Resolver: in.secrets(&o.scope), Hide: p.service.Hide},
		Grace:       o.grace,
		RescueFile:  o.rescue,

		AllowHidden:        o.allowHidden,
		SkipMissingSecrets: o.skipMissingSecrets,
		Modules:            diff.ModulesOf(p.w.Catalogue),
		Abort:              in.Stops.Hard,
	}
	if o.createRetry == string(apply.CreateRetrySettled) {
		options.CreateRetry = apply.CreateRetrySettled
	}
	if o.smoke {
		options.Smoke = in.smoke(p.service)
	}
	if p.service.Dialect() == client.DialectV1 {
		options.History = p.service // only these routes have a change history
	}
	return options
}

// beginWriting takes the lock, opens the journal, and records that writes begin.
func (in *invocation) beginWriting(ctx context.Context, p *planning, wait time.Duration, memory *workspace.Recording, options *apply.Options) (end func(), err error) {
	release, err := in.lock(ctx, p, wait)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	failpoint.At("locked")
	journal, old, err := workspace.OpenJournal(p.w.Dir, p.service.name, p.plan.PlanID)
	if err != nil {
		return nil, err
	}
	if old != nil {
		in.Note("%v", old)
	}
	options.Journal, options.Unrecorded = journal, memory == nil
	failpoint.At("journalled")
	if memory != nil {
		if err := memory.Begin(ctx); err != nil {
			_ = journal.Close()
			return nil, &failure{exitFailed, fmt.Errorf("recording the apply before it starts: %w; nothing was written", err)}
		}
	}
	in.Stops.Wrote.Store(true)
	in.Stops.Writing.Store(true)
	return func() { _ = journal.Close(); release() }, nil
}

// secrets returns the source of secret values.
func (in *invocation) secrets(o *scopeOptions) apply.EnvSecrets {
	return apply.EnvSecrets{LookupEnv: in.Env.Lookup, Dir: o.secretsDir, AllowEmpty: o.allowEmptySecrets}
}

// applyCode returns the exit code of a run: the report's, or the signal's, or one for jobs that were
// left out.
func (in *invocation) applyCode(plan *diff.Plan, report *apply.Report) int {
	var stopped kit.Interrupted
	code := endingCode(report.Ending())
	switch {
	case report.Interrupted && errors.As(context.Cause(in.Ctx), &stopped):
		return stopped.Code
	case code != exitDone || heldCode(plan) == exitDone:
		return code
	}
	for _, refusal := range plan.Refusals {
		in.Printf("buildsync: left out: %s: %s\n", sanitize.Line(refusal.Address, 300), sanitize.Line(refusal.Message, sanitize.MessageLimit))
	}
	if report.Outcomes[apply.Applied]+report.Outcomes[apply.AppliedConfirmed]+report.Outcomes[apply.AppliedAfterAbsence] > 0 {
		return exitPartial
	}
	return heldCode(plan)
}

// checkOutputs checks that the output files of apply can be written, before anything else is
// written.
func (o *applyOptions) checkOutputs() error {
	if file := o.report; file != "" {
		if err := outfile.Check(file); err != nil {
			return err
		}
	}
	file := o.rescue
	if file == "" {
		return nil
	}
	if _, err := os.Lstat(file); err == nil {
		return kit.UsageError{Text: fmt.Sprintf("--rescue %s: the file exists, and --rescue never replaces a file", file)}
	}
	return outfile.Check(file)
}

// writeReport writes --report and prints the summary, or the report as JSON. The file comes first,
// because it remains if nobody reads stdout.
func (in *invocation) writeReport(o *applyOptions, report *apply.Report) error {
	document, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	document = append(document, '\n')
	var notKept error
	if file := o.report; file != "" {
		if notKept = outfile.Write(file, document); notKept != nil {
			_, _ = in.Stderr.Write(document) // the only place that is left
		}
	}
	if o.format == "json" {
		_, err = in.Stdout.Write(document)
	} else {
		err = screen.Report(in.Stdout, report)
	}
	return errors.Join(notKept, err)
}
