//go:build unix

package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// commandEnds are texts that some services store in another spelling.
var commandEnds = []string{"", "", "\n", " \u0065\u0301", " </dev/null", "  \n\n"}

// yamlText writes a text in double quotes and escapes every special character. YAML reads Go's \u
// escapes alike.
func yamlText(text string) string { return strconv.QuoteToASCII(text) }

// alsoDefined holds what a schedule defines besides jobs: a template and a notification.
type alsoDefined struct {
	git      bool // the workspace is a repository, so plans compare three-way
	template bool
	notices  bool

	command string   // the template's command in this round
	events  []string // the notification's events in this round
}

// sharedTemplate is the name of the published template.
const sharedTemplate = "shared"

func drawAlso(r *rand.Rand) alsoDefined {
	return alsoDefined{git: r.IntN(2) == 0, template: r.IntN(2) == 0, notices: r.IntN(2) == 0}
}

// notifications returns the lines of a job about its channel.
func (a *alsoDefined) notifications(job, round int) string {
	if !a.notices || job != 0 {
		return ""
	}
	a.events = [][]string{{"buildJobFail"}, {"buildJobFail", "deleteJob"}, {"deleteJob"}}[round%3]
	return "    notifications: {MAIL: [" + strings.Join(a.events, ", ") + "]}\n"
}

// define returns the definition of the template. Most rounds change it, since a change
// is a replacement: the only write of two halves.
func (a *alsoDefined) define(r *rand.Rand) string {
	if !a.template {
		return ""
	}
	a.command = fmt.Sprint("echo template ", r.IntN(4))
	return fmt.Sprintf("templates:\n  - name: %s\n    publish: true\n    steps:\n"+
		"      - sh: {name: Run, image: shell4.2.46-git1.8.3-zip6.00, inputs: {command: %q}}\n", sharedTemplate, a.command)
}

// judge checks the templates after the runs of a round. A template of a person stays as it is. If
// nobody edits, no run may report an edit.
func (a *alsoDefined) judge(p *serverSchedule, truth emulator.Truth, results []result) {
	p.t.Helper()
	theirs := 0
	for _, t := range truth.Templates {
		command := commandOfTemplate(t)
		if t.Name == bystanderTemplate && command == "echo theirs" && t.Commits == 1 {
			theirs++
		}
		if t.Name == sharedTemplate && !strings.HasPrefix(command, "echo template ") {
			p.t.Errorf("the template has the command %q, which no definition had", command)
		}
	}
	if a.template && theirs != 1 {
		p.t.Errorf("a template that no definition names was touched: %d of them are as they were", theirs)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.alone {
		return
	}
	for _, r := range results {
		for _, blame := range []string{"was changed both in the definitions and outside", "was edited outside", "drift: live"} {
			if strings.Contains(r.stdout+r.stderr, blame) {
				p.t.Errorf("nobody edited anything, and a run says %q: %v", blame, r)
			}
		}
	}
}

// holds checks the promise of a run that ended with 0.
func (a *alsoDefined) holds(p *serverSchedule, truth emulator.Truth, promise string, r result) {
	p.t.Helper()
	if a.template {
		var commands []string
		for _, t := range truth.Templates {
			if t.Name == sharedTemplate {
				commands = append(commands, commandOfTemplate(t))
			}
		}
		if !slices.Equal(commands, []string{a.command}) {
			p.t.Errorf("%s, and the templates have the commands %q in place of %q: %v", promise, commands, a.command, r)
		}
	}
	if !a.notices {
		return
	}
	for _, j := range truth.Named(p.Project, priorName) {
		var events []string
		for _, n := range j.Notices {
			if strings.EqualFold(n.NoticeType, "MAIL") {
				events = n.EnabledEvents()
			}
		}
		if !slices.Equal(events, a.events) {
			p.t.Errorf("%s, and the notification has the events %q in place of %q: %v", promise, events, a.events, r)
		}
	}
}

func commandOfTemplate(t emulator.TruthTemplate) string {
	body := t.Body.Get("template")
	if body == nil {
		body = t.Body
	}
	return scriptOf(body)
}
