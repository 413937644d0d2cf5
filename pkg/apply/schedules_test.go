package apply_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// scheduleShards is how many properties of random schedules go side by side:
// -rapid.checks counts for each.
const scheduleShards = 4

// TestRandomSchedules: one to three applies of up to four definitions each,
// faults, kills, edits by others, in a service whose quirks are drawn; after
// each, what the reports say is true, nothing is doubled in silence, nothing
// foreign is touched, and one run without faults finishes the work.
func TestRandomSchedules(t *testing.T) {
	t.Parallel()
	var tally tally
	t.Run("all", func(t *testing.T) {
		for shard := range scheduleShards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(rt *rapid.T) { playSchedule(t, rt, &tally, drawActors(rt)) })
			})
		}
	})
	t.Log(tally.String())
}

// TestInterleavings: two or three applies at once, without faults, each request
// of each between any two of the others: Q1 to Q4 and Q6.
func TestInterleavings(t *testing.T) {
	t.Parallel()
	var tally tally
	rapid.Check(t, func(rt *rapid.T) { playSchedule(t, rt, &tally, rapid.IntRange(2, 3).Draw(rt, "actors")) })
	t.Log(tally.String())
}

func drawActors(rt *rapid.T) int {
	return rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(rt, "actors")
}

// tally counts what the schedules of a test held.
type tally struct {
	mu sync.Mutex

	schedules, runs, concurrent, kills, edits, faults, unsure, duplicates int
	outcomes                                                              map[apply.Outcome]int
}

func (c *tally) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d schedules with %d runs: %d with several at once, %d with an unsure create, %d kills, %d edits, %d faults met, %d times two of one name, all reported",
		c.schedules, c.runs, c.concurrent, c.unsure, c.kills, c.edits, c.faults, c.duplicates)
	for _, o := range slices.Sorted(maps.Keys(c.outcomes)) {
		fmt.Fprintf(&out, "; %s %d", o, c.outcomes[o])
	}
	return out.String()
}

func (c *tally) add(p *scheduled) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schedules++
	if len(p.actors) > 1 {
		c.concurrent++
	}
	if p.unsure {
		c.unsure++
	}
	c.edits += p.edits
	c.faults += p.played
	c.duplicates += p.duplicates
	if c.outcomes == nil {
		c.outcomes = map[apply.Outcome]int{}
	}
	for _, r := range p.all() {
		c.runs++
		if r.killed {
			c.kills++
		}
		if r.report != nil {
			for o, n := range r.report.Outcomes {
				c.outcomes[o] += n
			}
		}
	}
}

// scheduled is a schedule and what its oracle has to know.
type scheduled struct {
	*schedule
	quirks emulator.Quirks
	prior  emulator.Truth
	// wanted are the commands that someone gave an object, by kind and name.
	wanted map[string]map[string]bool
	// seen are the commands that an object has had, by kind and name.
	seen       map[string][]sighting
	late       bool // a write may be carried out while nobody sends one
	edits      int
	killed     bool
	unsure     bool // a create met a fault that leaves open whether it happened
	played     int
	duplicates int
}

// sighting is what objects of one name ran from a step on.
type sighting struct {
	step     int
	commands []string
}

// scheduleNames are the jobs that schedules are about. Those with an s have a
// secret.
var scheduleNames = []string{"a", "b", "s-one", "s-two"}

// playSchedule draws a schedule, plays it, and holds it to the invariants.
func playSchedule(t *testing.T, rt *rapid.T, counts *tally, actors int) {
	quirks := drawQuirks(rt)
	start := definitions(job("bystander", "echo bystander", secret("other", "OTHER")))
	for _, name := range scheduleNames {
		if rapid.Bool().Draw(rt, name+" is there") {
			start.Jobs = append(start.Jobs, scheduledJob(name, "start"))
		}
	}
	if rapid.IntRange(0, 3).Draw(rt, "template") == 3 {
		start.Templates = []*compile.Template{template("shared", "start")}
	}
	p := &scheduled{
		schedule: newSchedule(&drawing{T: t, rt: rt}, quirks, start), quirks: quirks,
		wanted: map[string]map[string]bool{}, seen: map[string][]sighting{},
	}
	p.dialect = rapid.SampledFrom([]client.Dialect{client.DialectV3, client.DialectV1}).Draw(rt, "dialect")
	p.settle()
	p.prior = p.MustTruth(p.t)
	p.wants(start)
	for i := range actors {
		p.drawActor(rt, fmt.Sprintf("v%d", i+1), actors)
	}
	p.drawFaults(rt)
	p.drawEdits(rt)
	p.play(chooser(rt))
	p.judge()
	counts.add(p)
}

// drawQuirks is one of the profiles with up to three switches more.
func drawQuirks(rt *rapid.T) emulator.Quirks {
	text := rapid.SampledFrom([]string{"strict", "lenient", "hostile", "legacy"}).Draw(rt, "profile")
	switches := []string{
		"unique-names", "unique-names-200", "unique-templates", "recycled-name-blocked", "disabled-locked", "not-found-404", "not-found-200",
		"page-base-1", "newest-first", "list-lag", "empty-pages", "secret-null", "upper-definition", "nulls", "server-properties", "text-booleans",
		"reordered", "extra-fields", "endpoint-id", "predefined-parameter", "parameters-need-flag", "body-required", "text-in-text", "empty-errors",
		"text-result", "template-base-1", "capital-templates", "commit-on-error",
	}
	if rapid.IntRange(0, 2).Draw(rt, "mixture") == 2 {
		text += "," + strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(switches), 1, 3, rapid.ID).Draw(rt, "switches"), ",")
	}
	quirks, err := emulator.ParseQuirks(text)
	if err != nil {
		rt.Fatal(err)
	}
	quirks.PublicTemplates = min(quirks.PublicTemplates, 5) // pages of noise cost more than they find here
	return quirks
}

func scheduledJob(name, command string, change ...func(*compile.Job)) *compile.Job {
	if strings.HasPrefix(name, "s") {
		change = append(change, secret("token", "TOKEN"))
	}
	return job(name, command, change...)
}

// drawActor adds an actor with one to three runs.
func (p *scheduled) drawActor(rt *rapid.T, version string, actors int) {
	most := 3
	if actors > 1 {
		most = 5 / actors
	}
	var runs []*scheduledRun
	for i := range rapid.IntRange(1, most).Draw(rt, "runs") {
		r := &scheduledRun{}
		if i > 0 && rapid.Bool().Draw(rt, "same definitions") {
			r.head = runs[i-1].head
		} else {
			r.head = drawHead(rt, fmt.Sprintf("%s.%d", version, i))
		}
		if rapid.IntRange(0, 4).Draw(rt, "settled") == 4 {
			r.options.CreateRetry = apply.CreateRetrySettled
		}
		if rapid.IntRange(0, 4).Draw(rt, "rescue") == 4 {
			r.options.RescueFile = filepath.Join(p.t.TempDir(), "rescue")
		}
		if rapid.IntRange(0, 3).Draw(rt, "kill") == 3 {
			r.killAt, r.after = rapid.IntRange(1, 30).Draw(rt, "kill at"), rapid.Bool().Draw(rt, "after it")
			if rapid.Bool().Draw(rt, "journal") {
				r.journal = filepath.Join(p.t.TempDir(), "journal")
			}
		}
		p.wants(r.head)
		runs = append(runs, r)
	}
	p.actor(runs...)
}

// drawHead declares some of the jobs, removes others, and leaves the rest alone.
func drawHead(rt *rapid.T, version string) *compile.Result {
	head := definitions(job("bystander", "echo bystander", secret("other", "OTHER")))
	for _, name := range scheduleNames {
		switch rapid.IntRange(0, 7).Draw(rt, name) {
		case 0, 1:
			head.Jobs = append(head.Jobs, scheduledJob(name, version))
		case 2:
			head.Jobs = append(head.Jobs, scheduledJob(name, version, enabled(rapid.Bool().Draw(rt, "enabled"))))
		case 3:
			head.Jobs = append(head.Jobs, scheduledJob(name, version, notice("MAIL", rapid.SampledFrom([]string{"deleteJob", "buildJobFail"}).Draw(rt, "event"))))
		case 4:
			head.Removals = append(head.Removals, compile.Removal{
				Address: projectAlias + "/job/" + name, Project: projectAlias, ProjectID: emulator.DefaultProject, Job: name,
				Action: rapid.SampledFrom([]string{"delete", "delete", "disable"}).Draw(rt, "removal"),
			})
		}
	}
	if rapid.IntRange(0, 5).Draw(rt, "template") == 5 {
		head.Templates = []*compile.Template{template("shared", version)}
	}
	head = &compile.Result{Jobs: definitions(head.Jobs...).Jobs, Templates: head.Templates, Removals: head.Removals}
	return head
}

// wants notes what the definitions give each object.
func (p *scheduled) wants(head *compile.Result) {
	note := func(key, command string) {
		if p.wanted[key] == nil {
			p.wanted[key] = map[string]bool{}
		}
		p.wanted[key][command] = true
	}
	for _, j := range head.Jobs {
		note("job "+j.Name, firstCommand(j.Body))
	}
	for _, x := range head.Templates {
		note("template "+x.Name, firstCommand(x.Body.Get("template")))
	}
}

// firstCommand is the command of a body's first step, whatever case its keys
// have.
func firstCommand(body *jsontree.Value) string {
	for _, key := range []string{"steps", "Steps"} {
		for _, step := range body.Get(key).Items() {
			for _, inner := range []string{"properties", "Properties"} {
				if command := step.Get(inner).Str("command"); command != "" {
					return command
				}
			}
		}
	}
	return ""
}

// drawFaults scripts up to six faults.
func (p *scheduled) drawFaults(rt *rapid.T) {
	rows := matrix()
	ops := []string{
		"CreateJob", "CreateJob", "CreateJob", "CreateJob", "CreateJob", "UpdateJob", "UpdateJob", "DeleteJob", "DisableJob", "RecoverJob", "UpdateNotice",
		"CreateTemplate", "DeleteTemplate", "QueryJob", "ListJobs", "QueryNotice", "QueryTemplates",
	}
	for range rapid.SampledFrom([]int{0, 1, 2, 2, 3, 4, 6}).Draw(rt, "faults") {
		f := rows[rapid.IntRange(0, len(rows)-1).Draw(rt, "fault")].fault
		f.Op, f.Nth = rapid.SampledFrom(ops).Draw(rt, "op"), rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(rt, "nth")
		f.Times = rapid.SampledFrom([]int{1, 1, 1, 2, -1}).Draw(rt, "times")
		p.late = p.late || f.Commit == emulator.CommitLate
		p.strike(f)
	}
}

// drawEdits lets a colleague change, switch off or delete jobs in between.
func (p *scheduled) drawEdits(rt *rapid.T) {
	type edit struct {
		at         int
		name, kind string
	}
	var edits []edit
	for i := range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(rt, "edits") {
		e := edit{rapid.IntRange(0, 40).Draw(rt, "at"), rapid.SampledFrom(scheduleNames).Draw(rt, "job"), rapid.SampledFrom([]string{"edit", "switch off", "delete"}).Draw(rt, "what")}
		p.wanted["job "+e.name] = orEmpty(p.wanted["job "+e.name])
		p.wanted["job "+e.name][fmt.Sprintf("edit %d", i)] = true
		edits = append(edits, e)
	}
	p.between = func() {
		for i, e := range edits {
			if e.at == p.step && e.kind != "" {
				edits[i].kind = ""
				p.edit(e.name, e.kind, fmt.Sprintf("edit %d", i))
				p.changed = true
			}
		}
		if p.changed || p.late {
			p.look()
		}
	}
}

func orEmpty(m map[string]bool) map[string]bool {
	if m == nil {
		return map[string]bool{}
	}
	return m
}

// edit does what a colleague does in the console, whose requests meet faults
// like any other.
func (p *scheduled) edit(name, kind, command string) {
	named := p.MustTruth(p.t).Named(emulator.DefaultProject, name)
	if len(named) == 0 {
		return
	}
	p.edits++
	api := p.newClient(func(cfg *client.Config) { cfg.Transport = colleague{p.schedule} })
	ctx := p.t.Context()
	switch kind { // what fails is not done; the oracle looks at what is there
	case "edit":
		body := named[0].Body.Clone()
		body.Set("job_id", jsontree.String(named[0].ID))
		body.Set("project_id", jsontree.String(named[0].Project))
		setCommand(command)(body)
		_ = api.UpdateJob(ctx, body)
	case "switch off":
		_ = api.DisableJob(ctx, named[0].ID)
	case "delete":
		_ = api.DeleteJob(ctx, named[0].ID)
	}
}

// colleague is someone in the console.
type colleague struct{ *schedule }

func (c colleague) RoundTrip(req *http.Request) (*http.Response, error) { return c.send(req) }

// chooser draws whose turn it is: mostly the one who went last.
func chooser(rt *rapid.T) func(alive []*actor) int {
	var last *actor
	return func(alive []*actor) int {
		i := max(0, slices.Index(alive, last))
		if len(alive) > 1 && rapid.IntRange(0, 3).Draw(rt, "turn") == 3 {
			i = (i + 1) % len(alive)
		}
		last = alive[i]
		return i
	}
}

// look notes what the service holds now.
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

// had tells whether an object had a command at some time from one step to
// another.
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

// alone tells whether nobody else wrote while r went on: what it says must be
// so when it has ended.
func (p *scheduled) alone() bool { return len(p.actors) == 1 && p.edits == 0 }

// judge holds what happened to the invariants.
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

// leavesOpen tells whether a fault leaves open whether the request happened.
func leavesOpen(f emulator.Fault) bool {
	switch f.Kind {
	case emulator.FaultReset, emulator.FaultSilence, emulator.FaultTruncate, emulator.FaultTwiceKeys, emulator.FaultNoID, emulator.FaultOtherID, emulator.FaultHTML:
		return true
	}
	return f.Kind == emulator.FaultStatus && f.Status >= 500
}

// judgeRun holds one run's report to what was there while it went on: I4, I6,
// I7, I8.
func (p *scheduled) judgeRun(r *scheduledRun) {
	if r.refusals > 2 {
		p.t.Errorf("I7: %d failed authentications in one run", r.refusals)
	}
	if most := 60 * (2 + len(r.head.Jobs) + len(r.head.Removals) + 3*len(r.head.Templates)); r.requests > most {
		p.t.Errorf("I6: %d requests in one run, more than %d", r.requests, most)
	}
	if took := r.stoppedAt.Sub(r.startedAt); len(p.actors) == 1 && took > 30*time.Minute {
		p.t.Errorf("I6: a run took %v", took)
	}
	if r.report == nil {
		return
	}
	text, err := json.Marshal(r.report)
	if err != nil || strings.Contains(string(text), "canary") {
		p.t.Errorf("I8: the report holds a secret, or is none: %v %s", err, text)
	}
	for i, c := range r.plan.Changes {
		for _, action := range c.Actions {
			p.judgeResult(r, &r.plan.Changes[i], result(p.t, r.report, c.Address, action))
		}
	}
}

// judgeResult holds what a report says of a body or a removal to what was there.
func (p *scheduled) judgeResult(r *scheduledRun, c *diff.Change, got apply.Result) {
	key, want := string(c.Kind)+" "+c.Name, ""
	switch {
	case c.Kind == diff.KindNotification || got.Action == diff.ActionEnable || got.Action == diff.ActionDisable:
		return
	case c.Want != nil:
		want = firstCommand(c.Want.Body)
	case c.WantTemplate != nil:
		want = firstCommand(c.WantTemplate.Body.Get("template"))
	}
	switch got.Outcome {
	case apply.Applied, apply.AppliedConfirmed, apply.AppliedAfterAbsence, apply.Unchanged, apply.AlreadyAbsent:
		if want == "" && !p.gone(got) {
			p.t.Errorf("I4: a false %q: %s %s is there\n%s", got.Outcome, key, got.ID, describe(r.report))
		}
		if want != "" && !p.had(key, want, r.began, r.ended) {
			p.t.Errorf("I4: a false %q: %s was never %q in steps %d to %d: %v\n%s", got.Outcome, key, want, r.began, r.ended, p.seen[key], describe(r.report))
		}
	case apply.Failed, apply.Skipped:
		// What an earlier run made, and lagging listings hide, is not this run's.
		before := p.had(key, want, r.began, r.began)
		if p.alone() && !p.killed && r == p.all()[len(p.all())-1] && !before && c.Kind != diff.KindTemplate && (want == "" && p.gone(got) || want != "" && p.holds(key, want)) {
			p.t.Errorf("I4: a false %q: %s is %q\n%s", got.Outcome, key, want, describe(r.report))
		}
	}
}

// holds tells whether an object has a command now.
func (p *scheduled) holds(key, command string) bool {
	list := p.seen[key]
	return slices.Contains(list[len(list)-1].commands, command)
}

// gone tells whether the object of a result is not there: ids never come back.
func (p *scheduled) gone(got apply.Result) bool {
	truth := p.MustTruth(p.t)
	return truth.Job(got.ID) == nil &&
		!slices.ContainsFunc(truth.Templates, func(x emulator.TruthTemplate) bool { return x.UUID == got.ID })
}

// judgeState holds what is there to I1, I2 and I3.
func (p *scheduled) judgeState() {
	truth := p.MustTruth(p.t)
	counts := map[string]int{}
	one := func(key, command string) {
		counts[key]++
		if !p.wanted[key][command] {
			p.t.Errorf("I3: %s is %q, which nobody asked for", key, command)
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
			p.t.Error("I2: the bystander was touched")
		}
	}
	for key, n := range counts {
		if n > 1 {
			p.duplicates++
			p.reported(key)
		}
	}
}

// reported fails the test unless two objects of one name may be there and the
// next plan says so: several runs at once or one that was killed can make them
// where the service lets it happen, and a template's replacement passes through
// it.
func (p *scheduled) reported(key string) {
	kind, name, _ := strings.Cut(key, " ")
	head, rule := definitions(scheduledJob(name, "any")), diff.RuleDuplicateLive
	if kind == "template" {
		head, rule = &compile.Result{Templates: []*compile.Template{template(name, "any")}}, diff.RuleDuplicateTemplate
	} else if len(p.actors) == 1 && !p.killed {
		p.t.Errorf("I1: %s is there several times", key)
	}
	plan := p.plan(head, nil, nil)
	if !slices.ContainsFunc(plan.Refusals, func(r diff.Refusal) bool { return r.Rule == rule }) {
		p.t.Errorf("I1: %s is there several times, and the plan says nothing:\n%s", key, describePlan(plan))
	}
}

// finish does what a person does about objects of one name, and lets one run
// finish the work: I5.
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
	if report := p.apply(plan, apply.Options{Secrets: secrets, RescueFile: rescue}); !report.Complete() {
		p.t.Errorf("I5: a run without faults does not finish:\n%s%s", describePlan(plan), describe(report))
	}
	p.mustBeInSync(head)
}

// last is what the last run wants, without what cannot be: a name that the
// recycle bin keeps.
func (p *scheduled) last() *compile.Result {
	runs := p.all()
	head := *runs[len(runs)-1].head
	truth := p.MustTruth(p.t)
	head.Jobs = slices.DeleteFunc(slices.Clone(head.Jobs), func(j *compile.Job) bool {
		recycled := slices.ContainsFunc(truth.Recycled, func(old emulator.TruthJob) bool { return old.Name == j.Name })
		return p.quirks.RecycledNameBlocked && recycled && len(truth.Named(j.ProjectID, j.Name)) == 0
	})
	return &head
}
