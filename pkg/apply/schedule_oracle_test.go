package apply_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// look records the service's state.
func (p *scheduled) look() {
	truth := p.MustTruth(p.t)
	now := map[string][]string{}
	for _, j := range truth.Jobs {
		now["job "+j.Name] = append(now["job "+j.Name], firstCommand(j.Body))
	}
	for _, x := range truth.Templates {
		now["template "+x.Name] = append(now["template "+x.Name], firstCommand(x.Body.Get("template")))
	}
	for _, name := range scheduleNames {
		p.noteSighting("job "+name, now["job "+name])
	}
	p.noteSighting("template shared", now["template shared"])
}

func (p *scheduled) noteSighting(key string, commands []string) {
	if list := p.seen[key]; len(list) == 0 || !slices.Equal(list[len(list)-1].commands, commands) {
		p.seen[key] = append(list, sighting{p.step, commands})
	}
}

// had reports whether an object had a command at some time between two steps.
func (p *scheduled) had(key, command string, from, to int) bool {
	list := p.seen[key]
	for i, s := range list {
		until := to
		if i+1 < len(list) {
			until = list[i+1].step
		}
		if slices.Contains(s.commands, command) && s.step <= to && until >= from {
			return true
		}
	}
	return false
}

// all returns every run of every actor.
func (p *scheduled) all() []*scheduledRun {
	var runs []*scheduledRun
	for _, a := range p.actors {
		runs = append(runs, a.runs...)
	}
	return runs
}

// alone reports whether nobody else wrote during r. Then its report must be true when it has ended.
func (p *scheduled) alone() bool { return len(p.actors) == 1 && p.edits == 0 }

// judge checks the invariants of the whole schedule.
func (p *scheduled) judge() {
	p.look()
	for _, f := range p.Faults() {
		p.played += f.Played
		if f.Played > 0 && (f.Fault.Op == "CreateJob" || f.Fault.Op == "CreateTemplate") && leavesOpen(f.Fault) {
			p.unsure = true
		}
	}
	for _, r := range p.all() {
		p.killed = p.killed || r.killed
		p.judgeRun(r)
	}
	p.ClearFaults()
	p.settle()
	p.look()
	p.judgeState()
	p.finish()
}

// leavesOpen reports whether a fault leaves it open whether the request was carried out.
func leavesOpen(f emulator.Fault) bool {
	switch f.Kind {
	case emulator.FaultReset, emulator.FaultSilence, emulator.FaultTruncate, emulator.FaultTwiceKeys, emulator.FaultNoID, emulator.FaultOtherID, emulator.FaultHTML:
		return true
	}
	return f.Kind == emulator.FaultStatus && f.Status >= 500
}

// judgeRun compares one run's report with the states during the run.
func (p *scheduled) judgeRun(r *scheduledRun) {
	if r.refusals > 2 {
		p.t.Errorf("%d failed authentications in one run", r.refusals)
	}
	if most := 60 * (2 + len(r.head.Jobs) + len(r.head.Removals) + 3*len(r.head.Templates)); r.requests > most {
		p.t.Errorf("%d requests in one run, more than %d", r.requests, most)
	}
	if took := r.stoppedAt.Sub(r.startedAt); len(p.actors) == 1 && took > 30*time.Minute {
		p.t.Errorf("a run took %v", took)
	}
	if r.report == nil {
		return
	}
	text, err := json.Marshal(r.report)
	if err != nil || strings.Contains(string(text), "canary") {
		p.t.Errorf("the report holds a secret, or is none: %v %s", err, text)
	}
	for i, c := range r.plan.Changes {
		for _, action := range c.Actions {
			p.judgeResult(r, &r.plan.Changes[i], result(p.t, r.report, c.Address, action))
		}
	}
}

// judgeResult compares a result about a body or a removal with those states.
func (p *scheduled) judgeResult(r *scheduledRun, c *diff.Change, got apply.Result) {
	key, want := string(c.Kind)+" "+c.Name, ""
	switch {
	case c.Kind == diff.KindNotification || got.Action == diff.ActionEnable || got.Action == diff.ActionDisable:
		return
	case c.Want != nil:
		want = firstCommand(c.Want.Body())
	case c.WantTemplate != nil:
		want = firstCommand(c.WantTemplate.Body.Get("template"))
	}
	switch got.Outcome {
	case apply.Applied, apply.AppliedConfirmed, apply.AppliedAfterAbsence, apply.Unchanged, apply.AlreadyAbsent:
		if want == "" && !p.gone(got) {
			p.t.Errorf("a false %q: %s %s is there\n%s", got.Outcome, key, got.ID, describe(r.report))
		}
		if want != "" && !p.had(key, want, r.began, r.ended) {
			p.t.Errorf("a false %q: %s was never %q in steps %d to %d: %v\n%s", got.Outcome, key, want, r.began, r.ended, p.seen[key], describe(r.report))
		}
	case apply.Failed, apply.Skipped:
		// A lagging listing may hide what an earlier run created. It is not this run's.
		before := p.had(key, want, r.began, r.began)
		if p.alone() && !p.killed && r == p.all()[len(p.all())-1] && !before && c.Kind != diff.KindTemplate && (want == "" && p.gone(got) || want != "" && p.holds(key, want)) {
			p.t.Errorf("a false %q: %s is %q\n%s", got.Outcome, key, want, describe(r.report))
		}
	}
}

// holds reports whether an object has a command now.
func (p *scheduled) holds(key, command string) bool {
	list := p.seen[key]
	return slices.Contains(list[len(list)-1].commands, command)
}

// gone reports whether the object of a result is gone: the service never uses an id twice.
func (p *scheduled) gone(got apply.Result) bool {
	truth := p.MustTruth(p.t)
	return truth.Job(got.ID) == nil &&
		!slices.ContainsFunc(truth.Templates, func(x emulator.TruthTemplate) bool { return x.UUID == got.ID })
}

// judgeState checks the service's state: no unwanted content, no unreported duplicates, nothing
// foreign touched.
func (p *scheduled) judgeState() {
	truth := p.MustTruth(p.t)
	counts := map[string]int{}
	one := func(key, command string) {
		counts[key]++
		if !p.wanted[key][command] {
			p.t.Errorf("%s is %q, which no definition or edit had", key, command)
		}
	}
	for _, j := range truth.Jobs {
		one("job "+j.Name, firstCommand(j.Body))
		p.checkSecrets(j)
	}
	for _, x := range truth.Templates {
		one("template "+x.Name, firstCommand(x.Body.Get("template")))
	}
	for _, old := range p.prior.Named(emulator.DefaultProject, "bystander") {
		if now := truth.Job(old.ID); now == nil || now.Commits != old.Commits {
			p.t.Error("the bystander was touched")
		}
	}
	for key, n := range counts {
		if n > 1 {
			p.duplicates++
			p.reported(key)
		}
	}
}

// reported fails the test unless two objects of one name are expected and the next plan reports
// them. Several runs at once or a killed run can leave them if the service allows it, and a
// template's replacement has both for a while.
func (p *scheduled) reported(key string) {
	kind, name, _ := strings.Cut(key, " ")
	head, rule := definitions(scheduledJob(name, "any")), diff.RuleDuplicateLive
	if kind == "template" {
		head, rule = &compile.Result{Templates: []*compile.Template{template(name, "any")}}, diff.RuleDuplicateTemplate
	} else if len(p.actors) == 1 && !p.killed {
		p.t.Errorf("%s is there several times", key)
	}
	plan := p.plan(head, nil, nil)
	if !slices.ContainsFunc(plan.Refusals, func(r diff.Refusal) bool { return r.Rule == rule }) {
		p.t.Errorf("%s is there several times, and the plan says nothing:\n%s", key, describePlan(plan))
	}
}

// finish removes duplicates as a person would, and lets one run finish the work.
func (p *scheduled) finish() {
	truth := p.MustTruth(p.t)
	api := p.newClient(nil)
	seen := map[string]bool{}
	ctx := context.WithoutCancel(p.t.Context())
	for _, j := range truth.Jobs {
		if seen["job "+j.Name] {
			if err := api.DeleteJob(ctx, j.ID); err != nil {
				p.t.Errorf("deleting the second %s: %v", j.Name, err)
			}
		}
		seen["job "+j.Name] = true
	}
	for _, x := range truth.Templates {
		if seen["template "+x.Name] {
			if err := api.DeleteTemplate(ctx, x.UUID); err != nil {
				p.t.Errorf("deleting the second %s: %v", x.Name, err)
			}
		}
		seen["template "+x.Name] = true
	}
	p.settle()
	p.client = p.newClient(nil)
	head := p.last()
	rescue := filepath.Join(p.t.TempDir(), "rescue")
	plan := p.plan(head, nil, nil)
	p.ResetCalls()
	if report := p.apply(plan, apply.Options{Secrets: secrets, RescueFile: rescue}); !report.Complete() {
		p.t.Errorf("a run without faults does not finish:\n%s%s", describePlan(plan), describe(report))
	}
	if plan.HasChanges() || p.writes() > 0 {
		p.mustBeInStep(head)
	}
}

// last returns what the last run declares, without names that the recycle bin keeps.
func (p *scheduled) last() *compile.Result {
	runs := p.all()
	head := *runs[len(runs)-1].head
	truth := p.MustTruth(p.t)
	head.Jobs = slices.DeleteFunc(slices.Clone(head.Jobs), func(j *compile.Job) bool {
		recycled := slices.ContainsFunc(truth.Recycled, func(old emulator.TruthJob) bool { return old.Name == j.Name })
		return p.blocked && recycled && len(truth.Named(j.ProjectID, j.Name)) == 0
	})
	return &head
}
