package workspace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// lastRecord bounds the Git commands that store the record, also after an interrupt.
const lastRecord = time.Minute

// readRecord reads and compiles the record of the endpoint.
func (w *Workspace) readRecord(ctx context.Context, r *Revisions) error {
	if err := w.FindRecord(ctx, r); err != nil {
		return err
	}
	if r.Recorded == nil {
		r.Unrecorded = true
		if r.First {
			return nil
		}
		// Applies to other endpoints say nothing about the live state here.
		r.Base = &Revision{Revision: diff.Revision{Ref: r.Scope.Ref()}, Result: &compile.Result{}}
		return nil
	}
	if err := w.composeRecord(ctx, r); err != nil {
		return err
	}
	r.Base = &Revision{Revision: diff.Revision{Ref: r.Recorded.Ref, Commit: r.Recorded.Record.Commit}, Result: r.Applied.Result}
	return nil
}

// FindRecord finds the record of the endpoint, or that of an older version.
func (w *Workspace) FindRecord(ctx context.Context, r *Revisions) (err error) {
	scope := r.Asked.Scope
	if scope.Endpoint == "" {
		r.First = true // the missing endpoint is reported when connecting
		return nil
	}
	scope.Folder = r.Repo.Folder()
	r.Scope = scope
	if r.Recorded, err = record.Read(ctx, r.Repo, scope.Ref()); err != nil {
		return RecordError(err)
	}
	if r.Recorded == nil && isOwnRegion(w, scope.Endpoint) {
		if r.Recorded, err = record.ReadOld(ctx, r.Repo, scope); err != nil {
			return RecordError(err)
		}
	}
	others, err := record.Others(ctx, r.Repo, scope)
	r.First = len(others) == 0
	return err
}

// isOwnRegion reports whether an endpoint belongs to the workspace's region.
func isOwnRegion(w *Workspace, endpoint string) bool {
	own, err := client.Endpoint(w.Set.Workspace.Region)
	return err == nil && own == strings.TrimSuffix(endpoint, "/")
}

// RecordError describes an error of the record, which always ends the command.
func RecordError(err error) error {
	var damaged *record.DamagedError
	if errors.As(err, &damaged) {
		return err
	}
	var nowhere *gitbase.NoRemoteError
	if errors.As(err, &nowhere) {
		return fmt.Errorf("no record was exchanged: %w; %s", err, remedy.NameRemote(nowhere.Remote, nowhere.Known))
	}
	return fmt.Errorf("reading what was applied: %w", err)
}

// composeRecord compiles the commits that the record names.
func (w *Workspace) composeRecord(ctx context.Context, r *Revisions) error {
	applied, err := record.Compose(ctx, r.Recorded.Record, func(ctx context.Context, commit string) (*compile.Loaded, error) {
		if _, err := r.Repo.Resolve(ctx, commit); err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, &Refusal{fmt.Errorf("the record %s names commit %.12s, which is not in this clone", r.Recorded.Ref, commit), remedy.FetchCommit}
		}
		return w.compileCommit(ctx, r, commit)
	})
	if err != nil {
		return err
	}
	r.Applied = applied
	return nil
}

// DescribeBase adds the record's states of single objects.
func (r *Revisions) DescribeBase(input *diff.Input) {
	input.FirstApply = r.firstApply()
	input.BasePolicy = func(string) (spec.Policy, bool) { return r.Base.Policy, true }
	if r.Applied == nil || r.Base.Result != r.Applied.Result {
		return
	}
	input.Tried, input.BasePolicy = r.Applied.Tried(), r.Applied.Policy
	input.Found, input.Unproven = setOf(r.Recorded.Found), setOf(r.Recorded.Unproven)
	input.Spelled, input.Rewritten = setOf(r.Recorded.Spelled), r.Recorded.Rewritten
	input.TriedTemplates = r.Applied.TriedTemplates()
}

// firstApply reports whether no earlier apply to the endpoint is known to have ended.
func (r *Revisions) firstApply() bool {
	if r.Recorded == nil {
		return r.First
	}
	if r.Applied == nil || r.Base == nil || r.Base.Result != r.Applied.Result {
		return false // another base was given
	}
	return r.Recorded.Record.Commit == "" && len(r.Recorded.Except) == 0
}

// Policies returns the policies for an object: of the definitions that were read, and of the base.
func (r *Revisions) Policies(w *Workspace) func(address string) (head, base spec.Policy) {
	return func(address string) (head, base spec.Policy) {
		head = w.Set.Workspace.Policy
		switch {
		case r.Applied != nil && r.Base != nil && r.Base.Result == r.Applied.Result:
			base, _ = r.Applied.Policy(address)
		case r.Base != nil:
			base = r.Base.Policy
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

// Recording is the record of one apply.
type Recording struct {
	w      *Workspace
	r      *Revisions
	before *record.Stored // the record that the plan was made with; nil: there was none
	About  Applying
}

// Applying describes a run for its record.
type Applying struct {
	Plan    *diff.Plan
	Scope   apply.Scope
	Smoke   bool   // smoke builds are run
	Adopt   bool   // objects found in step are adopted
	Version string // of buildsync
}

// details returns the lines of the record's commit message, for git log.
func (a *Applying) details() string {
	text := fmt.Sprintf("Plan: %s\nVersion: buildsync %s\n", a.Plan.PlanID, a.Version)
	part := a.Scope.Part()
	for _, line := range []struct{ name, value string }{
		{"Shard", part.Shard}, {"Only", strings.Join(part.Only, " ")}, {"Label", strings.Join(part.Labels, " ")}, {"Project", strings.Join(part.Projects, " ")},
	} {
		if line.value != "" {
			text += line.name + ": " + line.value + "\n"
		}
	}
	return text
}

// ErrNotCommitted means that the definitions are not committed, so the applied commit cannot be
// recorded.
var ErrNotCommitted = errors.New("the definitions are not committed")

// Remember starts the recording of a run, nil if nothing can be recorded.
func (w *Workspace) Remember(ctx context.Context, r *Revisions, about Applying) (*Recording, error) {
	if r.Repo == nil {
		return nil, nil
	}
	if r.Head.Dirty || r.Head.Commit == "" {
		return nil, ErrNotCommitted
	}
	if r.Scope.Endpoint == "" { // another base was given, so the record was not read
		if err := w.FindRecord(ctx, r); err != nil {
			return nil, err
		}
	}
	if r.Scope.Endpoint == "" {
		return nil, nil
	}
	return &Recording{w, r, r.Recorded, about}, nil
}

// Begin records, before the first write, which objects are about to be written. A killed run leaves
// no other trace.
func (m *Recording) Begin(ctx context.Context) error {
	r := m.r
	w := r.AboutToWrite(m.About.Plan)
	if !m.About.Smoke {
		w.Smoked = nil
	}
	next := record.Begin(RecordIn(r.Recorded), r.Head.Commit, w)
	return m.write(ctx, next, fmt.Sprintf("Begin to apply %.12s to %s\n", r.Head.Commit, r.Scope))
}

// AboutToWrite returns the objects that a plan writes. If the run is killed before it reaches a job
// that was live before anything was applied, the job's own content is nobody's edit of what the run
// wanted, so the record marks these as found.
func (r *Revisions) AboutToWrite(plan *diff.Plan) (w record.Writing) {
	first := r.firstApply()
	for i := range plan.Changes {
		change := &plan.Changes[i]
		if len(change.Actions) > 0 {
			w.Objects = append(w.Objects, change.Object())
			if first && change.Kind == diff.KindJob && change.ID != nil && len(RecordIn(r.Recorded).Of(change.Object()).Tried) == 0 {
				w.Found = append(w.Found, change.Object())
			}
		}
		if change.WritesBody() {
			w.Smoked = append(w.Smoked, change.Object())
		}
	}
	return w
}

func RecordIn(s *record.Stored) *record.Record {
	if s == nil {
		return nil
	}
	return s.Record
}

// write stores the record. If there is only that of an older version, it becomes the parent.
func (m *Recording) write(ctx context.Context, next *record.Record, message string) error {
	r := m.r
	stored, err := record.Write(ctx, r.Repo, r.Scope.Ref(), r.Recorded, next, message)
	if err != nil {
		return err
	}
	r.Recorded = stored
	return nil
}

// End records the applied commit for each object that was written and verified, or found in step.
func (m *Recording) End(ctx context.Context, report *apply.Report) (*record.Stored, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastRecord)
	defer cancel()
	r := m.r
	next, done, err := m.next(ctx, report)
	if err == nil {
		message := fmt.Sprintf("Apply %.12s to %s: %s\n\n%s", r.Head.Commit, r.Scope, objects(done), m.About.details())
		err = m.write(ctx, next, message)
	}
	if err != nil {
		return nil, err
	}
	return r.Recorded, nil
}

// next computes the record after the run, and how many objects are at the commit.
func (m *Recording) next(ctx context.Context, report *apply.Report) (*record.Record, int, error) {
	r := m.r
	before := RecordIn(m.before)
	base := r.Applied
	if base == nil && before != nil { // another base was given
		held := *r
		held.Recorded = &record.Stored{Ref: r.Scope.Ref(), Record: before}
		if err := m.w.composeRecord(ctx, &held); err != nil {
			return nil, 0, err
		}
		base = held.Applied
	}
	if base == nil {
		base = &record.Base{Record: &record.Record{}, Result: &compile.Result{}}
	}
	s := Settling{
		Commit: r.Head.Commit, Head: m.w.Result, Base: base, Before: before,
		Settled: apply.Settlements(m.About.Plan, report), Scope: m.About.Scope,
		Policy: m.w.Set.Workspace.Policy, adopt: m.About.Adopt, Given: r.Base,
	}
	states := s.States()
	done := 0
	for _, state := range states {
		if state.Commit == r.Head.Commit {
			done++
		}
	}
	return record.Update{
		Old: before, Commit: r.Head.Commit, States: states,
		Part: m.About.Scope.Shard.Count > 1, Declares: s.Declares,
	}.Record(), done, nil
}

// objects returns a count of objects in words.
func objects(n int) string {
	if n == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", n)
}

// PlanInput returns the input of a plan of the workspace, without the live state.
func (w *Workspace) PlanInput(r *Revisions, scope apply.Scope) apply.PlanInput {
	scope.Policies = r.Policies(w)
	input := apply.PlanInput{
		Scope: scope,
		Input: diff.Input{
			Head: w.Result, HeadRevision: r.Head,
			Policy: w.Set.Workspace.Policy, Unread: compile.FindUnread(w.Tree, w.Set.Workspace, compile.Options{Catalogue: w.Catalogue}), Environment: w.Set.Workspace.Environment,
			Modules: diff.ModulesOf(w.Catalogue),
		},
	}
	if base := r.Base; base != nil {
		input.Base, input.BaseRevision = base.Result, &base.Revision
		r.DescribeBase(&input.Input)
	}
	return input
}
