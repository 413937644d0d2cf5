//go:build unix

package faults

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestDirectedSchedules plays the situations that random schedules meet too rarely, each with the
// real program, and lets the same judge compare the service's state with the outcomes.
func TestDirectedSchedules(t *testing.T) {
	t.Parallel()
	refused := emulator.Fault{Kind: emulator.FaultStatus, Status: 422, Code: "DEVCB.00030000", Times: -1}
	at := func(op string, nth int) emulator.Fault {
		f := refused
		f.Op, f.Nth = op, nth
		return f
	}
	for name, d := range map[string]struct {
		quirks string
		before string           // the template's command before; "": there is none
		faults []emulator.Fault // during the runs
		actors int
		args   []string
		codes  []int
		says   string // what each run says
		then   func(p *serverSchedule)
	}{
		"the second half of a replacement is refused": {
			before: "echo template old", faults: []emulator.Fault{at("DeleteTemplate", 1)}, codes: []int{6}, then: liveTemplates(2),
			says: "is there, and the old one",
		},
		"delete, then create: the create is refused": {
			quirks: ",unique-templates", before: "echo template old", faults: []emulator.Fault{at("CreateTemplate", 2)},
			args: []string{"--rescue", "old.json"}, codes: []int{6}, then: liveTemplates(0),
			says: "was deleted, and creating the new one failed",
		},
		"two people create at once": {
			actors: 2, faults: meet("CreateTemplate", "DeleteTemplate"), codes: []int{0, 0}, then: liveTemplates(1),
		},
		"two people create a job at once": {
			actors: 2, faults: meet("CreateJob", "DeleteJob"), codes: []int{0, 0}, then: liveTemplates(1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newDirected(t, d.quirks)
			if d.before != "" {
				p.defineTemplate(d.before)
				p.judge(p.applyAtOnce(1, undisturbed, "apply", "--yes"))
			}
			p.defineTemplate("echo template new")
			for _, f := range d.faults {
				p.MustFail(t, f)
			}
			results := p.applyAtOnce(max(1, d.actors), undisturbed, slices.Concat([]string{"apply", "--yes"}, d.args)...)
			p.AllPlayed(t)
			for i, r := range results {
				if r.code != d.codes[i] {
					t.Errorf("want code %d: %v", d.codes[i], r)
				}
				if !strings.Contains(r.stdout+r.stderr, d.says) {
					t.Errorf("the run does not say %q: %v", d.says, r)
				}
			}
			d.then(p)
			p.judge(results)
			p.ClearFaults()
			p.Advance(time.Minute)
			p.converge()
		})
	}
}

// TestSomebodyCreatesAfterThePlan checks that a run looks again before it creates: a template that a
// person made after the plan's listing gets no twin.
func TestSomebodyCreatesAfterThePlan(t *testing.T) {
	t.Parallel()
	for command, code := range map[string]int{"echo template new": 0, "echo template other": 6} {
		p := newDirected(t, "")
		p.defineTemplate("echo template new")
		p.MustFail(t, emulator.Fault{Op: "QueryTemplates", Kind: emulator.FaultPass, After: func() {
			p.post("/v3/templates/create", templateBody(sharedTemplate, command))
		}})
		before := len(p.Calls())
		results := p.applyAtOnce(1, undisturbed, "apply", "--yes")
		if results[0].code != code {
			t.Errorf("%s: want code %d: %v", command, code, results[0])
		}
		creates := 0
		for _, call := range p.Calls()[before:] {
			if call.Op == "CreateTemplate" {
				creates++
			}
		}
		if creates != 1 {
			t.Errorf("%s: %d creates were sent, the person's included: %v", command, creates, results[0])
		}
		liveTemplates(1)(p)
	}
}

func undisturbed(<-chan struct{}, *exec.Cmd) {}

// newDirected starts a schedule without chance: one template, and the job of every schedule.
func newDirected(t *testing.T, quirks string) *serverSchedule {
	t.Helper()
	parsed, err := emulator.ParseQuirks("none" + quirks)
	if err != nil {
		t.Fatal(err)
	}
	p := &serverSchedule{
		r: rand.New(rand.NewPCG(1, 1)), edits: rand.New(rand.NewPCG(1, 1)), quirks: parsed,
		wanted: map[string]map[string]bool{}, want: map[string]string{}, also: alsoDefined{template: true},
	}
	p.begin(t)
	return p
}

// defineTemplate writes the definitions of a job and of the template with a command.
func (p *serverSchedule) defineTemplate(command string) {
	p.also.command = command
	p.want = map[string]string{"j1": "echo one"}
	p.note("j1", "echo one")
	p.write("buildsync.yaml", workspaceFile)
	p.write("jobs/a.yaml", fmt.Sprintf("version: 1\njobs:\n  - {name: j1, arch: arm, steps: [{sh: {name: s, inputs: {command: echo one}}}]}\n"+
		"templates:\n  - {name: %s, publish: true, steps: [{sh: {name: Run, image: shell4.2.46-git1.8.3-zip6.00, inputs: {command: %s}}}]}\n", sharedTemplate, command))
}

// meet makes the creates of two people arrive before either is carried out. A delete waits a little,
// so that both see both objects.
func meet(create, remove string) []emulator.Fault {
	var both sync.WaitGroup
	both.Add(2)
	arrive := func() { both.Done(); both.Wait() }
	return []emulator.Fault{
		{Op: create, Kind: emulator.FaultPass, Times: 2, Before: arrive},
		{Op: remove, Kind: emulator.FaultDelay, Delay: 300 * time.Millisecond},
	}
}

// liveTemplates checks how many templates of the defined name are live.
func liveTemplates(want int) func(p *serverSchedule) {
	return func(p *serverSchedule) {
		p.t.Helper()
		if got := p.named(p.MustTruth(p.t))["template "+sharedTemplate]; len(got) != want {
			p.t.Errorf("there are %d templates %s, want %d", len(got), sharedTemplate, want)
		}
	}
}
