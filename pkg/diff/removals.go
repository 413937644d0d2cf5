package diff

import (
	"fmt"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// findRemovals finds the live jobs to remove: entries of removed:, and jobs that the base declared
// and the head does not.
func (p *Planner) findRemovals() {
	settled := map[jobKey]bool{}
	for _, removal := range p.in.Head.Removals {
		key := jobKey{removal.ProjectID, removal.Job}
		if p.definitions.jobs[key] != nil || settled[key] {
			continue
		}
		settled[key] = true
		p.explicitRemoval(removal, key)
	}
	if p.base == nil {
		return
	}
	kept := p.successors()
	for _, before := range p.base.result.Jobs {
		key := jobKey{before.ProjectID, before.Name}
		if p.definitions.jobs[key] == nil && !settled[key] && !kept[before] && !p.unseen(before) {
			settled[key] = true
			p.goneFromHead(before, key, false)
		}
	}
	p.findUnrecorded(settled)
}

// findUnrecorded finds jobs that a killed run may have created and that the definitions no longer
// declare.
func (p *Planner) findUnrecorded(settled map[jobKey]bool) {
	renamed := map[jobKey]bool{}
	for _, job := range p.definitions.result.Jobs {
		for _, old := range job.RenamedFrom {
			renamed[jobKey{job.ProjectID, old}] = true
		}
	}
	for _, address := range slices.Sorted(maps.Keys(p.in.Tried)) {
		jobs := p.in.Tried[address]
		last := jobs[len(jobs)-1]
		key := jobKey{last.ProjectID, last.Name}
		if p.definitions.jobs[key] == nil && !settled[key] && !renamed[key] && !p.ignoreFor(last.Name).wholeJob {
			settled[key] = true
			p.goneFromHead(last, key, true)
		}
	}
}

// unseen reports whether a policy ignores a job of the base: the head's policy, or that of the
// commit at which the job was applied.
func (p *Planner) unseen(before *compile.Job) bool {
	if p.ignoreFor(before.Name).wholeJob {
		return true
	}
	if p.in.BasePolicy == nil {
		return false
	}
	policy, known := p.in.BasePolicy(before.Address)
	return known && IgnoresJob(policy, before.Name)
}

// successors returns the base's jobs that the head has under another name.
func (p *Planner) successors() map[*compile.Job]bool {
	out := map[*compile.Job]bool{}
	for _, job := range p.definitions.result.Jobs {
		if before := p.base.predecessor(job); before != nil {
			out[before] = true
		}
	}
	return out
}

// removal is one job to remove.
type removal struct {
	address, project, note string
	key                    jobKey
	id                     string // pinned at the base
	action                 Action // "" keeps the job
	before                 *compile.Job
	definition             *Definition
	checked                bool // the live body must still be what the base declared
	unrecorded             bool // before may have been created by a killed run
}

func (p *Planner) explicitRemoval(r compile.Removal, key jobKey) {
	if p.ignoreFor(r.Job).wholeJob {
		return
	}
	note := "listed under removed:"
	if r.Reason != "" {
		note += " " + r.Reason
	}
	out := removal{address: r.Address, project: r.Project, key: key, note: note, action: Action(r.Action)}
	if p.base != nil {
		out.before = p.base.jobs[key]
	}
	if r.Pos.IsValid() {
		out.definition = &Definition{File: r.Pos.File, Line: r.Pos.Line}
	}
	p.remove(out)
}

func (p *Planner) goneFromHead(before *compile.Job, key jobKey, unrecorded bool) {
	out := removal{
		address: before.Address, project: before.Project, key: key, id: before.ID, before: before, checked: true, unrecorded: unrecorded,
		note: "removed in " + sanitize.ShortCommit(p.in.HeadRevision.Commit),
	}
	if p.in.HeadRevision.Commit == "" || p.in.HeadRevision.Dirty {
		out.note = "no longer defined"
	}
	switch p.in.Policy.OnRemove {
	case "disable":
		out.action = ActionDisable
	case "delete":
		out.action = ActionDelete
	default:
		out.note += "; kept, since policy.on_remove is keep"
	}
	p.remove(out)
}

// remove finds the job of one removal, and plans it once the job has been read.
func (p *Planner) remove(r removal) {
	var found outcome
	live, ok := p.findRemoved(r, &found)
	if !ok || live == nil {
		p.removals = append(p.removals, &task{outcome: found, done: true})
		return
	}
	// A job that is only kept is unmanaged from now on.
	p.claimed[live], p.managed[live] = r.action != "", true
	p.removals = append(p.removals, p.when(live, found, func(out *outcome) { p.planRemoval(r, live, out) }))
}

func (p *Planner) planRemoval(r removal, live *LiveJob, out *outcome) {
	if r.checked && live.ReadErr == nil {
		declared := r.before
		if r.unrecorded {
			declared = nil
		}
		if r.before = p.asWritten(p.in.Tried[r.address], declared, live); r.before == nil {
			return // another job with that name
		}
	}
	change := Change{
		Kind: KindJob, Address: r.address, ProjectID: live.ProjectID, Name: live.Name, ID: &live.ID, Live: live,
		Verdict: VerdictRemove, Note: r.note, Definition: r.definition, Have: jsontree.Pack(live.Body),
		before: r.before, ignore: p.ignoreFor(live.Name),
	}
	if r.before != nil {
		change.Owner, change.Labels = r.before.Owner, r.before.Labels
	}
	if live.Body != nil {
		change.HaveFingerprint, _ = change.over(live.Body, p.in.Modules).fingerprints()
	}
	switch {
	case r.action == "":
		out.changes = append(out.changes, change)
		return
	case r.action == ActionDisable && p.isDisabled(live, r.key, p.base):
		return // nothing to do
	case live.ReadErr != nil:
		out.refuse(RuleUnreadable, r.address, fmt.Sprintf("%s should be removed but could not be read, so nothing is done to it: %s",
			quote(r.address), sanitize.Message(live.ReadErr.Error())))
		change.Verdict = VerdictUnknown
		out.changes = append(out.changes, change)
		return
	}
	if file := p.in.Unread.Jobs[live.Name]; file != "" && r.checked {
		out.refuse(RuleUnreadFile, r.address, unreadFile(r.address, r.action, file, "job"))
	}
	if r.before != nil && r.before.Protect {
		out.refuse(RuleProtected, r.address, fmt.Sprintf(
			"%s is protected and would be %sd; remove protect: true in a separate change first", quote(r.address), r.action))
	}
	if r.checked && p.in.Found[r.address] && !p.in.Options.Adopt {
		out.refuse(RuleNotWritten, r.address, p.neverWritten(r, live))
	}
	if r.checked {
		p.checkEdited(r, live, &change, out)
	}
	change.Actions = []Action{r.action}
	out.removed = append(out.removed, r.address)
	out.changes = append(out.changes, change)
}

// isDisabled reports whether a job that is to be disabled needs no call. If the service does not show
// the state, it is as base says. Without a base it is not compared, but for the first apply, which
// makes one: else each apply would disable the job.
func (p *Planner) isDisabled(live *LiveJob, key jobKey, base *definitionIndex) bool {
	switch {
	case !live.Item.StateUnseen:
		return live.Item.Disabled
	case base == nil:
		return !p.in.FirstApply
	}
	if before := base.jobs[key]; before != nil {
		return before.Enabled != nil && !*before.Enabled
	}
	return slices.ContainsFunc(base.result.Removals, func(r compile.Removal) bool {
		return jobKey{r.ProjectID, r.Job} == key && Action(r.Action) == ActionDisable
	})
}

// unreadFile explains why an object is not removed that a file beside the patterns still names.
func unreadFile(address string, action Action, file, kind string) string {
	return fmt.Sprintf("%s would be %sd, but %s still names it and no pattern of definitions matches that file; add a pattern for it, or remove the %s there too",
		quote(address), action, quote(file), kind)
}

// neverWritten explains why a job that was only found in step is not removed: it may belong to
// somebody else.
func (p *Planner) neverWritten(r removal, live *LiveJob) string {
	whose := "its creator is not known"
	if creator := live.Item.JobCreator; creator != "" {
		whose = "it was created by " + sanitize.Line(creator, nameLimit)
	}
	return fmt.Sprintf("%s would be %sd, and was never written from here, only found as it was declared; %s (id %s). "+
		"%s", quote(r.address), r.action, whose, quote(live.ID), remedy.RemoveOrAdopt)
}

// checkEdited compares a job to remove with the base's declaration.
func (p *Planner) checkEdited(r removal, live *LiveJob, change *Change, out *outcome) {
	if live.Body == nil {
		return
	}
	declared := declaredBody(r.before)
	c := &comparison{
		live: namedBody(live), declared: declared, modules: p.in.Modules,
		placeOf: r.before.PlaceOf, pos: r.before.Pos,
	}
	c.overlaid(p.ignoreFor(r.before.Name).matches)
	c.spelled, c.rewritten = p.storedSpelled(r.address), p.in.Rewritten[r.address]
	fields := c.fields()
	c.noteRewritten(change, fields)
	fields = c.edits(fields)
	if len(fields) == 0 {
		return
	}
	change.Verdict = VerdictRemoveEdited
	for i := range fields {
		// There is no desired value: the change shows the base's.
		fields[i].Base, fields[i].After, fields[i].Verdict = fields[i].After, nil, VerdictRemoveEdited
	}
	change.Fields = fields
	if !p.in.Options.ForceConflicts {
		out.refuse(RuleConflict, r.address, fmt.Sprintf(
			"%s is no longer defined, and was edited outside in %s; look at the edit, then %s",
			quote(r.address), sanitize.Counted(len(fields), "field"), remedy.ForceRemoval(string(r.action))))
	}
}

// findRemoved finds the live job to remove; nil with ok set if it is already gone.
func (p *Planner) findRemoved(r removal, out *outcome) (live *LiveJob, ok bool) {
	if r.id != "" {
		if live = p.live.byID[r.id]; live != nil {
			return live, !p.claimed[live]
		}
		return nil, p.requireListing(r.key.project, r.project, out)
	}
	var free []*LiveJob
	for _, job := range p.live.byName[r.key] {
		if !p.claimed[job] {
			free = append(free, job)
		}
	}
	switch len(free) {
	case 0:
		if p.refuseRemovalOfDefined(r, out) {
			return nil, false
		}
		if r.action == "" {
			return nil, true
		}
		return nil, p.requireListing(r.key.project, r.project, out)
	case 1:
		return free[0], true
	}
	p.refuseDuplicate(r.address, r.key.name, free, out)
	return nil, false
}

// allRemoved lists the objects that the whole commit disables or deletes, even if only a part is
// planned: otherwise each part could stay below a limit that the whole exceeds. Objects outside the
// part were not read, so all count that the listings do not show to be gone.
func (p *Planner) allRemoved() []string {
	all := map[string]bool{}
	for _, address := range p.all.removed {
		all[address] = true
	}
	if p.in.partial() {
		p.removedElsewhere(func(address string) { all[address] = true })
	}
	return slices.Sorted(maps.Keys(all))
}

// removedElsewhere calls add for each removal outside the part.
func (p *Planner) removedElsewhere(add func(address string)) {
	part := indexDefinitions(p.in.Head)
	within := map[string]bool{}
	for _, removal := range p.in.Head.Removals {
		within[removal.Address] = true
	}
	base := p.in.WholeBase
	if base == nil {
		base = p.in.Base
	}
	var before *definitionIndex
	if base != nil {
		before = indexDefinitions(base)
	}
	for _, removal := range p.definitions.result.Removals {
		key := jobKey{removal.ProjectID, removal.Job}
		if !within[removal.Address] && !p.ignoreFor(removal.Job).wholeJob && p.mayRemove(key, "", Action(removal.Action), before) {
			add(removal.Address)
		}
	}
	for _, job := range p.definitions.result.Jobs {
		key := jobKey{job.ProjectID, job.Name}
		if part.jobs[key] == nil && job.Enabled != nil && !*job.Enabled && p.switchesOff(job, before) && !p.ignoreFor(job.Name).wholeJob {
			add(job.Address)
		}
	}
	if before == nil {
		return
	}
	p.goneElsewhere(before, add)
}

// goneElsewhere adds the jobs and templates outside the part that the base declares and the head
// does not.
func (p *Planner) goneElsewhere(before *definitionIndex, add func(address string)) {
	var action Action
	switch p.in.Policy.OnRemove {
	case "disable":
		action = ActionDisable
	case "delete":
		action = ActionDelete
	default:
		return
	}
	inBase := map[*compile.Job]bool{} // of the part, which the plan has counted
	if p.in.Base != nil {
		for _, job := range p.in.Base.Jobs {
			inBase[job] = true
		}
	}
	kept := map[*compile.Job]bool{}
	for _, job := range p.definitions.result.Jobs {
		kept[before.predecessor(job)] = true
	}
	for _, job := range before.result.Jobs {
		key := jobKey{job.ProjectID, job.Name}
		if p.definitions.jobs[key] == nil && !inBase[job] && !kept[job] && !p.unseen(job) && p.mayRemove(key, job.ID, action, before) {
			add(job.Address)
		}
	}
}

// mayRemove reports whether a job outside the part would be disabled or deleted. If no listing was
// read, a job counts that the base declares.
func (p *Planner) mayRemove(key jobKey, id string, action Action, before *definitionIndex) bool {
	if p.definitions.jobs[key] != nil {
		return false
	}
	if !p.live.trusted(key.project) {
		return before != nil && before.jobs[key] != nil
	}
	if id != "" {
		live := p.live.byID[id]
		return live != nil && (action == ActionDelete || !p.isDisabled(live, key, before))
	}
	for _, live := range p.live.byName[key] {
		if action == ActionDelete || !p.isDisabled(live, key, before) {
			return true
		}
	}
	return false
}

// switchesOff reports whether a definition outside the part disables an enabled job.
func (p *Planner) switchesOff(job *compile.Job, before *definitionIndex) bool {
	was := before.predecessor(job)
	wasOn := was != nil && (was.Enabled == nil || *was.Enabled)
	if !p.live.trusted(job.ProjectID) {
		return wasOn
	}
	return slices.ContainsFunc(p.live.byName[jobKey{job.ProjectID, job.Name}], func(live *LiveJob) bool {
		return !live.Item.Disabled && (wasOn || !live.Item.StateUnseen)
	})
}

// refuseRemovalOfDefined refuses an entry of removed: whose live job belongs to a definition, by
// pinned id or former name: the two contradict each other. It reports whether it refused.
func (p *Planner) refuseRemovalOfDefined(r removal, out *outcome) bool {
	if r.checked {
		return false // the job lives on under another name
	}
	for _, live := range p.live.byName[r.key] {
		for _, job := range p.definitions.result.Jobs {
			if job.ProjectID != r.key.project || job.ID != live.ID && (job.ID != "" || !slices.Contains(job.RenamedFrom, live.Name)) {
				continue
			}
			out.refuse(RuleRename, r.address, fmt.Sprintf(
				"%s is listed under removed:, and its live job (id %s) is that of %s; remove one of the two",
				quote(r.address), quote(live.ID), placed(job)))
			return true
		}
	}
	return false
}
