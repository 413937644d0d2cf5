package diff

import (
	"fmt"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// The limits if a policy is not set; docs/language.md.
const (
	defaultMaxRemovals     = 3
	defaultMaxRemovalShare = 0.25
)

// rails adds the refusals that depend on the plan as a whole.
func (p *Planner) rails() {
	p.noDefinitions()
	p.unreadListings()
	p.emptyListings()
	p.tooManyRemovals()
	p.driftRefused()
	if p.in.Judge != nil {
		p.all.refusals = append(p.all.refusals, p.in.Judge(p.in.Head.Jobs)...)
	}
}

func (p *Planner) noDefinitions() {
	all := p.definitions.result
	if len(all.Jobs)+len(all.Templates)+len(all.Removals) > 0 || p.in.Options.AllowEmpty {
		return
	}
	p.all.refuse(RuleNoDefinitions, "", "there are no definitions; "+string(remedy.AllowEmpty))
}

// unreadListings refuses a plan if a listing failed that no job needed, as with --changed and no
// change. Otherwise a failing service would look like one that is in step.
func (p *Planner) unreadListings() {
	for _, id := range slices.Sorted(maps.Keys(p.live.projects)) {
		if p.live.projects[id].ReadErr == nil {
			continue
		}
		alias := id
		for _, job := range p.definitions.result.Jobs {
			if job.ProjectID == id {
				alias = job.Project
				break
			}
		}
		p.requireListing(id, alias, &p.all)
	}
}

// emptyListings refuses a project that looks empty although the base declared
// jobs in it: an expired session must not look like an empty project. If head
// declares nothing there either, the listing does not matter.
func (p *Planner) emptyListings() {
	if p.base == nil {
		return
	}
	before, now := map[string]int{}, map[string]string{}
	for _, job := range p.base.result.Jobs {
		before[job.ProjectID]++
	}
	for _, job := range p.in.Head.Jobs {
		now[job.ProjectID] = job.Project
	}
	for _, id := range slices.Sorted(maps.Keys(now)) {
		project := p.live.projects[id]
		if before[id] == 0 || project == nil || !project.Complete || len(project.Jobs) > 0 {
			continue
		}
		says, advice := "the base declares", remedy.EmptyProject
		if p.in.AssumedBase {
			says, advice = "the definitions declare", remedy.NothingLive
		}
		p.all.refuse(RuleListingEmpty, "", fmt.Sprintf(
			"the listing of project %s (%s) is empty, and %s %s in it; %s",
			quote(now[id]), sanitize.Line(id, nameLimit), says, sanitize.Counted(before[id], "job"), advice))
	}
}

// tooManyRemovals compares the number of disabled and deleted jobs with the policy. The share
// counts managed live jobs. One removal is always allowed; otherwise a workspace of three jobs
// could never remove one.
func (p *Planner) tooManyRemovals() {
	if len(p.all.removed) == 0 {
		return // this part takes nothing away
	}
	removed := p.allRemoved()
	n := len(removed)
	if p.in.Options.AllowRemovals >= n {
		return
	}
	limit, share := p.in.Policy.MaxRemovals, p.in.Policy.MaxRemovalShare
	if p.in.Policy.OnRemove == "" { // a policy that was never filled in
		limit, share = defaultMaxRemovals, defaultMaxRemovalShare
	}
	managed := p.managedJobs()
	byShare := max(1, int(share*float64(managed)))
	if n <= limit && n <= byShare {
		return
	}
	reason := fmt.Sprintf("policy.max_removals is %d", limit)
	if n <= limit {
		reason = fmt.Sprintf("policy.max_removal_share is %g, which is %s of %d", share, sanitize.Counted(byShare, "job"), managed)
	}
	p.all.refuse(RuleMaxRemovals, "", fmt.Sprintf(
		"the plan disables or deletes %s and %s; if that is intended, %s: %s",
		sanitize.Counted(n, "job"), reason, remedy.AllowRemovals(n), firstOf(removed)))
	p.all.refusals[len(p.all.refusals)-1].Flag = remedy.AllowRemovalsFlag(n)
}

// managedJobs counts the live jobs that are defined, including those outside the planned part:
// planning less must not make a removal a larger share.
func (p *Planner) managedJobs() int {
	n := 0
	for _, job := range p.live.all {
		if p.managed[job] || p.spokenOf(job) {
			n++
		}
	}
	return n
}

// firstOf returns the first few names for a message.
func firstOf(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = quote(name)
	}
	return sanitize.Some(shown, 10)
}

func (p *Planner) driftRefused() {
	if len(p.all.drifted) == 0 || !p.in.Options.RefuseDrift && p.in.Policy.Drift != "fail" {
		return
	}
	slices.Sort(p.all.drifted)
	p.all.refuse(RuleDrift, "", fmt.Sprintf(
		"%s edited outside buildsync, and %s: %s; %s",
		was(len(slices.Compact(slices.Clone(p.all.drifted)))), remedy.RefusingDrift, firstOf(slices.Compact(p.all.drifted)), remedy.RevertDrift))
}

func was(n int) string {
	if n == 1 {
		return "1 object was"
	}
	return fmt.Sprintf("%d objects were", n)
}

// Refusal says why a plan, or one object of it, must not be applied.
type Refusal struct {
	Rule    string `json:"rule"`
	Message string `json:"message"`
	Address string `json:"address,omitempty"` // the object it is about, if it is about one

	Flag remedy.Remedy `json:"-"` // the flag that allows it, "" if only another definition helps
}

// allowing are the flags that allow what a rule refuses.
var allowing = map[string]remedy.Remedy{
	RuleNoDefinitions: remedy.AllowEmptyFlag,
	RuleConflict:      remedy.ForceConflictsFlag,
	RuleCollision:     remedy.AdoptFlag,
	RuleNotWritten:    remedy.AdoptFlag,
}

// The rules of refusals.
const (
	RuleMaxRemovals       = "max-removals"
	RuleListingIncomplete = "listing-incomplete"
	RuleListingUnread     = "listing-unread"
	RuleListingEmpty      = "listing-empty"
	RuleNoDefinitions     = "no-definitions"
	RuleProtected         = "protected"
	RuleConflict          = "conflict"
	RuleCollision         = "collision"
	RuleDrift             = "drift"
	RuleDuplicateLive     = "duplicate-live-job"
	RuleDuplicateTemplate = "duplicate-live-template"
	RulePinnedIDMissing   = "pinned-id-missing"
	RuleCreateIncomplete  = "create-incomplete"
	RuleSecret            = "secret"
	RuleRename            = "rename"
	RuleUnreadable        = "unreadable"
	RuleUnreadFile        = "unread-file"
	RuleNotWritten        = "not-written"
	RulePolicy            = "policy"
)

// Hold is what holds a plan back.
type Hold int

// The holds, the worst last.
const (
	NotHeld     Hold = iota
	HeldUnread       // the live state could not be read
	HeldRefused      // a rail refuses it
)

// Partial reports whether r refuses only the object that it names, so that the rest of the plan can
// be applied.
func (r Refusal) Partial() bool {
	return r.Rule == RuleUnreadable || r.Rule == RuleDuplicateLive || r.Rule == RuleDuplicateTemplate
}

// hold returns whether r is about what could not be read, or is a rail's.
func (r Refusal) hold() Hold {
	if r.Rule == RuleUnreadable || r.Rule == RuleListingUnread {
		return HeldUnread
	}
	return HeldRefused
}

// Refused reports whether nothing of p may be applied.
func (p *Plan) Refused() bool {
	for _, r := range p.Refusals {
		if !r.Partial() {
			return true
		}
	}
	return false
}

// HasChanges reports whether applying p would write anything.
func (p *Plan) HasChanges() bool {
	for i := range p.Changes {
		if len(p.Changes[i].Actions) > 0 {
			return true
		}
	}
	return false
}

// Hold returns the worst hold of the refusals.
func (p *Plan) Hold() Hold {
	hold := NotHeld
	for _, r := range p.Refusals {
		hold = max(hold, r.hold())
	}
	return hold
}
