package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/spec"
)

// lastRecord bounds the Git commands that note what was applied, also where the
// run itself was interrupted.
const lastRecord = time.Minute

// recordScope returns what the record is about that belongs to the service that
// the flags name.
func (in *invocation) recordScope(w *workspace, repo *gitbase.Repo) (record.Scope, error) {
	s := record.Scope{Environment: in.Text("env"), Folder: repo.Folder()}
	endpoint := in.Text("endpoint")
	if endpoint == endpointEmulator {
		s.Endpoint, s.Private = endpointEmulator, true
		return s, nil
	}
	region := w.set.Workspace.Region
	if named := in.Text("region"); named != "" {
		region = named
	}
	var err error
	s.Endpoint, err = buildEndpoint(endpoint, region)
	return s, err
}

// readRecord reads and compiles what was applied to the endpoint.
func (in *invocation) readRecord(ctx context.Context, w *workspace, r *revisions) error {
	if err := in.findRecord(ctx, w, r); err != nil {
		return err
	}
	if r.recorded == nil {
		r.notes = append(r.notes, noBaseYet(r.scope))
		if r.first {
			return nil
		}
		// What this clone applied elsewhere says nothing of what is live here.
		r.base = &revision{Revision: diff.Revision{Ref: r.scope.Ref()}, result: &compile.Result{}}
		return nil
	}
	if err := in.composeRecord(ctx, w, r); err != nil {
		return err
	}
	r.base = &revision{Revision: diff.Revision{Ref: r.recorded.Ref, Commit: r.recorded.Record.Commit}, result: r.applied.Result}
	return nil
}

// noBaseYet says what a plan without a record cannot see.
func noBaseYet(scope record.Scope) string {
	text := "there is no base yet"
	if scope.Endpoint != "" {
		text += " for " + scope.String()
	}
	text += ": removals and drift are not seen"
	if scope.Private {
		return text + " before the first apply"
	}
	return text + "; buildsync base fetch gets what others applied"
}

// findRecord finds the record of the endpoint, or what an older version left.
func (in *invocation) findRecord(ctx context.Context, w *workspace, r *revisions) error {
	scope, err := in.recordScope(w, r.repo)
	if err != nil {
		r.first = true
		return nil //nolint:nilerr // connecting says what is missing
	}
	r.scope = scope
	if r.recorded, err = record.Read(ctx, r.repo, scope.Ref()); err != nil {
		return recordFailure(err)
	}
	if r.recorded == nil && isOwnRegion(w, scope.Endpoint) {
		if r.recorded, err = record.ReadOld(ctx, r.repo, scope); err != nil {
			return recordFailure(err)
		}
	}
	others, err := record.Others(ctx, r.repo, scope)
	r.first = len(others) == 0
	return err
}

// isOwnRegion reports whether an endpoint is that of the workspace's region.
func isOwnRegion(w *workspace, endpoint string) bool {
	own, err := client.Endpoint(w.set.Workspace.Region)
	return err == nil && own == strings.TrimSuffix(endpoint, "/")
}

// recordFailure is an error about the record; it is not guessed around.
func recordFailure(err error) error {
	var damaged *record.DamagedError
	if errors.As(err, &damaged) {
		return &failure{exitInvalid, err}
	}
	return fmt.Errorf("reading what was applied: %w", err)
}

// composeRecord compiles the commits that the record names.
func (in *invocation) composeRecord(ctx context.Context, w *workspace, r *revisions) error {
	applied, err := record.Compose(ctx, r.recorded.Record, func(ctx context.Context, commit string) (*compile.Loaded, error) {
		if _, err := r.repo.Resolve(ctx, commit); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &failure{exitInvalid, fmt.Errorf("the record %s names commit %.12s, which is not in this clone; "+
				"fetch it: buildsync base fetch (git fetch --unshallow in a shallow clone)", r.recorded.Ref, commit)}
		}
		return in.compileCommit(ctx, w, r.repo, commit)
	})
	if err != nil {
		return err
	}
	r.applied = applied
	return nil
}

// describeBase adds what the record says of single objects.
func (r *revisions) describeBase(input *diff.Input) {
	input.FirstApply = r.recorded == nil && r.first
	input.BasePolicy = func(string) (spec.Policy, bool) { return r.base.policy, true }
	if r.applied == nil || r.base.result != r.applied.Result {
		return
	}
	input.FirstApply = r.recorded.Record.Commit == "" && len(r.recorded.Except) == 0
	input.Tried, input.BasePolicy = r.applied.Tried(), r.applied.Policy
	input.Found, input.Unproven = setOf(r.recorded.Found), setOf(r.recorded.Unproven)
}

// policies returns the policies that decide about an object: of the definitions
// that were read, and of the base.
func (r *revisions) policies(w *workspace) func(address string) (head, base spec.Policy) {
	return func(address string) (head, base spec.Policy) {
		head = w.set.Workspace.Policy
		switch {
		case r.applied != nil && r.base != nil && r.base.result == r.applied.Result:
			base, _ = r.applied.Policy(address)
		case r.base != nil:
			base = r.base.policy
		}
		return head, base
	}
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// memory keeps the record of one apply.
type memory struct {
	in     *invocation
	p      *planning
	before *record.Stored // the record that the plan was made with; nil: there was none
}

// remembers returns the memory of a run, nil where it cannot be remembered, and
// says why then.
func (in *invocation) remembers(ctx context.Context, p *planning) *memory {
	r := p.revisions
	if r.repo == nil {
		return nil
	}
	if r.head.Dirty || r.head.Commit == "" {
		in.Note("the definitions are not committed, so what is applied is not remembered")
		return nil
	}
	if r.scope.Endpoint == "" { // another base was given, so the record was not read
		if err := in.findRecord(ctx, p.w, r); err != nil {
			in.Warn("what is applied is not remembered: %v", err)
			return nil
		}
	}
	if r.scope.Endpoint == "" {
		return nil
	}
	return &memory{in, p, r.recorded}
}

// begin notes, before the first write, what is about to be written: a run that
// is killed leaves no other trace.
func (m *memory) begin(ctx context.Context) error {
	r := m.p.revisions
	addresses, smoked := aboutToWrite(m.p.plan)
	if !m.in.On("smoke") {
		smoked = nil
	}
	next := record.Begin(recordIn(r.recorded), r.head.Commit, addresses, smoked)
	return m.write(ctx, next, fmt.Sprintf("Begin to apply %.12s to %s\n", r.head.Commit, r.scope))
}

// aboutToWrite returns the objects that a plan writes, and those whose builds can
// prove them.
func aboutToWrite(plan *diff.Plan) (addresses, bodies []string) {
	for i := range plan.Changes {
		change := &plan.Changes[i]
		if len(change.Actions) > 0 {
			addresses = append(addresses, change.Object())
		}
		if change.WritesBody() {
			bodies = append(bodies, change.Object())
		}
	}
	return addresses, bodies
}

func recordIn(s *record.Stored) *record.Record {
	if s == nil {
		return nil
	}
	return s.Record
}

// write stores the record. What an older version left is the record's origin.
func (m *memory) write(ctx context.Context, next *record.Record, message string) error {
	r := m.p.revisions
	stored, err := record.Write(ctx, r.repo, r.scope.Ref(), r.recorded, next, message)
	if err != nil {
		return err
	}
	r.recorded = stored
	return nil
}

// end notes what was applied: of each object that was written and verified, or
// found in step, that it is at the commit now.
func (m *memory) end(ctx context.Context, report *apply.Report) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastRecord)
	defer cancel()
	r := m.p.revisions
	next, done, err := m.next(ctx, report)
	if err == nil {
		message := fmt.Sprintf("Apply %.12s to %s: %s\n\n%s", r.head.Commit, r.scope, counted(done, "object"), m.details())
		err = m.write(ctx, next, message)
	}
	if err != nil {
		m.in.Warn("what was applied is not remembered: %v", err)
		return
	}
	if m.p.plan.HasChanges() || len(next.Except) > 0 {
		m.in.Note("%s", recordText(r.recorded))
	}
}

// recordText says in one line what a record says.
func recordText(s *record.Stored) string {
	text := fmt.Sprintf("the record %s is at %.12s", s.Ref, s.Record.Commit)
	if n := len(s.Except); n > 0 {
		text += fmt.Sprintf(", %s at other commits or not applied yet (buildsync base show)", counted(n, "object"))
	}
	return text
}

// details are the lines of a record's commit message for who reads git log.
func (m *memory) details() string {
	text := fmt.Sprintf("Plan: %s\nVersion: buildsync %s\n", m.p.plan.PlanID, kit.Version())
	if shard := m.in.Text("shard"); shard != "" {
		text += "Shard: " + shard + "\n"
	}
	if len(m.p.scope.Only) > 0 {
		text += "Only: " + strings.Join(m.p.scope.Only, " ") + "\n"
	}
	if len(m.p.scope.Labels) > 0 {
		text += "Label: " + strings.Join(m.p.scope.Labels.Texts(), " ") + "\n"
	}
	if len(m.p.scope.Projects) > 0 {
		text += "Project: " + strings.Join(m.p.scope.Projects, " ") + "\n"
	}
	return text
}

// next works out the record after the run, and how many objects are at the
// commit.
func (m *memory) next(ctx context.Context, report *apply.Report) (*record.Record, int, error) {
	r := m.p.revisions
	before := recordIn(m.before)
	base := r.applied
	if base == nil && before != nil { // another base was given
		held := *r
		held.recorded = &record.Stored{Ref: r.scope.Ref(), Record: before}
		if err := m.in.composeRecord(ctx, m.p.w, &held); err != nil {
			return nil, 0, err
		}
		base = held.applied
	}
	if base == nil {
		base = &record.Base{Record: &record.Record{}, Result: &compile.Result{}}
	}
	s := settling{
		commit: r.head.Commit, head: m.p.w.result, base: base, before: before,
		settled: apply.Settlements(m.p.plan, report), scope: m.p.scope,
		policy: m.p.w.set.Workspace.Policy, adopt: m.in.On("adopt"), given: r.base,
	}
	states := s.states()
	done := 0
	for _, state := range states {
		if state.Commit == r.head.Commit {
			done++
		}
	}
	return record.Update{
		Old: before, Commit: r.head.Commit, States: states,
		Part: m.p.scope.Shard.Count > 1, Declares: s.declares,
	}.Record(), done, nil
}
