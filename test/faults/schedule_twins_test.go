//go:build unix

package faults

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// bystanderTemplate is a template without a definition.
const bystanderTemplate = "bystander-template"

// templateBody returns a template as a person creates it.
func templateBody(name, command string) string {
	return fmt.Sprintf(`{"name":%q,"template":{"steps":[{"module_id":"devcloud2018.codeci_action_20017.action","name":"Run","properties":{"image":"shell4.2.46-git1.8.3-zip6.00","command":%q}}]}}`, name, command)
}

// named lists the ids of the jobs and templates with the names of a schedule's definitions, by kind
// and name.
func (p *serverSchedule) named(truth emulator.Truth) map[string][]string {
	ids := map[string][]string{}
	for _, j := range truth.Jobs {
		if j.Name != bystander {
			ids["job "+j.Name] = append(ids["job "+j.Name], j.ID)
		}
	}
	for _, t := range truth.Templates {
		if t.Name == sharedTemplate {
			ids["template "+t.Name] = append(ids["template "+t.Name], t.UUID)
		}
	}
	return ids
}

// told reports whether a run of a round ended with a code other than 0. A killed
// run has no code.
func told(results []result) bool {
	return slices.ContainsFunc(results, func(r result) bool { return r.code != 0 })
}

// judgeTwins fails the test if the runs of a round left more objects of one name
// than there were, and every run ended with 0. A person may have made one
// after the last look, so rounds with edits are left to the last run. It also
// fails if an object is gone: nobody deletes, so no job may be lost, and a
// template only by a replacement whose second half failed, which a run has to tell.
func (p *serverSchedule) judgeTwins(truth emulator.Truth, results []result) {
	p.t.Helper()
	now := p.named(truth)
	before := p.twins
	p.twins = now
	for name := range before {
		if len(now[name]) == 0 && (strings.HasPrefix(name, "job ") || !told(results)) {
			p.t.Errorf("%s is gone: %v", name, results)
		}
	}
	if p.edited.Load() || told(results) {
		return
	}
	for name, ids := range now {
		if len(ids) > 1 && len(ids) > len(before[name]) {
			p.t.Errorf("there are %d of %s, and every run ended with 0: %v", len(ids), name, results)
		}
	}
}

// judgeCreated fails the test if no object is left of what the runs of a round created. Of twins, one
// stays, whatever the runs told.
func (p *serverSchedule) judgeCreated(truth emulator.Truth) {
	p.t.Helper()
	calls := p.Calls()
	done := map[string]int{}
	for _, call := range calls[p.judged:] {
		if call.Committed {
			done[call.Op]++
		}
	}
	p.judged = len(calls)
	if done["CreateJob"] > 0 && done["DeleteJob"] >= done["CreateJob"] {
		p.t.Errorf("of %d created jobs, %d were deleted", done["CreateJob"], done["DeleteJob"])
	}
	if done["CreateTemplate"] > 0 && len(p.named(truth)["template "+sharedTemplate]) == 0 {
		p.t.Errorf("%d templates were created, and none is left", done["CreateTemplate"])
	}
}

// judgeLastTwins fails the test if a run that nothing disturbs makes a second
// object of a name, or meets several, still leaves them, and does not name each.
func (p *serverSchedule) judgeLastTwins(before map[string][]string, truth emulator.Truth, last result) {
	p.t.Helper()
	for name, ids := range p.named(truth) {
		if len(ids) > max(1, len(before[name])) {
			p.t.Errorf("nothing disturbs the last run, and it leaves %d of %s in place of %d: %v", len(ids), name, len(before[name]), last)
		}
		_, job, _ := strings.Cut(name, " ")
		if declared := p.want[job] != "" || p.also.template && job == sharedTemplate; len(ids) < 2 || !declared {
			continue
		}
		if last.code == 0 {
			p.t.Errorf("there are %d of %s, and the last run ended with 0: %v", len(ids), name, last)
		}
		if p.quirks.WrongTotal {
			continue // the listing is refused as a whole
		}
		for _, id := range ids {
			if !strings.Contains(last.stdout+last.stderr, id) {
				p.t.Errorf("there are %d of %s, and the last run does not name %s: %v", len(ids), name, id, last)
			}
		}
	}
}

// editTemplate creates a template of the defined name, as a person would.
func (p *serverSchedule) editTemplate() {
	p.mu.Lock()
	command := fmt.Sprintf("echo template of a person %d", p.edits.IntN(1000))
	p.mu.Unlock()
	status := p.post("/v3/templates/create", templateBody(sharedTemplate, command))
	p.draw("a person makes a template %q: %d", command, status)
}
