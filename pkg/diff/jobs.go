package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// jobs compares every job of the head.
func (p *planner) jobs() {
	sorted := slices.SortedStableFunc(slices.Values(p.in.Head.Jobs), func(a, b *compile.Job) int {
		return strings.Compare(a.Address, b.Address)
	})
	for _, job := range sorted {
		p.job(job)
	}
}

func (p *planner) job(want *compile.Job) {
	ignore := p.ignoreFor(want.Name)
	if ignore.whole {
		return
	}
	live, ok := p.identify(want)
	if live != nil {
		p.claimed[live], p.managed[live] = true, true
	}
	before := p.base.predecessor(want)
	switch {
	case !ok:
		// Which job is meant is not known, and why has been said.
		p.add(Change{Verdict: VerdictUnknown}, want, live)
	case live == nil:
		p.createJob(want, before)
	case live.ReadErr != nil:
		p.refuse(RuleUnreadable, want.Address, fmt.Sprintf("%s could not be read, so nothing is done to it: %s",
			quote(want.Address), sanitize.Line(live.ReadErr.Error(), messageLimit)))
		p.add(Change{Verdict: VerdictUnknown}, want, live)
	case live.Body == nil:
		p.unread(want, before, live)
	default:
		p.compareJob(want, before, live, ignore)
	}
}

// messageLimit caps text of the service inside a message, nameLimit a name.
const (
	messageLimit = 2048
	nameLimit    = 200
)

func quote(name string) string { return `"` + sanitize.Line(name, nameLimit) + `"` }

// unread is a job that exists and whose body was not asked for, since nothing
// was meant to change.
func (p *planner) unread(want, before *compile.Job, live *LiveJob) {
	if before != nil && jsontree.Equal(before.Body, want.Body) {
		p.plan.Summary.Unchanged++
		return
	}
	p.refuse(RuleUnreadable, want.Address, fmt.Sprintf("%s was not read, so nothing is done to it; plan again without --changed", quote(want.Address)))
	p.add(Change{Verdict: VerdictUnknown}, want, live)
}

// add completes a change with what it is about and keeps it.
func (p *planner) add(c Change, want *compile.Job, live *LiveJob) {
	c.Kind, c.Address, c.ProjectID, c.Name = KindJob, want.Address, want.ProjectID, want.Name
	c.Want, c.Live = want, live
	if want.Pos.IsValid() {
		c.Definition = &Definition{File: want.Pos.File, Line: want.Pos.Line}
	}
	if live != nil {
		c.ID = &live.ID
	}
	p.jobChanges = append(p.jobChanges, c)
}

// createJob plans a job that is not there.
func (p *planner) createJob(want, before *compile.Job) {
	change := Change{Verdict: VerdictCreate, Actions: []Action{ActionCreate}, Desired: want.CreateBody()}
	if before != nil {
		change.Verdict, change.Note = VerdictDrift, "was deleted outside buildsync"
		p.drifted = append(p.drifted, want.Address)
	}
	if missing := want.MissingForCreate(); len(missing) > 0 {
		p.refuse(RuleCreateIncomplete, want.Address, fmt.Sprintf(
			"%s does not exist yet, and creating it needs %s (API reference 4.18); declare it in the definition or in defaults.job",
			quote(want.Address), strings.Join(missing, " and ")))
	}
	change.WantFingerprint = Fingerprint(change.Desired, p.in.Modules)
	change.Contents = p.contents(declaredBody(want), want.Provenance, &change)
	if want.Enabled != nil && !*want.Enabled {
		change.Actions = append(change.Actions, ActionDisable) // a new job that is off takes nothing away
	}
	p.add(change, want, nil)
	p.notices(want, before, nil)
}

// compareJob plans a job that is there and was read.
func (p *planner) compareJob(want, before *compile.Job, live *LiveJob, ignore ignored) {
	c := &comparison{
		live: namedBody(live), declared: declaredBody(want), modules: p.in.Modules,
		threeWay: p.base != nil && before != nil, provenance: want.Provenance, pos: want.Pos,
	}
	if before != nil {
		c.base = declaredBody(before)
	}
	c.desired = overlay{p.in.Modules, ignore.matches}.body(c.live, c.declared, c.base)
	setIdentity(c.desired, want, live)
	change := Change{Verdict: VerdictUnchanged, Fields: c.fields(), Desired: c.desired}
	p.forced(want, &change)
	if len(change.Fields) > 0 {
		change.Actions = append(change.Actions, ActionUpdate)
	}
	p.enabled(want, before, live, ignore, &change)
	change.Verdict = objectVerdict(change.Fields)
	if p.base != nil && before == nil {
		p.unclaimed(want, live, &change)
	}
	p.explain(c, &change)
	p.judge(want, live, c, &change)
	switch {
	case len(change.Actions) > 0 || change.Verdict != VerdictUnchanged || p.wordy(&change):
		change.HaveFingerprint = Fingerprint(live.Body, p.in.Modules)
		if change.Verdict != VerdictCollision {
			change.WantFingerprint = Fingerprint(c.desired, p.in.Modules)
			change.Unchanged = c.unchanged(change.Fields)
		}
		p.add(change, want, live)
	default:
		p.plan.Summary.Unchanged++
	}
	if change.Verdict != VerdictCollision {
		p.notices(want, before, live)
	}
}

// objectVerdict is the worst of the fields' verdicts.
func objectVerdict(fields []Field) Verdict {
	verdict := VerdictUnchanged
	for _, f := range fields {
		switch f.Verdict {
		case VerdictConflict:
			return VerdictConflict
		case VerdictChange:
			verdict = VerdictChange
		case VerdictDrift:
			if verdict == VerdictUnchanged {
				verdict = VerdictDrift
			}
		}
	}
	return verdict
}

// unclaimed is a live job with a declared name that the base did not declare.
func (p *planner) unclaimed(want *compile.Job, live *LiveJob, change *Change) {
	switch {
	case len(change.Actions) == 0, want.Adopt, p.in.Options.Adopt:
		change.Verdict = VerdictAdopt
		change.Note = "is declared from now on"
		if want.Enabled == nil && live.Item.Disabled {
			// Perhaps a removal disabled it and was reverted, perhaps a person did,
			// for a reason: which of the two, nothing live says.
			change.Note += "; it is disabled, and stays so without enabled: true"
		}
	default:
		// The body of a job that nobody declared is not for a merge request to
		// read: say that it exists, and no more.
		p.refuse(RuleCollision, want.Address, fmt.Sprintf(
			"%s exists already (id %s), is not managed, and differs from the definition in %s; set adopt: true on the job or pass --adopt to take it over",
			quote(want.Address), quote(live.ID), count(len(change.Fields), "field")))
		*change = Change{Verdict: VerdictCollision, Note: "exists, not managed"}
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// judge turns verdicts into refusals.
func (p *planner) judge(want *compile.Job, live *LiveJob, c *comparison, change *Change) {
	if driftCount(change) > 0 {
		p.drifted = append(p.drifted, want.Address)
	}
	if change.Verdict == VerdictConflict && !p.in.Options.ForceConflicts {
		p.refuse(RuleConflict, want.Address, fmt.Sprintf(
			"%s was changed both in the definitions and outside, in %s; look at both, then pass --force-conflicts to let the definitions win",
			quote(want.Address), pathsWith(change.Fields, VerdictConflict)))
	}
	if slices.Contains(change.Actions, ActionUpdate) {
		if lost := c.unsendable(); len(lost) > 0 {
			p.refuse(RuleSecret, want.Address, fmt.Sprintf(
				"updating %s replaces the whole job, and the value of %s is not known: the service never returns it in clear; declare it with secret: NAME",
				quote(want.Address), strings.Join(lost, ", ")))
		}
	}
}

// pathsWith lists the first paths of a verdict, for a message.
func pathsWith(fields []Field, verdict Verdict) string {
	const most = 3
	var paths []string
	n := 0
	for _, f := range fields {
		if f.Verdict == verdict {
			if n++; n <= most {
				paths = append(paths, sanitize.Line(f.Path, nameLimit))
			}
		}
	}
	if n > most {
		return fmt.Sprintf("%s and %d more", strings.Join(paths, ", "), n-most)
	}
	return strings.Join(paths, ", ")
}

// declaredBody is what the definitions say about a live body: the compiled
// members and the name.
func declaredBody(job *compile.Job) *jsontree.Value {
	body := job.Body.Clone()
	if body == nil {
		body = jsontree.Object()
	}
	body.Set("job_name", jsontree.String(job.Name))
	return body
}

// namedBody is a live body that says its job's name, which the listing knows
// even where the body does not.
func namedBody(live *LiveJob) *jsontree.Value {
	if live.Body.Kind() != jsontree.KindObject || live.Body.Str("job_name") != "" {
		return live.Body
	}
	body := live.Body.Clone()
	body.Set("job_name", jsontree.String(live.Name))
	return body
}

// setIdentity puts into an update's body what says which job it is for (API
// reference 4.19).
func setIdentity(body *jsontree.Value, want *compile.Job, live *LiveJob) {
	body.Set("job_id", jsontree.String(live.ID))
	body.Set("project_id", jsontree.String(want.ProjectID))
	body.Set("job_name", jsontree.String(want.Name))
}
