package diff

import (
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
)

// allRemoved lists the objects that the whole commit disables or deletes, also
// where a part of it is planned: the parts must not each stay below a limit that
// the whole exceeds. What is outside the part was not read, so of it counts what
// the listings do not show to be gone.
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

// removedElsewhere calls add for what the commit removes outside the part.
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
	for _, removal := range p.whole.result.Removals {
		key := jobKey{removal.ProjectID, removal.Job}
		known := before != nil && before.jobs[key] != nil
		if !within[removal.Address] && !p.ignoreFor(removal.Job).whole && p.mayRemove(key, "", Action(removal.Action), known) {
			add(removal.Address)
		}
	}
	for _, job := range p.whole.result.Jobs {
		key := jobKey{job.ProjectID, job.Name}
		if part.jobs[key] == nil && job.Enabled != nil && !*job.Enabled && p.switchesOff(job, before) && !p.ignoreFor(job.Name).whole {
			add(job.Address)
		}
	}
	if before == nil {
		return
	}
	p.goneElsewhere(before, add)
}

// goneElsewhere adds the jobs and templates that the base declares and the head
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
	for _, job := range p.whole.result.Jobs {
		kept[before.predecessor(job)] = true
	}
	for _, job := range before.result.Jobs {
		key := jobKey{job.ProjectID, job.Name}
		if p.whole.jobs[key] == nil && !inBase[job] && !kept[job] && !p.unseen(job) && p.mayRemove(key, job.ID, action, true) {
			add(job.Address)
		}
	}
}

// mayRemove reports whether a job outside the part would be disabled or deleted.
// known says that the base declares it, which counts where no listing was read.
func (p *Planner) mayRemove(key jobKey, id string, action Action, known bool) bool {
	if p.whole.jobs[key] != nil {
		return false
	}
	if !p.live.trusted(key.project) {
		return known
	}
	if id != "" {
		live := p.live.byID[id]
		return live != nil && (action == ActionDelete || !live.Item.Disabled)
	}
	for _, live := range p.live.byName[key] {
		if action == ActionDelete || !live.Item.Disabled {
			return true
		}
	}
	return false
}

// switchesOff reports whether a definition outside the part disables a job that
// is enabled.
func (p *Planner) switchesOff(job *compile.Job, before *definitionIndex) bool {
	if p.live.trusted(job.ProjectID) {
		for _, live := range p.live.byName[jobKey{job.ProjectID, job.Name}] {
			if !live.Item.Disabled {
				return true
			}
		}
		return false
	}
	was := before.predecessor(job)
	return was != nil && (was.Enabled == nil || *was.Enabled)
}
