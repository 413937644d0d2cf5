package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// scopeFlags say what is compared with what, and which part of it.
func scopeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "base", Usage: "compare with `REF` as the commit applied last; auto: $BUILDSYNC_BASE, or each object's own commit of the record; none: without a base", Value: workspace.AutoBase},
		&cli.StringSliceFlag{Name: "only", Usage: "only objects whose name matches `GLOB`"},
		labelFlag(),
		&cli.BoolFlag{Name: "changed", Usage: "read only what differs between base and head", DisableDefaultText: true},
		&cli.StringFlag{Name: "shard", Usage: "only the `I/N`-th part of the objects, such as 3/8"},
		&cli.BoolFlag{Name: "show-undeclared", Usage: "list what is live and not declared, and so kept", DisableDefaultText: true},
		&cli.BoolFlag{Name: "explain", Usage: "name the rule that made two different values equal", DisableDefaultText: true},
		&cli.StringFlag{Name: "secrets-dir", Usage: "read secrets from files in `DIR`, named as in buildsync.yaml"},
		&cli.BoolFlag{Name: "allow-empty-secrets", Usage: "an empty value of a secret is what is meant", DisableDefaultText: true},
		&cli.BoolFlag{Name: "stats", Usage: "count the requests on stderr", DisableDefaultText: true},
	}
}

// railFlags move the rails of one run.
func railFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "allow-removals", Usage: "`N` jobs may be disabled or deleted in this run"},
		&cli.BoolFlag{Name: "allow-empty", Usage: "no definitions at all is what is meant", DisableDefaultText: true},
		&cli.BoolFlag{Name: "adopt", Usage: "take over live jobs of declared names that differ", DisableDefaultText: true},
		&cli.BoolFlag{Name: "force-conflicts", Usage: "the definitions win where both sides were edited", DisableDefaultText: true},
		&cli.BoolFlag{Name: "refuse-drift", Usage: "refuse if declared fields were edited outside", DisableDefaultText: true},
		&cli.StringSliceFlag{Name: "write-secret", Usage: "write the secret `NAME` even if it did not change; all for every one"},
	}
}

// detailFull as --detail lists what new objects hold.
const detailFull = "full"

// planning is everything that a plan is made from.
type planning struct {
	w         *workspace.Workspace
	policies  *policy.Set
	notes     []string // what to say beside a plan, once there is one
	revisions *workspace.Revisions
	scope     apply.Scope
	service   *service
	plan      *diff.Plan
	onlyShown bool // see diff.Options
}

// scope reads the flags that narrow a plan.
func (in *invocation) scope() (apply.Scope, error) {
	scope := apply.Scope{Only: in.Texts("only"), Changed: in.On("changed")}
	if project := in.Text("project"); project != "" {
		scope.Projects = []string{project}
	}
	var err error
	if scope.Shard, err = in.shard(); err != nil {
		return scope, err
	}
	if scope.Labels, err = in.labels(); err != nil {
		return scope, err
	}
	if err := scope.Validate(); err != nil {
		return scope, kit.UsageError{Text: err.Error()}
	}
	return scope, nil
}

// shard reads --shard, the zero shard if it was not given.
func (in *invocation) shard() (apply.Shard, error) {
	text := in.Text("shard")
	if text == "" {
		return apply.Shard{}, nil
	}
	shard, err := apply.ParseShard(text)
	if err != nil {
		return shard, kit.UsageError{Text: fmt.Sprintf("--shard %q: %v", text, err)}
	}
	return shard, nil
}

// preparePlanning loads and compiles head and base.
func (in *invocation) preparePlanning(ctx context.Context) (*planning, error) {
	kit.BoundHeap(in.Env)
	scope, err := in.scope()
	if err != nil {
		return nil, err
	}
	if scope.Changed && in.Text("base") == workspace.NoBase {
		return nil, kit.UsageError{Text: "--changed needs a base to compare with, and --base none gives none"}
	}
	w, err := in.openPacked()
	if err != nil {
		return nil, err
	}
	if err := checkProjects(w, scope.Projects); err != nil {
		return nil, err
	}
	policies, err := in.loadPolicies(w)
	if err != nil {
		return nil, err
	}
	revisions, err := in.readRevisions(ctx, w, in.Text("base"))
	if err != nil {
		return nil, err
	}
	var notes []string
	if revisions.Unrecorded {
		notes = append(notes, noBaseYet(revisions.Scope))
	}
	if scope.Changed && revisions.Base == nil {
		return nil, &failure{exitInvalid, fmt.Errorf("--changed needs a base, and there is none yet: leave it out for the first apply")}
	}
	scope.Policies = revisions.Policies(w)
	notes = append(notes, in.notesOfPolicies(ctx, w, revisions, policies)...)
	p := &planning{w: w, notes: notes, policies: policies, revisions: revisions, scope: scope}
	input := in.planInput(p)
	if err := input.CheckNames(); err != nil {
		return nil, kit.UsageError{Text: err.Error()}
	}
	return p, nil
}

// connectTo makes the client that the plan is read with. Nothing is sent yet.
func (in *invocation) connectTo(p *planning) (err error) {
	p.service, err = in.connect(p.w.Dir, p.w.Set.Workspace.Region)
	return err
}

// makePlan reads the live state and compares.
func (in *invocation) makePlan(ctx context.Context, p *planning) error {
	input := in.planInput(p)
	var warning string
	var err error
	switch input.Journal, warning, err = workspace.EarlierJournal(p.w.Dir, p.service.name); {
	case errors.Is(err, workspace.ErrForeignJournals):
		p.notes = append(p.notes, err.Error())
	case err != nil:
		in.Note("the journal of the last run is not used: %v", err)
	case warning != "":
		in.Note("the journal of the last run: %s", warning)
	}
	progress := screen.NewReading(in.Invocation, in.pacing)
	input.OnRead = progress.Read
	plan, err := apply.MakePlan(ctx, p.service, input)
	progress.Close()
	if err != nil {
		return fmt.Errorf("reading the live state: %w", err)
	}
	plan.CreatedAt = time.Now().UTC().Truncate(time.Second)
	plan.Region = regionOf(p.service.name)
	apply.MarkMissing(plan, in.secrets())
	p.plan = plan
	if !render.Unread(plan) {
		in.tellNotes(p)
	}
	return nil
}

// tellNotes says what the plan could not check. It comes after the reading: where
// that fails, the reason is all there is to say.
func (in *invocation) tellNotes(p *planning) {
	for _, note := range p.notes {
		in.Note("%s", note)
	}
	p.notes = nil
}

// regionOf returns the region that an endpoint belongs to, "" if none is
// known.
func regionOf(endpoint string) string {
	for _, region := range wire.Regions() {
		if known, err := client.Endpoint(region); err == nil && known == strings.TrimSuffix(endpoint, "/") {
			return region
		}
	}
	return ""
}

// connectAndPlan is connectTo, then makePlan.
func (in *invocation) connectAndPlan(ctx context.Context, p *planning) error {
	if err := in.connectTo(p); err != nil {
		return err
	}
	return in.makePlan(ctx, p)
}

// planInput is what a plan depends on beside the live state and earlier runs.
func (in *invocation) planInput(p *planning) apply.PlanInput {
	input := p.w.PlanInput(p.revisions, p.scope)
	input.ToolVersion, input.Parallel = kit.Version(), in.Number("parallelism")
	input.Options = diff.Options{
		ForceConflicts: in.On("force-conflicts"), Adopt: in.On("adopt"), RefuseDrift: in.On("refuse-drift"),
		AllowEmpty: in.On("allow-empty"), AllowRemovals: in.Number("allow-removals"), WriteSecrets: in.Texts("write-secret"),
		ShowUndeclared: in.On("show-undeclared"), Explain: in.On("explain"),
		Contents: in.Text("detail") == detailFull, OnlyShown: p.onlyShown,
	}
	input.Judge = in.judge(p.policies)
	if p.service != nil {
		input.Endpoint = p.service.name
	}
	return input
}

// close ends what the planning holds open.
func (p *planning) close() error {
	if p.service == nil {
		return nil
	}
	return p.service.close()
}
