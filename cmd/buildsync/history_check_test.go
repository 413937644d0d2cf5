package main

import (
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// check holds a plan to the truth.
func (h *history) check(r *historyRun) {
	planned := map[string]*diff.Change{}
	for i := range r.plan.Changes {
		change := &r.plan.Changes[i]
		planned[change.Name] = change
		if job := r.site.jobs[change.Name]; job != nil && job.ours == nil && len(change.Actions) > 0 {
			h.fail(r, "%s is somebody else's, and the plan writes it", change.Name)
		}
	}
	head := h.results[r.commit]
	all := r.scope
	all.Changed = false
	var base *compile.Result
	if r.revision.Applied != nil {
		base = r.revision.Applied.Result
	}
	part, _ := all.Narrow(head, base)
	live := map[*standing]bool{}
	for _, want := range head.Jobs {
		if job := h.standingOf(r.site, want); job != nil {
			live[job] = true
		}
	}
	for _, want := range part.Jobs {
		if r.scope.Changed && planned[want.Name] == nil {
			continue // it was not looked at
		}
		h.checkDeclared(r, want, h.standingOf(r.site, want), planned[want.Name])
	}
	if r.scope.Changed || len(r.scope.Only) > 0 || r.scope.Shard != (apply.Shard{}) {
		return
	}
	for name, job := range r.site.jobs {
		if job.ours == nil || live[job] || job.disabled {
			continue
		}
		if job.values != *job.ours && !h.recorded(r, compile.JobAddress("demo", name)) {
			continue // created by a run that was killed, and edited since: nothing shows whose it is
		}
		change := planned[name]
		if change == nil || change.Verdict != diff.VerdictRemove && change.Verdict != diff.VerdictRemoveEdited {
			h.fail(r, "%s is not declared any more, and is not removed (%q, last written %q)", name, job.values, *job.ours)
		}
		if job.values == *job.ours && change.Verdict == diff.VerdictRemoveEdited {
			h.fail(r, "%s goes, and nobody edited it", name)
		}
	}
}

// recorded reports whether the record says that an object was applied.
func (h *history) recorded(r *historyRun, address string) bool {
	return r.revision.Applied != nil && r.revision.Applied.Declares(workspace.RecordIn(r.revision.Recorded).Of(address).Commit, address)
}

// standingOf returns the live job that a definition means: of its name, or of the one
// that it had.
func (h *history) standingOf(s *site, want *compile.Job) *standing {
	if job := s.jobs[want.Name]; job != nil {
		return job
	}
	for _, old := range want.RenamedFrom {
		if job := s.jobs[old]; job != nil && job.ours != nil {
			return job
		}
	}
	return nil
}

func (h *history) checkDeclared(r *historyRun, want *compile.Job, job *standing, change *diff.Change) {
	wanted := valuesOf(want.Body())
	if job == nil {
		if change == nil || len(change.Actions) == 0 {
			h.fail(r, "%s is not there, and is not created", want.Name)
		}
		return
	}
	if job.ours == nil {
		return
	}
	if job.values != *job.ours && !h.recorded(r, want.Address) && change != nil && change.Verdict == diff.VerdictCollision {
		return // created by a run that was killed, and edited since: nothing shows whose it is
	}
	if change != nil && (change.Verdict == diff.VerdictCollision || change.Verdict == diff.VerdictUnknown) {
		h.fail(r, "%s is ours, and the plan says %s", want.Name, change.Verdict)
	}
	verdicts := map[string]diff.Verdict{}
	if change != nil {
		for _, f := range change.Fields {
			verdicts[f.Path] = f.Verdict
		}
	}
	unedited := job.values == *job.ours
	found := !h.recorded(r, want.Address) && workspace.RecordIn(r.revision.Recorded).Of(want.Address).Found
	for i, path := range [...]string{"description", `steps["Build"].properties.command`} {
		verdict, listed := verdicts[path]
		edited := job.values[i] != job.ours[i]
		switch differs := r.site.shown(job.values)[i] != wanted[i]; {
		case differs != listed:
			h.fail(r, "%s %s: live %q, definitions %q, listed %t", want.Name, path, job.values[i], wanted[i], listed)
		case !differs:
		case edited && found && verdict == diff.VerdictChange:
			// The job was live before the first run, which was killed. The record holds no
			// bodies, so nothing tells three contents apart: what the job held before, what
			// a person made of that, and what a person made of the killed run's write. Each
			// differs from what the run wanted. To call all of them edits would blame
			// somebody for every job that the run did not reach. So the plan is what a first
			// plan is, without blame; it shows the value that goes.
		case edited && verdict != diff.VerdictDrift && verdict != diff.VerdictConflict:
			h.fail(r, "%s %s was edited outside (%q, last written %q), and the plan says %s", want.Name, path, job.values[i], job.ours[i], verdict)
		case unedited && verdict != diff.VerdictChange:
			h.fail(r, "%s %s was edited by nobody (%q), and the plan says %s", want.Name, path, job.values[i], verdict)
		}
	}
}

// checkComplete holds the record after a complete run to one commit.
func (h *history) checkComplete(r *historyRun) {
	if r.plan.Refused() || !r.complete {
		return
	}
	rec := h.remote[r.site.name].record
	if rec.Commit != r.commit || len(rec.Except) > 0 || len(rec.Tried) > 0 {
		h.fail(r, "after a complete run the record is not one commit: %+v", rec)
	}
}

func (h *history) fail(r *historyRun, format string, args ...any) {
	h.t.Helper()
	h.t.Logf("commit %.6s.. to %s, scope %+v, record %+v", r.commit[34:], r.site.name, r.scope, workspace.RecordIn(r.revision.Recorded))
	for _, refusal := range r.plan.Refusals {
		h.t.Logf("refused: %s: %s", refusal.Rule, refusal.Message)
	}
	h.t.Fatalf(format, args...)
}
