package main

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// TestHistories draws histories of commits, of whole, partial, failed and killed
// applies from two clones to two endpoints, and of edits in the console, and
// holds every plan to the truth: who wrote each value last.
func TestHistories(t *testing.T) {
	t.Parallel()
	for range histories / 100 {
		rapid.Check(t, func(t *rapid.T) { newHistory(t).play() })
	}
}

const historyProject = "6ecbc5bac7c8442fb3d2563d53c13582"

// values are the two fields of a job that definitions and people change.
type values [2]string

func (v values) body() *jsontree.Value {
	step := jsontree.Object()
	step.Set("module_id", jsontree.String("devcloud2018.codeci_action_20017.action"))
	step.Set("name", jsontree.String("Build"))
	properties := jsontree.Object()
	properties.Set("command", jsontree.String(v[1]))
	step.Set("properties", properties)
	body := jsontree.Object()
	for _, m := range [][2]string{{"arch", "x86-64"}, {"host_type", "devcloud"}, {"flavor", "2u8g"}, {"description", v[0]}} {
		body.Set(m[0], jsontree.String(m[1]))
	}
	body.Set("steps", jsontree.Array(step))
	return body
}

func valuesOf(body *jsontree.Value) values {
	return values{body.Str("description"), body.Get("steps").Items()[0].Get("properties").Str("command")}
}

// standing is a live job of a site.
type standing struct {
	id       string
	values   values
	ours     *values // what was written from here last, or found in step; nil: the job is somebody else's
	disabled bool
}

// site is one endpoint. It answers what making a plan reads.
type site struct {
	name  string
	jobs  map[string]*standing
	next  int
	spell func(string) string // how the service shows what it was sent
}

// shown returns the values of a job as the site shows them.
func (s *site) shown(v values) values { return values{s.spell(v[0]), s.spell(v[1])} }

// spellings returns the ways in which services show texts.
func spellings() []func(string) string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	strip := func(s string) string { return strings.TrimSuffix(s, "\n") }
	plain := func(s string) string { return s }
	return []func(string) string{plain, plain, plain, strip, escape, norm.NFC.String, func(s string) string { return escape(strip(s)) }}
}

func (s *site) Listing(context.Context, string) (wire.JobList, error) {
	list := wire.JobList{Complete: true, Total: len(s.jobs)}
	for _, name := range slices.Sorted(maps.Keys(s.jobs)) {
		list.Jobs = append(list.Jobs, wire.JobItem{ID: s.jobs[name].id, JobName: name, Disabled: s.jobs[name].disabled, JobCreator: "somebody"})
	}
	return list, nil
}

func (s *site) QueryJob(_ context.Context, id string) (*jsontree.Value, error) {
	for name, job := range s.jobs {
		if job.id == id {
			body := s.shown(job.values).body()
			body.Set("job_id", jsontree.String(id))
			body.Set("job_name", jsontree.String(name))
			body.Set("project_id", jsontree.String(historyProject))
			return body, nil
		}
	}
	return nil, fmt.Errorf("no job %s", id)
}

func (s *site) Notices(context.Context, string) ([]wire.Notice, error) { return nil, nil }

func (s *site) Templates(context.Context, string) iter.Seq2[wire.Template, error] {
	return func(func(wire.Template, error) bool) {}
}

func (s *site) add(name string, v values, ours bool) {
	s.next++
	job := &standing{id: fmt.Sprintf("%032d", s.next), values: v}
	if ours {
		job.ours = &v
	}
	s.jobs[name] = job
}

// node is a record with those that it came from.
type node struct {
	record  *record.Record
	parents []*node
}

func (n *node) ancestors(into map[*node]bool) map[*node]bool {
	if n != nil && !into[n] {
		into[n] = true
		for _, parent := range n.parents {
			parent.ancestors(into)
		}
	}
	return into
}

// history is the world of one random history.
type history struct {
	t       *rapid.T
	commits []string
	results map[string]*compile.Result
	now     map[string]values // what the definitions declare
	renamed map[string]string // new names to old ones
	sites   [2]*site
	clones  [2]map[string]*node // by the site's name
	remote  map[string]*node
	counter int
}

func newHistory(t *rapid.T) *history {
	h := &history{
		t: t, results: map[string]*compile.Result{}, now: map[string]values{}, renamed: map[string]string{}, remote: map[string]*node{},
		sites:  [2]*site{{name: "one", jobs: map[string]*standing{}}, {name: "two", jobs: map[string]*standing{}}},
		clones: [2]map[string]*node{{}, {}},
	}
	for _, s := range h.sites {
		s.spell = rapid.SampledFrom(spellings()).Draw(t, "spelling")
	}
	return h
}

// fresh returns a value that nobody else writes.
func (h *history) fresh(who string) string {
	h.counter++
	return fmt.Sprintf("%s %d%s", who, h.counter, rapid.SampledFrom([]string{"", "\n", " <a> && b\n", " cafe\u0301"}).Draw(h.t, "tail"))
}

func (h *history) play() {
	for range rapid.IntRange(1, 3).Draw(h.t, "jobs") {
		h.now[h.name()] = values{h.fresh("git"), h.fresh("git")}
	}
	h.commit()
	for range rapid.IntRange(1, 60).Draw(h.t, "steps") {
		switch rapid.IntRange(0, 9).Draw(h.t, "step") {
		case 0, 1, 2:
			if len(h.commits) < 30 {
				h.edit()
				h.commit()
			}
		case 3, 4:
			h.console(h.site())
		case 5:
			h.bothShards(h.site())
		default:
			h.run(h.site())
		}
	}
	for _, s := range h.sites { // what is left is brought in step
		r := h.plan(0, s, apply.Scope{}, true)
		h.finish(r, faultless)
		h.checkComplete(r)
	}
}

func (h *history) site() *site { return h.sites[rapid.IntRange(0, 1).Draw(h.t, "site")] }

func (h *history) name() string {
	h.counter++
	return fmt.Sprintf("job-%d", h.counter)
}

// edit changes the definitions.
func (h *history) edit() {
	names := slices.Sorted(maps.Keys(h.now))
	for range rapid.IntRange(1, 2).Draw(h.t, "edits") {
		if len(names) == 0 || rapid.IntRange(0, 4).Draw(h.t, "add") == 0 {
			h.now[h.name()] = values{h.fresh("git"), h.fresh("git")}
			continue
		}
		name := rapid.SampledFrom(names).Draw(h.t, "name")
		v, declared := h.now[name]
		if !declared {
			continue
		}
		switch rapid.IntRange(0, 6).Draw(h.t, "edit") {
		case 0:
			delete(h.now, name)
			delete(h.renamed, name)
		case 1:
			delete(h.now, name)
			delete(h.renamed, name)
			next := h.name()
			h.now[next], h.renamed[next] = v, name
		default:
			v[rapid.IntRange(0, 1).Draw(h.t, "field")] = h.fresh("git")
			h.now[name] = v
		}
	}
}

func (h *history) commit() {
	result := &compile.Result{}
	for _, name := range slices.Sorted(maps.Keys(h.now)) {
		job := (&compile.Job{Address: "demo/job/" + name, Project: "demo", ProjectID: historyProject, Name: name}).WithBody(h.now[name].body())
		if old := h.renamed[name]; old != "" {
			job.RenamedFrom = []string{old}
		}
		result.Jobs = append(result.Jobs, job)
	}
	id := fmt.Sprintf("%040x", len(h.commits)+1)
	h.commits = append(h.commits, id)
	h.results[id] = result
}

// console is somebody's edit outside.
func (h *history) console(s *site) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.jobs)) {
		if s.jobs[name].ours != nil {
			names = append(names, name)
		}
	}
	switch kind := rapid.IntRange(0, 9).Draw(h.t, "console"); {
	case kind == 0 || len(names) == 0:
		s.add("theirs-"+h.name(), values{h.fresh("theirs"), h.fresh("theirs")}, false)
	case kind == 1:
		delete(s.jobs, rapid.SampledFrom(names).Draw(h.t, "deleted"))
	default:
		s.jobs[rapid.SampledFrom(names).Draw(h.t, "edited")].values[rapid.IntRange(0, 1).Draw(h.t, "field")] = h.fresh("console")
	}
}

// fault says how one action of a run ends.
type fault int

const (
	fine fault = iota
	failed
	lostWritten
	lostUnwritten
	killedWritten
	killedUnwritten
)

func faultless() fault { return fine }

func (h *history) drawFault() fault {
	return rapid.SampledFrom([]fault{fine, fine, fine, fine, failed, lostWritten, lostUnwritten, killedWritten, killedUnwritten}).Draw(h.t, "fault")
}

// run applies the newest commit, or a part of it, from one clone.
func (h *history) run(s *site) {
	scope := apply.Scope{}
	switch rapid.IntRange(0, 5).Draw(h.t, "part") {
	case 0:
		if names := slices.Sorted(maps.Keys(h.now)); len(names) > 0 {
			scope.Only = []string{rapid.SampledFrom(names).Draw(h.t, "only")}
		}
	case 1:
		scope.Changed = true
	case 2:
		scope.Shard = apply.Shard{Index: rapid.IntRange(1, 2).Draw(h.t, "shard"), Count: 2}
	}
	clone := rapid.IntRange(0, 1).Draw(h.t, "clone")
	faults := faultless
	if rapid.Bool().Draw(h.t, "faults") {
		faults = h.drawFault
	}
	h.finish(h.plan(clone, s, scope, rapid.Bool().Draw(h.t, "force")), faults)
}

// bothShards applies the two halves of a commit from two clones at once.
func (h *history) bothShards(s *site) {
	var runs []*historyRun
	for i := range 2 {
		runs = append(runs, h.plan(i, s, apply.Scope{Shard: apply.Shard{Index: i + 1, Count: 2}}, true))
	}
	for _, r := range runs {
		h.carryOut(r, h.drawFault)
	}
	if rapid.Bool().Draw(h.t, "order") {
		slices.Reverse(runs)
	}
	for _, r := range runs {
		h.push(r)
	}
}

// historyRun is one apply under way.
type historyRun struct {
	clone    int
	site     *site
	scope    apply.Scope
	commit   string
	revision *workspace.Revisions
	plan     *diff.Plan
	killed   bool
	complete bool
}

// plan fetches, plans and checks the plan.
func (h *history) plan(clone int, s *site, scope apply.Scope, force bool) *historyRun {
	h.fetch(clone, s.name)
	r := &historyRun{clone: clone, site: s, scope: scope, commit: h.commits[len(h.commits)-1], revision: &workspace.Revisions{First: true}}
	input := apply.PlanInput{Scope: scope, Input: diff.Input{
		Head: h.results[r.commit], HeadRevision: diff.Revision{Commit: r.commit},
		Policy: historyPolicy, Endpoint: s.name, Options: diff.Options{ForceConflicts: force, AllowEmpty: true},
	}}
	if at := h.clones[clone][s.name]; at != nil {
		applied, err := record.Compose(h.t.Context(), at.record, func(_ context.Context, commit string) (*compile.Loaded, error) {
			return &compile.Loaded{Result: h.results[commit], Set: &spec.Set{Workspace: &spec.Workspace{Policy: historyPolicy}}}, nil
		})
		h.must(err)
		r.revision.Recorded = &record.Stored{Ref: "refs/buildsync/x", Commit: "x", Record: at.record}
		r.revision.Applied = applied
		r.revision.Base = &workspace.Revision{Revision: diff.Revision{Ref: "refs/buildsync/x", Commit: at.record.Commit}, Result: applied.Result}
		input.Base, input.BaseRevision = applied.Result, &r.revision.Base.Revision
		r.revision.DescribeBase(&input.Input)
	} else {
		r.scope.Changed, input.Scope.Changed = false, false // it needs a base
	}
	plan, err := apply.MakePlan(h.t.Context(), s, input)
	h.must(err)
	r.plan = plan
	h.check(r)
	return r
}

var historyPolicy = spec.Policy{OnRemove: "disable", MaxRemovals: 1000, MaxRemovalShare: 1, Drift: "revert"}

func (h *history) must(err error) {
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *history) finish(r *historyRun, faults func() fault) {
	h.carryOut(r, faults)
	h.push(r)
}

// carryOut writes what the plan says, and the record as apply does.
func (h *history) carryOut(r *historyRun, faults func() fault) {
	if r.plan.Refused() {
		return
	}
	before := workspace.RecordIn(r.revision.Recorded)
	if r.plan.HasChanges() {
		writing := r.revision.AboutToWrite(r.plan)
		writing.Smoked = nil
		h.store(r, record.Begin(before, r.commit, writing))
	}
	report, ended := h.write(r, faults)
	if r.killed = !ended; r.killed {
		return
	}
	base := r.revision.Applied
	if base == nil {
		base = &record.Base{Record: &record.Record{}, Result: &compile.Result{}}
	}
	s := workspace.Settling{
		Commit: r.commit, Head: h.results[r.commit], Base: base, Before: before, Settled: apply.Settlements(r.plan, report),
		Scope: r.scope, Policy: historyPolicy, Given: r.revision.Base,
	}
	states := s.States()
	for address, state := range states {
		if job := r.site.jobs[strings.TrimPrefix(address, "demo/job/")]; job != nil && state.Commit == r.commit && s.Declared[address] != nil && job.values == valuesOf(s.Declared[address].Body()) {
			ours := job.values
			job.ours = &ours // written or found in step
		}
	}
	h.store(r, record.Update{Old: before, Commit: r.commit, States: states, Part: r.scope.Shard.Count > 1, Declares: s.Declares}.Record())
	r.complete = report.Ending() == apply.EndDone
}

// write carries out the actions; it returns false if the run was killed.
func (h *history) write(r *historyRun, faults func() fault) (*apply.Report, bool) {
	report := &apply.Report{}
	for i := range r.plan.Changes {
		change := &r.plan.Changes[i]
		for _, action := range change.Actions {
			f := faults()
			if f == fine || f == lostWritten || f == killedWritten {
				h.act(r.site, change, action)
			}
			outcome := apply.Applied
			switch f {
			case killedWritten, killedUnwritten:
				return nil, false
			case failed:
				outcome = apply.Failed
			case lostWritten, lostUnwritten:
				outcome = apply.Unknown
			}
			result := apply.Result{Address: change.Address, Kind: change.Kind, Action: action, Outcome: outcome}
			if body := change.DesiredBody(); outcome == apply.Applied && body != nil && action != diff.ActionDisable && r.site.shown(valuesOf(body)) != valuesOf(body) {
				result.Outcome, result.Stored, result.Spelled = apply.NotConverged, true, true
			}
			report.Results = append(report.Results, result)
		}
	}
	return report, true
}

func (h *history) act(s *site, change *diff.Change, action diff.Action) {
	switch action {
	case diff.ActionCreate:
		if s.jobs[change.Name] == nil {
			s.add(change.Name, valuesOf(change.DesiredBody()), true)
		}
	case diff.ActionUpdate:
		for name, job := range s.jobs {
			if job.id == *change.ID {
				delete(s.jobs, name)
				v := valuesOf(change.DesiredBody())
				s.jobs[change.Name] = &standing{id: job.id, values: v, ours: &v, disabled: job.disabled}
			}
		}
	case diff.ActionDisable:
		for _, job := range s.jobs {
			if job.id == *change.ID {
				job.disabled, job.ours = true, nil
			}
		}
	default:
		h.t.Fatalf("the plan wants to %s %s", action, change.Address)
	}
}

// store moves the clone's record.
func (h *history) store(r *historyRun, next *record.Record) {
	text, err := next.Encode()
	h.must(err)
	parsed, err := record.Parse(text)
	h.must(err)
	at := h.clones[r.clone][r.site.name]
	child := &node{record: parsed}
	if at != nil {
		child.parents = []*node{at}
	}
	h.clones[r.clone][r.site.name] = child
}

// fetch brings the clone's record up to the remote's, push the other way.
func (h *history) fetch(clone int, name string) {
	h.clones[clone][name] = h.join(h.clones[clone][name], h.remote[name])
}

func (h *history) push(r *historyRun) {
	h.fetch(r.clone, r.site.name)
	h.remote[r.site.name] = h.clones[r.clone][r.site.name]
}

func (h *history) join(ours, theirs *node) *node {
	switch {
	case ours == nil || theirs.ancestors(map[*node]bool{})[ours]:
		if theirs != nil {
			return theirs
		}
		return ours
	case theirs == nil || ours.ancestors(map[*node]bool{})[theirs]:
		return ours
	}
	base := commonNode(ours, theirs)
	var from *record.Record
	if base != nil {
		from = base.record
	}
	merged, err := record.Merge(from, ours.record, theirs.record, func(a, b string) (bool, error) { return a >= b, nil })
	h.must(err)
	return &node{record: merged, parents: []*node{ours, theirs}}
}

// commonNode returns the nearest record that two came from.
func commonNode(a, b *node) *node {
	of := b.ancestors(map[*node]bool{})
	queue := []*node{a}
	for len(queue) > 0 {
		next := queue[0]
		if of[next] {
			return next
		}
		queue = append(queue[1:], next.parents...)
	}
	return nil
}
