package diff

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// asWritten returns the base of a live job that an earlier run may have written without recording
// it. Parts that are as that run wanted them were written by that run. The body, each channel and
// the enabled state are written separately, so each is judged separately. before is the recorded
// base, nil if there is none.
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
	case p.in.FirstApply: // the job is updated in any case, and its edits are shown
		out = tried[len(tried)-1]
	default:
		return nil // nothing proves that a run created the live job
	}
	merged := *out
	merged.Notices, merged.Enabled = nil, nil
	if before != nil {
		merged.Notices, merged.Enabled = slices.Clone(before.Notices), before.Enabled
		merged.Protect = before.Protect
		merged.Secrets = before.Secrets // no live value proves that the run wrote another secret
	}
	for _, job := range tried {
		takeLive(&merged, job, live)
	}
	return &merged
}

// notReached reports whether a live job was there before the first run that tried to write it, and
// nothing shows that the run did. Its content is then nobody's edit of what that run wanted.
func (p *Planner) notReached(tried []*compile.Job, before *compile.Job, live *LiveJob) bool {
	return before == nil && p.in.FirstApply && live.Body != nil &&
		slices.ContainsFunc(tried, func(job *compile.Job) bool { return p.in.Found[job.Address] }) &&
		!slices.ContainsFunc(tried, func(job *compile.Job) bool { return p.bodyIs(live, job) })
}

// triedOf returns the versions of a job that a run may have written, under its present and former
// names.
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
	c.spelled, c.rewritten = true, p.rewrittenPaths(job) // the spelling after an unfinished write is unknown
	return len(c.edits(c.fields())) == 0
}

// takeLive copies the live channels and enabled state that are as job declares them. A channel keeps
// the configuration that it had in into, unless the service shows the one of job.
func takeLive(into, job *compile.Job, live *LiveJob) {
	if job.Enabled != nil && *job.Enabled == !live.Item.Disabled && !live.Item.StateUnseen {
		into.Enabled = job.Enabled
	}
	for _, notice := range job.Notices {
		if live.NoticesUnseen || !slices.Equal(wire.Channel(live.Notices, notice.Type).EnabledEvents(), notice.Events) {
			continue
		}
		if was := noticeOf(into, notice.Type); was != nil && !showsConfig(live, notice) {
			notice.ParamConfig, notice.Secret = was.ParamConfig, was.Secret
		}
		into.Notices = slices.DeleteFunc(into.Notices, func(n compile.Notice) bool { return strings.EqualFold(n.Type, notice.Type) })
		into.Notices = append(into.Notices, notice)
	}
}

// showsConfig reports whether the service shows that a channel has a declared configuration.
func showsConfig(live *LiveJob, notice compile.Notice) bool {
	shown := wire.Channel(live.Notices, notice.Type).ParamConfig
	return notice.Secret == "" && notice.ParamConfig != nil && shown != nil && *shown == *notice.ParamConfig
}

// ofBasePolicy adjusts fields that the base's policy ignored: the base does not declare them, so a
// difference is a change.
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
