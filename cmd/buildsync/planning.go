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
	"github.com/buildsync/buildsync/pkg/judging"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// scopeOptions say what is compared with what, and which part of it.
type scopeOptions struct {
	selectionOptions
	base                    string
	changed                 bool
	shard                   string
	showUndeclared, explain bool
	secretsDir              string
	allowEmptySecrets       bool
	stats                   bool
}

func (o *scopeOptions) flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "base", Destination: &o.base, Usage: "compare with the commit `REF` as the base; auto: $BUILDSYNC_BASE, or each object's own commit in the record; none: no base", Value: workspace.AutoBase},
		o.onlyFlag("objects"),
		o.labelFlag(),
		&cli.BoolFlag{Name: "changed", Destination: &o.changed, Usage: "read only what differs between base and head", DisableDefaultText: true},
		&cli.StringFlag{Name: "shard", Destination: &o.shard, Usage: "only the `I/N`-th part of the objects, such as 3/8"},
		&cli.BoolFlag{Name: "show-undeclared", Destination: &o.showUndeclared, Usage: "list live fields that are not declared; they are kept", DisableDefaultText: true},
		&cli.BoolFlag{Name: "explain", Destination: &o.explain, Usage: "name the rule by which two different values count as equal", DisableDefaultText: true},
		&cli.StringFlag{Name: "secrets-dir", Destination: &o.secretsDir, Usage: "read secrets from files in `DIR`, named as in buildsync.yaml"},
		&cli.BoolFlag{Name: "allow-empty-secrets", Destination: &o.allowEmptySecrets, Usage: "accept an empty value of a secret", DisableDefaultText: true},
		statsFlag(&o.stats),
	}
}

// railOptions move the rails of one run.
type railOptions struct {
	allowRemovals                                  int
	allowEmpty, adopt, forceConflicts, refuseDrift bool
	writeSecret                                    cli.StringSlice
}

func (o *railOptions) flags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "allow-removals", Destination: &o.allowRemovals, Usage: "`N` jobs may be disabled or deleted in this run"},
		&cli.BoolFlag{Name: "allow-empty", Destination: &o.allowEmpty, Usage: "accept a workspace without definitions", DisableDefaultText: true},
		&cli.BoolFlag{Name: "adopt", Destination: &o.adopt, Usage: "take over live jobs that have a declared name and differ", DisableDefaultText: true},
		&cli.BoolFlag{Name: "force-conflicts", Destination: &o.forceConflicts, Usage: "let the definitions win where both sides were edited", DisableDefaultText: true},
		&cli.BoolFlag{Name: "refuse-drift", Destination: &o.refuseDrift, Usage: "refuse if declared fields were edited outside", DisableDefaultText: true},
		&cli.StringSliceFlag{Name: "write-secret", Destination: &o.writeSecret, Usage: "write the secret `NAME` even if it did not change; all for every one"},
	}
}

// detailFull as --detail lists what new objects hold.
const detailFull = "full"

// planning is everything that a plan is made from.
type planning struct {
	scopeOptions
	railOptions
	contents bool // list what new objects hold
	drift    bool // ask only about edits from outside: no policy judges

	w           *workspace.Workspace
	judge       *judging.Judge
	notes       []string // what to say beside a plan, once there is one
	revisions   *workspace.Revisions
	scope       apply.Scope
	service     *service
	plan        *diff.Plan
	assumedBase bool // see diff.Input

	onlyShown bool // see diff.Options
}

// planScope reads the flags that narrow a plan.
func (in *invocation) planScope(o *scopeOptions) (scope apply.Scope, err error) {
	scope.Changed = o.changed
	if scope.Selection, err = in.selection(&o.selectionOptions); err != nil {
		return scope, err
	}
	if o.shard != "" {
		if scope.Shard, err = apply.ParseShard(o.shard); err != nil {
			return scope, kit.UsageError{Text: fmt.Sprintf("--shard %q: %v", o.shard, err)}
		}
	}
	if o.changed && o.base == workspace.NoBase {
		return scope, kit.UsageError{Text: "--changed needs a base to compare with, and --base none gives none"}
	}
	return scope, nil
}

// prepare loads and compiles head and base.
func (in *invocation) prepare(ctx context.Context, p *planning) (err error) {
	kit.BoundHeap(in.Env)
	if p.scope, err = in.planScope(&p.scopeOptions); err != nil {
		return err
	}
	if p.w, err = in.openPacked(); err != nil {
		return err
	}
	if err := in.checkProject(p.w); err != nil {
		return err
	}
	if p.judge, err = in.judge(p.w); err != nil {
		return err
	}
	if p.revisions, err = in.readRevisions(ctx, p.w, p.base); err != nil {
		return err
	}
	if p.revisions.Unrecorded {
		p.notes = append(p.notes, noBaseYet(p.revisions.Scope))
	}
	if p.changed && p.revisions.Base == nil {
		return &failure{exitInvalid, errors.New("--changed needs a base, and there is none yet: leave it out for the first apply")}
	}
	if !p.drift {
		p.notes = append(p.notes, p.judge.Since(ctx, p.revisions, in.global.env)...)
	}
	input := in.planInput(p)
	return input.CheckNames()
}

// connectTo makes the client that the plan is read with. Nothing is sent yet.
func (in *invocation) connectTo(p *planning) (err error) {
	p.service, err = in.connect(p.w.Dir, p.w.Set.Workspace.Region, p.scope.Shard.Count)
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
	input.Note = func(note string) { p.notes = append(p.notes, note) }
	plan, err := apply.MakePlan(ctx, p.service, input)
	progress.Close()
	if err != nil {
		return fmt.Errorf("reading the live state: %w", err)
	}
	plan.CreatedAt = time.Now().UTC().Truncate(time.Second)
	plan.Region = regionOf(p.service.name)
	apply.MarkMissing(plan, in.secrets(&p.scopeOptions))
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

// planInput returns what a plan depends on beside the live state and earlier runs.
func (in *invocation) planInput(p *planning) apply.PlanInput {
	input := p.w.PlanInput(p.revisions, p.scope)
	input.AssumedBase = p.assumedBase
	input.ToolVersion, input.Parallel = kit.Version(), in.global.parallelism
	input.Options = diff.Options{
		ForceConflicts: p.forceConflicts, Adopt: p.adopt, RefuseDrift: p.refuseDrift,
		AllowEmpty: p.allowEmpty, AllowRemovals: p.allowRemovals, WriteSecrets: p.writeSecret.Value(),
		ShowUndeclared: p.showUndeclared, Explain: p.explain,
		Contents: p.contents, OnlyShown: p.onlyShown,
	}
	if !p.drift {
		input.Judge = p.judge.OfPlan(in.Note)
	}
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
