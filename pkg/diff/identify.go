package diff

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// identify finds the live job for want: by pinned id, by name, or by a former name. A nil job with
// ok set is certainly absent. ok is false if the answer is unknown or ambiguous, which has been
// refused.
func (p *Planner) identify(want *compile.Job, out *outcome) (live *LiveJob, ok bool) {
	named := p.live.byName[jobKey{want.ProjectID, want.Name}]
	if want.ID != "" {
		return p.identifyPinned(want, named, out)
	}
	switch len(named) {
	case 1:
		return named[0], !p.bothNamesAreLive(want, named[0], out)
	case 0:
	default:
		p.refuseDuplicate(want.Address, want.Name, named, out)
		return nil, false
	}
	if live, ok := p.identifyRenamed(want, out); live != nil || !ok {
		return live, ok
	}
	// Any listing proves presence; only a complete one proves absence.
	return nil, p.requireListing(want.ProjectID, want.Project, out)
}

func (p *Planner) identifyPinned(want *compile.Job, named []*LiveJob, out *outcome) (*LiveJob, bool) {
	live := p.live.byID[want.ID]
	if live == nil || live.ProjectID != want.ProjectID {
		if p.requireListing(want.ProjectID, want.Project, out) {
			advice := "if it was deleted, remove id: to create it again"
			if live != nil {
				advice = "it is the id of a job of project " + quote(live.ProjectID)
			}
			out.refuse(RulePinnedIDMissing, want.Address, fmt.Sprintf("%s is pinned to id %s, and project %s has no job of that id; %s",
				quote(want.Address), quote(want.ID), quote(want.Project), advice))
		}
		return nil, false
	}
	for _, other := range named {
		if other != live && live.Name != want.Name { // two of one name: the pin decides
			out.refuse(RuleRename, want.Address, fmt.Sprintf(
				"%s is pinned to id %s, now called %s, and another job (id %s) has the name already",
				quote(want.Address), quote(live.ID), quote(live.Name), quote(other.ID)))
			return nil, false
		}
	}
	return live, !p.bothNamesAreLive(want, live, out)
}

// identifyRenamed looks for want under its former names, except those that another definition now
// has.
func (p *Planner) identifyRenamed(want *compile.Job, out *outcome) (*LiveJob, bool) {
	var former *LiveJob
	for _, old := range want.RenamedFrom {
		key := jobKey{want.ProjectID, old}
		if p.definitions.jobs[key] != nil {
			continue
		}
		switch named := p.live.byName[key]; len(named) {
		case 0:
		case 1:
			// The new name must be proven free before the job moves to it.
			if !p.requireListing(want.ProjectID, want.Project, out) {
				return nil, false
			}
			if former != nil {
				p.claimed[former], p.claimed[named[0]] = true, true
				out.refuse(RuleRename, want.Address, fmt.Sprintf(
					"%s is renamed from %s and from %s, and both are live (ids %s and %s); remove one of them from renamed_from, or pin the one that is meant with id:",
					quote(want.Name), quote(former.Name), quote(named[0].Name), quote(former.ID), quote(named[0].ID)))
				return nil, false
			}
			former = named[0]
		default:
			p.refuseDuplicate(want.Address, old, named, out)
			return nil, false
		}
	}
	return former, true
}

// bothNamesAreLive refuses a renamed job if its old name is also live: either may be meant, and an
// update would overwrite one with the other. An entry that stays in renamed_from is harmless while
// no live job has the old name.
func (p *Planner) bothNamesAreLive(want *compile.Job, live *LiveJob, out *outcome) bool {
	for _, old := range want.RenamedFrom {
		key := jobKey{want.ProjectID, old}
		if old == want.Name || old == live.Name || p.definitions.jobs[key] != nil { // the pin decides
			continue
		}
		for _, other := range p.live.byName[key] {
			if other == live {
				continue
			}
			p.claimed[other] = true
			out.refuse(RuleRename, want.Address, fmt.Sprintf(
				"%s is renamed from %s, and both are live (ids %s and %s); remove the entry from renamed_from if they are two jobs, or delete one of them",
				quote(want.Name), quote(old), quote(live.ID), quote(other.ID)))
			return true
		}
	}
	return false
}

func (p *Planner) refuseDuplicate(address, name string, jobs []*LiveJob, out *outcome) {
	var ids []string
	for _, job := range jobs {
		p.claimed[job] = true
		id := quote(job.ID)
		if job.Item.JobCreator != "" {
			id += " by " + sanitize.Line(job.Item.JobCreator, nameLimit)
		}
		ids = append(ids, id)
	}
	out.refuse(RuleDuplicateLive, address, fmt.Sprintf(
		"%d live jobs are called %s (ids %s); pin the one that is meant with id:, or delete the other",
		len(jobs), quote(name), strings.Join(ids, ", ")))
}

// requireListing reports whether a project's listing can prove an absence. It refuses once for each
// project whose listing cannot.
func (p *Planner) requireListing(projectID, alias string, out *outcome) bool {
	if p.live.trusted(projectID) {
		return true
	}
	if p.distrusted[projectID] {
		return false
	}
	p.distrusted[projectID] = true
	problem := "it was not listed"
	project := p.live.projects[projectID]
	if project != nil && project.Problem != "" {
		problem = sanitize.Message(project.Problem)
	}
	if project != nil && project.ReadErr != nil {
		if !advises(project.ReadErr) {
			problem += "; " + string(remedy.RunLater)
		}
		out.refuse(RuleListingUnread, "", fmt.Sprintf("the jobs of project %s (%s) could not be listed, so nothing is done in it: %s",
			quote(alias), sanitize.Line(projectID, nameLimit), problem))
		return false
	}
	out.refuse(RuleListingIncomplete, "", fmt.Sprintf(
		"the job listing of project %s (%s) is not complete, so a job that is not in it is unknown, not absent: %s; %s",
		quote(alias), sanitize.Line(projectID, nameLimit), problem, remedy.RunAgain))
	return false
}

// advises reports whether err ends with what to do next. A second advice would only confuse.
func advises(err error) bool {
	var advice interface{ Next() string }
	return errors.As(err, &advice) && advice.Next() != ""
}

// hintAtRenames adds a note where a created job equals removed ones: without renamed_from, a rename
// loses the history and breaks pipelines.
func hintAtRenames(changes []Change) {
	type gone struct {
		change *Change
		body   *jsontree.Value
	}
	removed := map[string][]gone{} // by project
	for i := range changes {
		c := &changes[i]
		if c.Kind == KindJob && c.Want == nil && c.before != nil && c.Verdict != VerdictUnknown {
			removed[c.ProjectID] = append(removed[c.ProjectID], gone{c, c.before.Body()})
		}
	}
	if len(removed) == 0 {
		return
	}
	for i := range changes {
		c := &changes[i]
		if c.Kind != KindJob || c.Verdict != VerdictCreate || c.Want == nil || len(removed[c.ProjectID]) == 0 {
			continue
		}
		body := c.Want.Body()
		if !tellsApart(body) {
			continue
		}
		var names []string
		for _, g := range removed[c.ProjectID] {
			if jsontree.Equal(g.body, body) && !slices.Contains(names, g.change.Name) {
				names = append(names, g.change.Name)
			}
		}
		c.addNote(renameHint(names))
	}
}

// refuseMoves refuses a new job that is renamed from a job that goes in another project. No call of
// the API moves a job, so the old one would be removed with its history. Without a base nobody knows
// of that job: a note tells that the former name is not live here.
func (p *Planner) refuseMoves(changes []Change) {
	removed := map[string]*Change{} // by name
	for i := range changes {
		if c := &changes[i]; c.Kind == KindJob && c.Want == nil && c.before != nil {
			removed[c.Name] = c
		}
	}
	for i := range changes {
		c := &changes[i]
		if c.Kind != KindJob || c.Verdict != VerdictCreate || c.Want == nil {
			continue
		}
		for _, old := range c.Want.RenamedFrom {
			if gone := removed[old]; gone != nil && gone.ProjectID != c.ProjectID {
				p.all.refuse(RuleRename, c.Address, fmt.Sprintf(
					"%s is renamed from %s, which is %s: the service cannot move a job to another project; leave project: as it is, or remove the entry from renamed_from to create a new job",
					quote(c.Name), quote(old), quote(gone.Address)))
			}
		}
		if len(c.Want.RenamedFrom) > 0 {
			c.addNote("no live job of this project has a name of its renamed_from, so it is created: " + strings.Join(c.Want.RenamedFrom, ", "))
		}
	}
}

// tellsApart reports whether a body has enough content to recognise a job: jobs without steps may
// be equal by chance.
func tellsApart(body *jsontree.Value) bool { return body.Get(wire.KeySteps).Len() > 0 }

// renameHint asks whether a new job is a renamed one; "" without candidates.
func renameHint(names []string) string {
	const most = 3
	switch {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		return fmt.Sprintf("renamed from %s? then write renamed_from: [%[1]s]", names[0])
	case len(names) > most:
		return fmt.Sprintf("renamed from %s or one of %d more? then write renamed_from", strings.Join(names[:most], ", "), len(names)-most)
	}
	return fmt.Sprintf("renamed from %s? then write renamed_from", strings.Join(names, " or "))
}

// addNote appends to the notes of c.
func (c *Change) addNote(note string) {
	if note != "" {
		c.Note = strings.TrimPrefix(c.Note+"; "+note, "; ")
	}
}

// noteLookAlikes adds a note if an object is created beside a live one whose name differs only in
// letter case: it may be the same object.
func (p *Planner) noteLookAlikes(changes []Change) {
	var alike map[lookAlike][]string // made when the first object is created
	for i := range changes {
		c := &changes[i]
		if c.Verdict != VerdictCreate {
			continue
		}
		if alike == nil {
			alike = p.unclaimedByFold()
		}
		for _, name := range alike[lookAlike{c.Kind, c.ProjectID, strings.ToLower(c.Name)}] {
			advice := "write renamed_from: [" + quote(name) + "]"
			if c.Kind == KindTemplate {
				advice = "write that name" // a template cannot be renamed
			}
			c.addNote(fmt.Sprintf("the live %s %s differs in letter case only; if it is the same %[1]s, %[3]s", c.Kind, quote(name), advice))
		}
	}
}

// lookAlike is what two objects have in common whose names differ only in letter case.
type lookAlike struct {
	kind          Kind
	project, name string // the name in lower case
}

// unclaimedByFold finds the names of live jobs and templates that no definition declares.
func (p *Planner) unclaimedByFold() map[lookAlike][]string {
	out := map[lookAlike][]string{}
	for _, live := range p.live.all {
		if p.definitions.jobs[jobKey{live.ProjectID, live.Name}] == nil && p.definitions.byID[live.ID] == nil {
			key := lookAlike{KindJob, live.ProjectID, strings.ToLower(live.Name)}
			out[key] = append(out[key], live.Name)
		}
	}
	for _, live := range p.in.Live.Templates {
		if p.definitions.templates[live.Name] == nil {
			key := lookAlike{KindTemplate, "", strings.ToLower(live.Name)}
			out[key] = append(out[key], live.Name)
		}
	}
	return out
}
