package diff

import (
	"fmt"
	"strings"
)

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
