package diff

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// asWritten returns the base of a live job that an earlier run may have written
// and did not come to record: what of it is as that run wanted it was written by
// that run, and not by somebody else. The body, each channel and the enabled
// state are written one by one, so each is judged by itself. before is what the
// record says, nil if it says nothing.
func (p *Planner) asWritten(tried []*compile.Job, before *compile.Job, live *LiveJob) *compile.Job {
	if len(tried) == 0 || live == nil || live.Body == nil {
		return before
	}
	out := before
	for _, job := range slices.Backward(tried) {
		if p.bodyIs(live, job) {
			out = job
			break
		}
	}
	switch {
	case out != nil:
	case p.in.FirstApply: // the job would be updated in any case; so its edits are seen
		out = tried[len(tried)-1]
	default:
		return nil // nothing shows that the live job is what a run created
	}
	merged := *out
	merged.Notices, merged.Enabled = nil, nil
	if before != nil {
		merged.Notices, merged.Enabled = slices.Clone(before.Notices), before.Enabled
		merged.Protect = before.Protect
	}
	for _, job := range tried {
		takeLive(&merged, job, live)
	}
	return &merged
}

// triedOf returns what a run may have written of a job, under the names that it
// has and had.
func (p *Planner) triedOf(job *compile.Job) []*compile.Job {
	tried := p.in.Tried[job.Address]
	for _, old := range job.RenamedFrom {
		tried = append(slices.Clone(p.in.Tried[compile.JobAddress(job.Project, old)]), tried...)
	}
	return tried
}

// bodyIs reports whether a live body is as a definition declares it.
func (p *Planner) bodyIs(live *LiveJob, job *compile.Job) bool {
	c := &comparison{live: namedBody(live), declared: declaredBody(job), modules: p.in.Modules, placeOf: job.PlaceOf, pos: job.Pos}
	c.overlaid(p.ignoreFor(job.Name).matches)
	c.spelled = true // of a write whose end is not known, the spelling is not known either
	return len(c.edits(c.fields())) == 0
}

// takeLive takes over the channels and the enabled state that are live as job
// declares them.
func takeLive(into, job *compile.Job, live *LiveJob) {
	if job.Enabled != nil && *job.Enabled == !live.Item.Disabled {
		into.Enabled = job.Enabled
	}
	for _, notice := range job.Notices {
		if !slices.Equal(liveEvents(live, notice.Type), sortedEvents(notice)) {
			continue
		}
		into.Notices = slices.DeleteFunc(into.Notices, func(n compile.Notice) bool { return strings.EqualFold(n.Type, notice.Type) })
		into.Notices = append(into.Notices, notice)
	}
}

func sortedEvents(n compile.Notice) []string {
	events := slices.Clone(n.Events)
	slices.Sort(events)
	return slices.Compact(events)
}

func liveEvents(live *LiveJob, channel string) []string {
	for _, row := range live.Notices {
		if strings.EqualFold(row.NoticeType, channel) {
			return row.EnabledEvents()
		}
	}
	return nil
}

// ofBasePolicy judges the fields that the policy of the base left to others: the
// base says nothing of them, so a difference is a change.
func (j *jobTask) ofBasePolicy(fields []Field) {
	if j.before == nil || j.in.BasePolicy == nil {
		return
	}
	policy, known := j.in.BasePolicy(j.before.Address)
	if !known {
		return
	}
	left := ignoredBy(policy, j.before.Name)
	for i := range fields {
		f := &fields[i]
		if (left.wholeJob || left.matches(f.Path)) && (f.Verdict == VerdictDrift || f.Verdict == VerdictConflict) {
			f.Verdict, f.Base = VerdictChange, (*jsontree.Value)(nil)
		}
	}
}
