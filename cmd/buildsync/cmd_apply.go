package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
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
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) applyCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.BoolFlag{Name: "yes", Usage: "do not ask", DisableDefaultText: true},
		&cli.StringFlag{Name: "approve", Usage: "go on only if the plan has the id `sha256:…`"},
		&cli.DurationFlag{Name: "max-plan-age", Usage: "refuse a PLAN that is older than `D`; 0: any age", Value: 24 * time.Hour},
		&cli.StringFlag{Name: "report", Usage: "write what was done to `FILE`, as JSON"},
		&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json (the report)", Value: "text"},
		&cli.BoolFlag{Name: "skip-missing-secrets", Usage: "leave out the jobs whose secrets have no value, and write the others", DisableDefaultText: true},
		&cli.BoolFlag{Name: "allow-hidden", Usage: "update a job although the routes do not show all of it; what they do not show may be cleared", DisableDefaultText: true},
		&cli.BoolFlag{Name: "fail-fast", Usage: "start nothing more after the first failure", DisableDefaultText: true},
		&cli.BoolFlag{Name: "smoke", Usage: "run each changed job afterwards and fail if its build does", DisableDefaultText: true},
		&cli.StringFlag{Name: "create-retry", Usage: "send a create again after an error `ANSWER` (answered), or after silence too (settled)", Value: "answered"},
		&cli.StringFlag{Name: "rescue", Usage: "keep a template's body in `FILE` before it is deleted ahead of its replacement"},
		&cli.DurationFlag{Name: "lock-timeout", Usage: "wait `D` for another apply on this machine to end"},
		&cli.DurationFlag{Name: "grace", Usage: "after Ctrl-C let writes under way finish for `D`", Value: 30 * time.Second},
	}, scopeFlags()...)
	return p.command(&cli.Command{
		Name:      "apply",
		Usage:     "make the live state match the definitions",
		ArgsUsage: "[PLAN]",
		Description: about(`Makes a plan, asks, carries it out, and reads back what it wrote. With a PLAN (or --approve)
it goes on only if the plan that it makes now is the one that was approved; give it the
flags that plan was given. Without a terminal it needs PLAN, --approve or --yes.

Secrets come from BUILDSYNC_SECRET_<NAME> or --secrets-dir. An empty value counts as missing,
and a missing secret ends the run before the first write. Ctrl-C starts nothing new and
lets writes under way finish; a second one stops at once. A record in Git keeps at which
commit each object was applied last, also where a run ends early; see buildsync base.

Exit codes: 0 done; 1 an error before any write; 3 invalid input; 4 the plan is stale;
5 a rail refuses the plan; 6 written in part, unknown or not converged; 130 interrupted.`,
			"buildsync apply --endpoint emulator",
			"buildsync apply --env prod plan.json",
			"buildsync apply --yes --report report.json"),
		Flags: append(flags, railFlags()...),
	}, (*invocation).apply)
}

// approval is the plan that apply may carry out.
type approval struct {
	id   string
	plan *diff.Plan // nil where only the id is known
}

func (in *invocation) apply() (err error) {
	approved, err := in.approval()
	if err != nil {
		return err
	}
	if _, err := in.OneOf("format", "text", "json"); err != nil {
		return err
	}
	createRetry, err := in.createRetry()
	if err != nil {
		return err
	}
	if err := in.checkOutputs(); err != nil {
		return err
	}
	in.Stops.Changes.Store(true)
	ctx, cancel := in.WithTimeout()
	defer cancel()
	p, err := in.preparePlanning(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := in.connectTo(p); err != nil {
		return err
	}
	if err := approved.checkCircumstances(in.planInput(p)); err != nil {
		return &failure{exitStale, err}
	}
	if err := in.makePlan(ctx, p); err != nil {
		return err
	}
	if err := in.mayApply(ctx, p, approved); err != nil {
		return err
	}
	failpoint.At("approved")
	return in.carryOut(ctx, p, createRetry)
}

// approval reads the PLAN argument and --approve.
func (in *invocation) approval() (approval, error) {
	args, err := in.Args(1)
	if err != nil {
		return approval{}, err
	}
	a := approval{id: in.Text("approve")}
	if in.Set("approve") && !approvedID().MatchString(a.id) {
		return a, kit.UsageError{Text: fmt.Sprintf("--approve %q: give a plan's id, sha256: and at least its first 12 digits", a.id)}
	}
	if len(args) == 0 {
		return a, nil
	}
	if a.plan, err = in.readPlan(args[0]); err != nil {
		return a, err
	}
	if a.plan.FormatVersion != diff.FormatVersion {
		return a, &failure{exitStale, fmt.Errorf("%s is a plan of format %s, and this version approves %s; make a new plan and approve that", args[0], sanitize.Line(a.plan.FormatVersion, 20), diff.FormatVersion)}
	}
	if a.id != "" && !strings.HasPrefix(a.plan.PlanID, a.id) {
		return a, &failure{exitStale, fmt.Errorf("%s is the plan %s, not %s as --approve demands", args[0], a.plan.PlanID, a.id)}
	}
	a.id = a.plan.PlanID
	return a, in.checkAge(args[0], a.plan)
}

// approvedID matches a plan's id, or the beginning of one that documents show.
var approvedID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{12,64}$`) })

// clocksMayDiffer is the allowed difference between the clocks of two machines.
const clocksMayDiffer = 5 * time.Minute

// checkAge refuses a stored plan whose approval is too old.
func (in *invocation) checkAge(name string, plan *diff.Plan) error {
	most := in.Duration("max-plan-age")
	age := time.Since(plan.CreatedAt)
	var reason string
	switch {
	case most == 0:
		return nil
	case plan.CreatedAt.IsZero():
		reason = "does not say when it was made"
	case age < -clocksMayDiffer:
		reason = fmt.Sprintf("was made at %s, which is in the future here: one of the clocks is wrong", plan.CreatedAt.Format(time.RFC3339))
	case age > most:
		reason = fmt.Sprintf("was made at %s, which is longer ago than --max-plan-age %s", plan.CreatedAt.Format(time.RFC3339), most)
	default:
		return nil
	}
	return &failure{exitStale, fmt.Errorf("%s %s; make a new plan and approve that", name, reason)}
}

// check reports whether fresh is the approved plan.
func (a approval) check(fresh *diff.Plan) error {
	if a.plan != nil {
		return apply.Approve(a.plan, fresh)
	}
	// An empty plan cannot exceed an approval: everything is done already.
	if a.id != "" && !strings.HasPrefix(fresh.PlanID, a.id) && (fresh.HasChanges() || fresh.Refused()) {
		return fmt.Errorf("the plan is %s now, not %s as --approve demands; look at a new plan and approve that", fresh.PlanID, sanitize.Line(a.id, 80))
	}
	return nil
}

// checkCircumstances reports whether a plan with these inputs can be the one that
// was approved, before a single request is sent.
func (a approval) checkCircumstances(input apply.PlanInput) error {
	if a.plan == nil {
		return nil
	}
	return apply.Approve(a.plan, &diff.Plan{
		ToolVersion: input.ToolVersion, Environment: input.Environment, Endpoint: input.Endpoint,
		Head: input.HeadRevision, Base: input.BaseRevision,
	})
}

// createRetry reads --create-retry.
func (in *invocation) createRetry() (apply.CreateRetry, error) {
	word, err := in.OneOf("create-retry", "answered", string(apply.CreateRetrySettled))
	if word == "answered" {
		return apply.CreateRetryAnswered, err
	}
	return apply.CreateRetry(word), err
}

// mayApply shows the plan and decides whether to carry it out: it must be the approved one, without
// refusals, and confirmed.
func (in *invocation) mayApply(ctx context.Context, p *planning, approved approval) error {
	if err := approved.check(p.plan); err != nil {
		return &failure{exitStale, err}
	}
	shown := (approved.id == "" || !p.plan.HasChanges()) && !render.Unread(p.plan) && in.Text("format") == "text" && (!in.On("quiet") || p.plan.Refused())
	if shown {
		if err := in.renderPlan(p.plan, []kit.Output{{Format: "text"}}); err != nil {
			return err
		}
	}
	const refused = "the plan is refused; nothing was written"
	switch {
	case p.plan.Refused() && shown && kit.SameReader(in.Stdout, in.Stderr):
		return &failure{heldCode(p.plan), errors.New(refused)} // the reasons have been read
	case p.plan.Refused():
		return in.refused(p.plan, refused)
	}
	if ctx.Err() != nil && p.plan.HasChanges() {
		return context.Cause(ctx)
	}
	if !p.plan.HasChanges() || approved.id != "" || in.On("yes") {
		return nil
	}
	if !kit.IsTerminal(in.Stdin) {
		return kit.UsageError{Text: "there is no terminal to ask on: add --yes, or give the file of a plan that was approved"}
	}
	if !in.On("skip-missing-secrets") {
		if err := apply.CheckSecrets(p.plan, in.secrets()); err != nil {
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

// refused lists the rails that stop the plan.
func (in *invocation) refused(plan *diff.Plan, what string) error {
	if render.Unread(plan) {
		_, consequence, _ := strings.Cut(what, ";")
		if consequence != "" {
			consequence = ";" + consequence
		}
		return &failure{heldCode(plan), errors.New(sanitize.Line(plan.Refusals[0].Message, sanitize.MessageLimit) + consequence)}
	}
	var text strings.Builder
	text.WriteString(what)
	for _, refusal := range render.Refusals(plan) {
		fmt.Fprintf(&text, "\n  %s: %s", refusal.Rule, sanitize.Line(refusal.Message, sanitize.MessageLimit))
	}
	return &failure{heldCode(plan), errors.New(text.String())}
}

// carryOut runs the plan, reports, and records the applied commit.
func (in *invocation) carryOut(ctx context.Context, p *planning, createRetry apply.CreateRetry) error {
	options := apply.Options{
		Parallelism: in.Number("parallelism"),
		FailFast:    in.On("fail-fast"),
		CreateRetry: createRetry,
		Clock:       p.service.clock,
		Secrets:     hiding{in.secrets(), p.service.Hide},
		Grace:       in.Duration("grace"),
		RescueFile:  in.Text("rescue"),

		AllowHidden:        in.On("allow-hidden"),
		SkipMissingSecrets: in.On("skip-missing-secrets"),
		Modules:            diff.ModulesOf(p.w.Catalogue),
		Abort:              in.Stops.Hard,
	}
	options.Smoke = in.smoke(p.service)
	if p.service.Dialect() == client.DialectV1 {
		options.History = p.service // only these routes have a change history
	}
	if !p.plan.HasChanges() {
		ctx = context.WithoutCancel(ctx) // there is nothing to stop
	}
	memory := in.remembers(ctx, p)
	if p.plan.HasChanges() {
		release, err := in.lock(ctx, p)
		if err != nil {
			return err
		}
		defer release()
		failpoint.At("locked")
		journal, old, err := workspace.OpenJournal(p.w.Dir, p.service.name, p.plan.PlanID)
		if err != nil {
			return err
		}
		if old != nil {
			in.Note("%v", old)
		}
		defer journal.Close()
		options.Journal = journal
		failpoint.At("journalled")
		if memory != nil {
			if err := memory.Begin(ctx); err != nil {
				return &failure{exitFailed, fmt.Errorf("recording the apply before it starts: %w; nothing was written", err)}
			}
		}
		in.Stops.Wrote.Store(true)
		in.Stops.Writing.Store(true)
	}
	progress := screen.NewApplying(in.Invocation, p.plan, in.pacing)
	options.Begin, options.Done = progress.Begin, progress.Done
	report, err := apply.Run(ctx, p.service, p.plan, options)
	progress.Close()
	if err != nil {
		return err
	}
	if memory != nil {
		in.endRecord(ctx, memory, report)
	}
	in.printStats(p.service)
	report.Code = in.applyCode(p.plan, report)
	code := report.Code
	if err := kit.UnlessUnread(in.writeReport(report)); err != nil {
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
		in.Next("%s does the rest", in.Again("apply"))
	}
	failpoint.At("reported")
	return said(code)
}

// secrets returns the source of secret values.
func (in *invocation) secrets() apply.EnvSecrets {
	return apply.EnvSecrets{LookupEnv: in.Env.Lookup, Dir: in.Text("secrets-dir"), AllowEmpty: in.On("allow-empty-secrets")}
}

// applyCode is the exit code of a run: the report's, or the signal's, or one for jobs that were
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

// hiding hides each resolved secret in all later messages.
type hiding struct {
	apply.Resolver
	hide func(values ...string)
}

// Resolve implements apply.Resolver.
func (h hiding) Resolve(name string) (string, error) {
	value, err := h.Resolver.Resolve(name)
	if err == nil {
		h.hide(value)
	}
	return value, err
}

// checkOutputs checks that the output files of apply can be written, before anything else is
// written.
func (in *invocation) checkOutputs() error {
	if file := in.Text("report"); file != "" {
		if err := outfile.Check(file); err != nil {
			return err
		}
	}
	file := in.Text("rescue")
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
func (in *invocation) writeReport(report *apply.Report) error {
	document, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	document = append(document, '\n')
	var notKept error
	if file := in.Text("report"); file != "" {
		if notKept = outfile.Write(file, document); notKept != nil {
			in.Printf("%s", document) // the only place that is left
		}
	}
	if in.Text("format") == "json" {
		_, err = in.Stdout.Write(document)
	} else {
		err = screen.Report(in.Stdout, report)
	}
	return errors.Join(notKept, err)
}
