package diff

import (
	"fmt"
	"strings"
)

// noteLookAlikes adds a note if a job is created beside a live one whose name differs only in
// letter case: it may be the same job.
func (p *Planner) noteLookAlikes(changes []Change) {
	var alike map[jobKey][]*LiveJob // made when the first job is created
	for i := range changes {
		c := &changes[i]
		if c.Kind != KindJob || c.Verdict != VerdictCreate {
			continue
		}
		if alike == nil {
			alike = p.unclaimedByFold()
		}
		for _, live := range alike[jobKey{c.ProjectID, strings.ToLower(c.Name)}] {
			c.addNote(fmt.Sprintf("the live job %s differs in letter case only; if it is the same job, write renamed_from: [%[1]s]", quote(live.Name)))
		}
	}
}

// unclaimedByFold finds the live jobs that no definition declares, by their names in lower case.
func (p *Planner) unclaimedByFold() map[jobKey][]*LiveJob {
	out := map[jobKey][]*LiveJob{}
	for _, live := range p.live.all {
		if p.definitions.jobs[jobKey{live.ProjectID, live.Name}] == nil && p.definitions.byID[live.ID] == nil {
			key := jobKey{live.ProjectID, strings.ToLower(live.Name)}
			out[key] = append(out[key], live)
		}
	}
	return out
}
